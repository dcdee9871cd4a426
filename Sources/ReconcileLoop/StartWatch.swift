import LatticeClient
import LatticeModel
import Planning

/// Tells which actors and providers may be what takes hosts down; pure.
///
/// A host that is lost within a minute of a start that it took makes what was started there in that
/// time suspects. One loss after another counts; hosts that are lost together count once, so that a
/// power cut makes nothing a suspect twice: together means within five seconds of each other, but for
/// a start that was sent to the later one because the earlier was lost. Nothing is suspected that
/// another host has outlived for longer: it does not take down whatever it is started on.
struct StartWatch: Sendable {
  /// How soon after a start the loss of its host speaks against what was started.
  static let window = Duration.seconds(60)
  /// How close together losses count once.
  static let together = Duration.seconds(5)
  /// How much longer another host must have outlived it: it may be dead already, and nobody knows.
  static let margin = Duration.seconds(2)

  private struct Start {
    /// What was declared then; its digest is made where it is asked for.
    var desired: DesiredState
    /// When it was started in this form, and when last, in another number.
    var first: ContinuousClock.Instant
    var last: ContinuousClock.Instant
  }

  private var starts: [UnitKey: [HostID: Start]] = [:]
  /// When the last loss of each suspect was found that counts.
  private var lastLoss: [UnitKey: ContinuousClock.Instant] = [:]
  /// What speaks against whom, as it is to stand on record.
  private(set) var suspects: [UnitKey: Suspect] = [:]

  /// Takes over what is on record.
  ///
  /// - Parameter record: The record.
  mutating func adopt(_ record: LatticeRecord) { suspects = record.suspects }

  /// Notes that something was told to start.
  ///
  /// - Parameters:
  ///   - start: What, where and when.
  ///   - desired: What was declared then.
  mutating func note(_ start: StartedUnit, in desired: DesiredState) {
    guard let host = start.unit.host else { return }
    let known = start.isRescale ? starts[start.unit.withoutHost]?[host] : nil
    starts[start.unit.withoutHost, default: [:]][host] = Start(
      desired: desired, first: known?.first ?? start.at, last: start.at)
  }

  /// Notes that hosts were lost, or began anew, in one look at the lattice.
  ///
  /// - Parameters:
  ///   - hosts: The hosts.
  ///   - living: The hosts that answer still.
  ///   - moment: When that was found.
  ///   - time: The same by the time of day, for the record.
  mutating func lost(
    _ hosts: Set<HostID>, living: Set<HostID>, at moment: ContinuousClock.Instant,
    _ time: Timestamp
  ) {
    guard !hosts.isEmpty else { return }
    var forms: [String: StartForms] = [:]
    func form(of unit: UnitKey, _ start: Start) -> String? {
      let tree = "\(start.desired.revision) \(start.desired.tree)"
      let known = forms[tree] ?? StartForms(of: start.desired)
      forms[tree] = known
      return known.digest(of: unit)
    }
    for (unit, known) in starts {
      let felled = known.filter { hosts.contains($0.key) && moment - $0.value.last < Self.window }
      for host in hosts { starts[unit]?[host] = nil }
      // The latest start: it may be one that an earlier loss has brought about.
      let latest = felled.max { ($0.value.last, $1.key) < ($1.value.last, $0.key) }
      guard let (host, start) = latest,
        let own = form(of: unit, start)
      else { continue }
      let span = felled.values.map { moment - $0.last }.max() ?? .zero
      let isOutlived = known.contains { host, other in
        living.contains(host) && moment - other.first > span + Self.margin
          && form(of: unit, other) == own
      }
      guard !isOutlived else {
        suspects[unit] = nil
        continue
      }
      suspect(unit, own, startedAt: start.last, on: host, at: moment, time)
    }
    starts = starts.filter { !$0.value.isEmpty }
  }

  private mutating func suspect(
    _ unit: UnitKey, _ form: String, startedAt start: ContinuousClock.Instant, on host: HostID,
    at moment: ContinuousClock.Instant, _ time: Timestamp
  ) {
    var losses = suspects[unit].flatMap { $0.form == form ? $0.losses : nil } ?? []
    let isTogether =
      !losses.isEmpty
      && lastLoss[unit].map { moment - $0 < Self.together && start <= $0 } ?? false
    if !isTogether { losses.append(Suspect.Loss(host: host, time: time)) }
    lastLoss[unit] = moment
    suspects[unit] = Suspect(form: form, losses: losses.suffix(8))
  }

  /// Forgets what is another thing by now, or was approved, and starts that are long over.
  ///
  /// - Parameters:
  ///   - record: The record, with what people have approved.
  ///   - desired: What is declared; of what cannot be read nothing is forgotten.
  ///   - moment: The moment.
  mutating func settle(
    _ record: LatticeRecord, _ desired: DesiredState, at moment: ContinuousClock.Instant
  ) {
    if !suspects.isEmpty {
      var record = record
      record.suspects = suspects
      let forms = StartForms(of: desired)
      let frozen = Set(desired.frozen.map(\.name))
      suspects = suspects.filter { unit, suspect in
        let form = frozen.contains(unit.application) ? suspect.form : forms.digest(of: unit)
        return record.suspect(unit, form: form) != nil
      }
    }
    let memory = Self.window * 10
    starts = starts.compactMapValues { hosts in
      let recent = hosts.filter { moment - $0.value.last < memory }
      return recent.isEmpty ? nil : recent
    }
  }
}
