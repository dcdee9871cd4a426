public import LatticeModel
public import PlanExecution
import TextForms

/// What failed to start where, and which hosts that speaks against; pure.
///
/// Errors count against a host once actors or providers of two applications fail on it: one bad
/// image is not the host's fault. Neither is what fails on most hosts alike, such as a registry
/// that is gone. An error is forgotten when the same thing starts there, when the host begins
/// anew, and after ten minutes.
public struct HostErrors: Sendable {
  /// How long an error counts.
  public static let memory = Duration.seconds(600)

  private let limit: Int
  private var errors: [HostID: [UnitKey: [Timestamp]]] = [:]

  /// Nothing has failed yet.
  ///
  /// - Parameter limit: How many errors make a host unhealthy, at least 1.
  public init(limit: Int) { self.limit = max(1, limit) }

  /// Notes what became of a step; only what starts something on a host counts.
  ///
  /// - Parameters:
  ///   - result: What became of it.
  ///   - step: The step.
  ///   - now: The moment.
  public mutating func note(_ result: StepResult, of step: PlannedStep, at now: Timestamp) {
    guard let host = step.unit.host, step.intents.last?.isRemoval == false else { return }
    switch result {
    case .confirmed:
      errors[host]?[step.unit] = nil
      if errors[host]?.isEmpty == true { errors[host] = nil }
    case .failed, .timedOut:
      let known = errors[host]?[step.unit] ?? []
      errors[host, default: [:]][step.unit] = known.suffix(limit - 1) + [now]
    case .lost, .underWay, .unanswered, .stale, .dropped: break
    }
  }

  /// Forgets what failed on hosts that are gone or began anew.
  ///
  /// - Parameter hosts: The hosts.
  public mutating func reset(hosts: Set<HostID>) {
    for host in hosts { errors[host] = nil }
  }

  /// Says which hosts are in trouble; what is old is forgotten.
  ///
  /// - Parameters:
  ///   - usable: How many hosts can be spoken to.
  ///   - now: The moment.
  /// - Returns: What speaks against each host that anything speaks against.
  public mutating func troubles(among usable: Int, at now: Timestamp) -> [HostID: HostTrouble] {
    errors = errors.compactMapValues { units in
      let units = units.compactMapValues { times in
        let recent = times.filter { isRecent($0, at: now) }
        return recent.isEmpty ? nil : recent
      }
      return units.isEmpty ? nil : units
    }
    let suspects = errors.filter { Set($0.value.keys.map(\.application)).count > 1 }
    let failing = suspects.filter { $0.value.values.reduce(0) { $0 + $1.count } >= limit }
    let isShared = failing.count * 2 > usable
    return suspects.mapValues { units in
      let names = Set(units.keys.map(\.application.rawValue)).sorted()
      let times = units.values.joined()
      let isFailing = times.count >= limit
      return HostTrouble(
        reason: "starts fail there: \(named(names))"
          + (isFailing && isShared ? "; so they do on most hosts" : ""),
        isUnhealthy: isFailing && !isShared,
        until: times.max().map(end) ?? now)
    }
  }

  /// When the next error is forgotten, or `nil` where there is none.
  public var next: Timestamp? {
    errors.values.lazy.flatMap { $0.values.joined() }.min().map(end)
  }

  private func end(of time: Timestamp) -> Timestamp {
    let memory = Int64(Self.memory.components.seconds) * 1_000_000_000
    return Timestamp(nanoseconds: time.nanoseconds.addingReportingOverflow(memory).partialValue)
  }

  /// A moment from the future stems from a clock that was set back.
  private func isRecent(_ time: Timestamp, at now: Timestamp) -> Bool {
    now >= time && now < end(of: time)
  }
}
