import LatticeSimulator

/// Something that happens in a schedule: a change that was asked for, or a fault, and its end.
struct Happening: Hashable, Sendable, CustomStringConvertible {
  /// All that can happen.
  enum Kind: String, Hashable, Sendable, CaseIterable {
    // Commits.
    case instances, image, spread, setting, address, removal, addition, broken, unreadable
    case rewritten, repositorySwapped, deadlyImage, slowImage, committedMidway, backAndForth
    // Hosts.
    case killed, replaced, restarted, hungBriefly, hungLong, slow, siteCut, siteUnheard
    case imageFails, refuses, idle, clockWrong, person
    // Messages.
    case eventsLost, eventsLate, eventsDoubled, requestsLost, requestsLate
    case busCut, lineStalled, lineDead, serverRestarted
    case storeSilent, storeGone, recordReadOnly, leaseReadOnly
    // Controllers.
    case standby, controllerKilled, controllerPaused, controllerPausedMidway

    /// How long it lasts, in seconds.
    var span: ClosedRange<Double> {
      switch self {
      case .instances, .image, .spread, .setting, .address, .removal, .addition, .committedMidway,
        .person, .refuses:
        0...0
      case .hungBriefly: 0.2...22
      case .hungLong: 33...50
      case .busCut, .siteCut, .siteUnheard: 0.2...60
      case .serverRestarted, .lineStalled: 0.2...15
      // libnats asks every five seconds, and gives up once two of its questions are not answered.
      case .lineDead: 10...15
      case .repositorySwapped: 0...2
      case .backAndForth: 15...40
      case .restarted: 0.05...3
      case .standby, .deadlyImage: 20...60
      case .slowImage: 5...50
      default: 0.5...30
      }
    }
  }

  var kind: Kind
  /// When it begins and how long it lasts, in seconds.
  var at: Double
  var lasts: Double
  /// Chooses a host, a site or an application.
  var choice: Int

  var description: String {
    "\(seconds(at)) \(kind.rawValue) \(choice)" + (lasts > 0 ? " for \(seconds(lasts))" : "")
  }

  private func seconds(_ value: Double) -> String {
    "\((value * 10).rounded() / 10)s"
  }
}

/// What happens to one world, from a seed.
struct Schedule: Sendable {
  var seed: UInt64
  var regions: Int
  var hosts: Int
  var wanted: Wanted
  var happenings: [Happening]
  /// When the last of them has ended, in seconds.
  var end: Double

  init(seed: UInt64) {
    self.seed = seed
    var random = SeededGenerator(seed: seed)
    regions = Int.random(in: 1...3, using: &random)
    hosts = max(Int.random(in: 3...6, using: &random), regions)
    var applications: [String: Wanted.Application] = [:]
    for name in ["shop", "mail", "news", "maps"].prefix(Int.random(in: 1...4, using: &random)) {
      applications[name] = .random(using: &random)
    }
    wanted = Wanted(applications: applications)
    happenings = (0..<Int.random(in: 3...8, using: &random)).map { _ in
      let kind = Happening.Kind.allCases.randomElement(using: &random) ?? .killed
      return Happening(
        kind: kind, at: .random(in: 3...50, using: &random),
        lasts: .random(in: kind.span, using: &random),
        choice: .random(in: 0..<1_000, using: &random))
    }.sorted { $0.at < $1.at }
    end = happenings.map { $0.at + $0.lasts }.max() ?? 0
  }
}

extension Wanted.Application {
  static func random(using random: inout SeededGenerator) -> Self {
    var actors: [String: Wanted.Actor] = [:]
    for name in ["web", "work"].prefix(Int.random(in: 1...2, using: &random)) {
      actors[name] = Wanted.Actor(
        instances: 2 * Int.random(in: 1...4, using: &random),
        isSpread: Int.random(in: 0..<3, using: &random) == 0,
        setting: Bool.random(using: &random) ? 1 : nil)
    }
    return Self(actors: actors, hasProvider: Bool.random(using: &random))
  }
}
