import LatticeClient
import LatticeModel

/// What carrying plans out has brought about, for the next look.
struct Aftermath: Sendable {
  var starts = StartWatch()
  /// The providers that were started and did not listen when they were last asked.
  var deaf: [(provider: ProviderID, host: HostID)] = []
  private var hosts: [HostID: HostState] = [:]
  private var lost: Set<HostID> = []

  init(of record: LatticeRecord, at time: Timestamp) { starts.adopt(record, at: .now, time) }

  mutating func note(_ outcome: PlanOutcome, of desired: DesiredState, at time: Timestamp) {
    deaf = outcome.observed.deafProviders
    lost.formUnion(outcome.lost.map(\.id))
    starts.note(outcome.starts, of: desired, at: .now, time)
    for (step, result) in outcome.results { starts.note(result, of: step) }
  }

  /// Notes which hosts were lost or began anew since the last look.
  mutating func note(
    _ now: [HostState], _ record: LatticeRecord, _ desired: DesiredState, at time: Timestamp
  ) {
    for host in now where host.isLost(since: hosts[host.id], record, at: time) {
      lost.insert(host.id)
    }
    starts.lost(
      lost, living: Set(now.lazy.filter(\.isUsable).map(\.id)), of: desired, at: .now, time)
    starts.settle(record, desired, at: .now)
    lost = []
    hosts = Dictionary(now.map { ($0.id, $0) }, uniquingKeysWith: { $1 })
  }
}
