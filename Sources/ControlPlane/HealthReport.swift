internal import TextForms

/// How the control loop of one lattice is.
public struct LatticeHealth: Hashable, Sendable {
  /// The lattice's name.
  public var lattice: String
  /// How long ago the loop last did something.
  public var sinceProgress: Duration
  /// Whether the NATS server is there.
  public var isConnected: Bool
  /// Whether the first look at the lattice is complete.
  public var hasLooked: Bool
  /// The revision that was read, if any was.
  public var revision: String?
  /// What went wrong last, until something goes well.
  public var error: String?
  /// Why the repository cannot be read or followed, if it cannot.
  public var staleness: Staleness?
  /// How the lattice stands, once that can be said; it makes nobody unready.
  public var standing: Standing?
  /// Who commands it, for people, where that is known; it makes nobody unready.
  public var commander: String?

  /// How a lattice stands, as of what was seen of it.
  public struct Standing: Hashable, Sendable {
    /// What is known, with its age, without a full stop.
    public var sentence: String
    /// Whether it is known still; what is not is shown to everybody.
    public var isKnown: Bool

    /// Creates a value.
    ///
    /// - Parameters:
    ///   - sentence: What is known, with its age, without a full stop.
    ///   - isKnown: Whether it is known still.
    public init(_ sentence: String, isKnown: Bool) {
      self.sentence = sentence
      self.isKnown = isKnown
    }
  }

  /// That a repository cannot be read or followed.
  public struct Staleness: Hashable, Sendable {
    /// For how long.
    public var age: Duration
    /// How long that may last.
    public var limit: Duration
    /// Why.
    public var reason: String

    /// Creates a value.
    ///
    /// - Parameters:
    ///   - age: For how long.
    ///   - limit: How long that may last.
    ///   - reason: Why.
    public init(for age: Duration, of limit: Duration, reason: String) {
      self.age = age
      self.limit = limit
      self.reason = reason
    }
  }

  /// Creates a value.
  ///
  /// - Parameters:
  ///   - lattice: The lattice's name.
  ///   - sinceProgress: How long ago the loop last did something.
  ///   - isConnected: Whether the NATS server is there.
  ///   - hasLooked: Whether the first look at the lattice is complete.
  ///   - revision: The revision that was read, if any was.
  ///   - error: What went wrong last, until something goes well.
  public init(
    lattice: String, sinceProgress: Duration, isConnected: Bool, hasLooked: Bool,
    revision: String?, error: String? = nil
  ) {
    self.lattice = lattice
    self.sinceProgress = sinceProgress
    self.isConnected = isConnected
    self.hasLooked = hasLooked
    self.revision = revision
    self.error = error
  }
}

/// One thing that must hold, and why it does not.
struct HealthCheck: Hashable, Sendable {
  var name: String
  var failure: String?
}

/// Whether the controller is alive and ready, and why not.
///
/// Alive is a statement about the program alone: a server or repository that is gone does not end
/// it, for a restart would not bring them back.
public struct HealthReport: Hashable, Sendable {
  let progress: [HealthCheck]
  let readiness: [HealthCheck]
  /// What went wrong last, where nothing has gone well since; it makes nobody unready.
  let errors: [HealthCheck]
  /// Who commands lattices and how they stand, and those of which that is not known any more; they make nobody unready.
  let standings: [HealthCheck]
  let unknown: [HealthCheck]

  /// Judges the control loops.
  ///
  /// - Parameters:
  ///   - lattices: The control loops.
  ///   - limit: How long one may do nothing.
  public init(_ lattices: [LatticeHealth], progressWithin limit: Duration) {
    progress = lattices.map { $0.progressCheck(within: limit) }
    errors = lattices.compactMap { lattice in
      lattice.error.map { HealthCheck(name: "\(lattice.lattice)/error", failure: $0) }
    }
    standings = lattices.flatMap { [$0.commanderCheck, $0.standingCheck].compactMap(\.self) }
    unknown = lattices.filter { $0.standing?.isKnown == false }.compactMap(\.standingCheck)
    readiness = lattices.isEmpty ? [Self.noLattice] : lattices.flatMap(\.readinessChecks)
  }

  /// Whether every control loop made progress within the limit.
  public var isAlive: Bool { progress.allSatisfy { $0.failure == nil } }
  /// Whether every lattice is seen and every repository has been read.
  public var isReady: Bool { readiness.allSatisfy { $0.failure == nil } }

  private static let noLattice = HealthCheck(name: "lattice", failure: "none is configured")
}

extension LatticeHealth {
  fileprivate func progressCheck(within limit: Duration) -> HealthCheck {
    // Whole seconds: the text is for people, and says no more than they need.
    let age = formatDuration(.seconds(sinceProgress.components.seconds))
    return HealthCheck(
      name: "\(lattice)/progress",
      failure: sinceProgress <= limit
        ? nil : "nothing done for \(age), the limit is \(formatDuration(limit))")
  }

  fileprivate var commanderCheck: HealthCheck? {
    commander.map { HealthCheck(name: "\(lattice)/commander", failure: $0) }
  }

  fileprivate var standingCheck: HealthCheck? {
    standing.map { HealthCheck(name: "\(lattice)/sync", failure: $0.sentence) }
  }

  fileprivate var readinessChecks: [HealthCheck] {
    let reason = error.map { ": \($0)" } ?? ""
    return [
      HealthCheck(
        name: "\(lattice)/connection",
        failure: isConnected ? nil : "the NATS server is not connected" + reason),
      HealthCheck(
        name: "\(lattice)/view",
        failure: hasLooked ? nil : "the first look at the lattice is not complete"),
      HealthCheck(
        name: "\(lattice)/revision",
        failure: revision == nil ? "no revision has been read" + reason : nil),
      HealthCheck(name: "\(lattice)/source", failure: staleness?.failure),
    ]
  }
}

extension LatticeHealth.Staleness {
  /// What is told once it has lasted too long.
  fileprivate var failure: String? {
    guard age >= limit else { return nil }
    let span = formatDuration(.seconds(age.components.seconds))
    return "the repository is neither read nor followed for \(span), the limit is "
      + "\(formatDuration(limit)): \(reason)"
  }
}
