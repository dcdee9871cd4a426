import LatticeModel

/// Where a step stands in the order of a plan.
///
/// What is stored comes first, of all applications: configs, then links, for a provider is started
/// with the links that are stored then and misses those that come before it listens. Then what runs
/// comes up: providers, actors. Links that name a provider that is being started already come after
/// that. What is no longer needed goes down after all that is confirmed, in the reverse order.
/// Applications that others depend on come up before them and go down after them; what an application
/// loses to others goes down after it is up there.
struct StageKey: Hashable, Comparable {
  /// What a stage does, in the order of stages.
  enum Work: Int, Hashable {
    case configsPut, linksReplaced, linksPut
    case providersUp, providersReplaced, actorsUp, actorsReplaced
    case linksLate
    case actorsDown, linksOff, providersOff, configsOff

    var phase: StagePhase {
      switch self {
      case .configsPut, .linksReplaced, .linksPut: .stores
      case .providersUp, .providersReplaced, .actorsUp, .actorsReplaced: .up
      case .linksLate: .late
      case .actorsDown, .linksOff, .providersOff, .configsOff: .down
      }
    }

    var title: String {
      switch self {
      case .configsPut: "configs"
      case .providersUp: "providers up"
      case .providersReplaced: "providers replaced"
      case .linksReplaced: "links"
      case .linksPut: "links"
      case .linksLate: "links, once their providers listen"
      case .actorsUp: "actors up"
      case .actorsReplaced: "actors replaced"
      case .actorsDown: "actors down"
      case .linksOff: "links off"
      case .providersOff: "providers off"
      case .configsOff: "configs off"
      }
    }
  }

  var work: Work
  /// How many applications this one's application waits for, in a chain.
  var depth: Int
  /// Which group of replaced hosts, from 0.
  var roll = 0

  private var order: (Int, Int, Int, Int) {
    switch work.phase {
    case .stores: (0, 0, work.rawValue, roll)
    case .up: (1, depth, work.rawValue, roll)
    case .late: (2, 0, work.rawValue, roll)
    case .down: (3, -depth, work.rawValue, roll)
    }
  }

  static func < (left: StageKey, right: StageKey) -> Bool { left.order < right.order }
}

/// How deep each application stands in the chain of those it depends on; 0 depends on none.
///
/// A cycle, which manifests refuse, is cut where it is met.
func depths(of applications: [ApplicationSpec]) -> [ApplicationName: Int] {
  let needs = Dictionary(
    applications.map { ($0.name, $0.dependsOn) }, uniquingKeysWith: { first, _ in first })
  var depths: [ApplicationName: Int] = [:]
  var open: Set<ApplicationName> = []
  func depth(_ name: ApplicationName) -> Int {
    if let known = depths[name] { return known }
    guard let needed = needs[name], open.insert(name).inserted else { return 0 }
    let depth = needed.filter { needs[$0] != nil }.map { depth($0) + 1 }.max() ?? 0
    open.remove(name)
    depths[name] = depth
    return depth
  }
  for application in applications { _ = depth(application.name) }
  return depths
}
