public import ConfigurationModel
import Diagnostics
public import LatticeModel
public import ServiceRuntime

/// The controllers of one process, one for each repository and its lattice.
///
/// Each stands alone: one that fails or hangs leaves the others alone; where other processes keep the
/// same lattices, they share them out. A new configuration restarts
/// those whose settings differ, and no others.
public actor ControllerFleet {
  private struct Member {
    var settings: ControllerSettings
    var health: ControllerHealth
    var bell: TriggerBell
    var task: Task<Void, Never>
  }

  private let logger: Logger
  private let metrics: ControllerMetrics
  private let shares = Lock(LatticeShares())
  private var members: [String: Member] = [:]

  /// Creates a fleet of none.
  ///
  /// - Parameters:
  ///   - logger: Where the controllers tell what they do.
  ///   - metrics: Where they keep their figures.
  public init(logger: Logger, metrics: ControllerMetrics) {
    self.logger = logger
    self.metrics = metrics
  }

  /// Brings the fleet to a configuration: starts, ends and restarts controllers; of lattices and
  /// repositories that have left it no figure stays.
  ///
  /// - Parameter configuration: The configuration, already found valid.
  public func follow(_ configuration: ProcessConfiguration) async {
    let wanted = Dictionary(
      configuration.controllers.map { ($0.repository, $0) }, uniquingKeysWith: { $1 })
    let before = members.mapValues(\.settings.lattice)
    await end(members.filter { wanted[$0.key] != $0.value.settings }.map(\.key))
    for repository in before.keys where wanted[repository] == nil {
      metrics.forget(repository: repository)
    }
    for lattice in Set(before.values).subtracting(wanted.values.map(\.lattice)) {
      metrics.forget(lattice: lattice)
    }
    for (name, settings) in wanted where members[name] == nil {
      let (health, bell) = (ControllerHealth(), TriggerBell())
      let controller = Controller(
        settings, in: ControllerSurroundings(), logger: logger, health: health, metrics: metrics,
        bell: bell, shares: shares)
      members[name] = Member(
        settings: settings, health: health, bell: bell, task: Task { await controller.run() })
    }
  }

  /// Has a repository looked at at once, by whoever commands its lattice.
  ///
  /// - Parameter repository: Its name; one that is not followed is passed over.
  public func trigger(_ repository: String) { members[repository]?.bell.ring() }

  /// Ends all controllers; each finishes what is in flight.
  public func end() async { await end(Array(members.keys)) }

  private func end(_ names: [String]) async {
    let ending = names.compactMap { members.removeValue(forKey: $0) }
    for member in ending { member.task.cancel() }
    for member in ending { await member.task.value }
  }

  /// Measures how old what is known of each lattice is now, for that grows while nothing happens.
  ///
  /// A lattice that was not looked at yet, or that somebody else commands, has no age.
  ///
  /// - Parameter now: The moment.
  public func measureAges(at now: Timestamp) {
    for member in members.values {
      let name = member.settings.lattice.rawValue
      let state = member.health.current
      guard state.otherHolder == nil, let evidence = state.status?.evidence else {
        metrics.observedAge.replace(name, [:])
        continue
      }
      metrics.observedAge.set([name], evidence.age(at: now).map { $0 / .seconds(1) } ?? .infinity)
    }
  }

  /// How the lattices stand, in one line for people.
  ///
  /// - Parameter now: The moment.
  /// - Returns: A sentence for each, by the name of its repository.
  public func summary(at now: Timestamp) -> String {
    members.sorted { $0.key < $1.key }
      .map { "\($0.key): \($0.value.health.current.sentence(at: now))" }
      .joined(separator: "; ")
  }

  /// How each controller is, by the name of its repository.
  public var health: [String: ControllerHealth.State] { members.mapValues(\.health.current) }
}
