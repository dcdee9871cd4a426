public import LatticeModel

/// When each host last said what it runs, in a heartbeat or its inventory.
public struct LastReports: Hashable, Sendable {
  /// Of which generation of the observed state that is: as long as it is the same, so is what hosts
  /// say.
  public var generation: UInt64
  /// The moments; hosts that have said nothing yet are absent.
  public var times: [HostID: Timestamp]

  /// Takes the moments out of an observed state.
  ///
  /// - Parameter observed: The observed state.
  public init(of observed: ObservedState) {
    generation = observed.generation
    times = Dictionary(
      observed.hosts.lazy.filter { $0.reportedAt.nanoseconds > 0 }.map { ($0.id, $0.reportedAt) },
      uniquingKeysWith: { $1 })
  }
}
