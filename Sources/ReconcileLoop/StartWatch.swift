import LatticeModel
import PlanExecution
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

  /// How long starts are remembered.
  static let memory = window * 10

  private struct Moment {
    var instant: ContinuousClock.Instant
    /// The same by the time of day, for the record.
    var time: Timestamp
  }

  private struct Start {
    /// The digest of what was started.
    var form: String
    /// When it was started in this form, and when last, in another number.
    var first: Moment
    var last: Moment
    /// Whether it is only on record as about to be sent, by somebody else: it may not have been.
    var isHearsay = false
  }

  private var starts: [UnitKey: [HostID: Start]] = [:]
  /// When the last loss of each suspect was found that counts.
  private var lastLoss: [UnitKey: ContinuousClock.Instant] = [:]
  /// What speaks against whom, as it is to stand on record.
  private(set) var suspects: [UnitKey: Suspect] = [:]
  private var forms = KnownForms()

  // MARK: The record

  /// Takes over what is on record: the suspects, and what others have started lately.
  ///
  /// - Parameters:
  ///   - record: The record.
  ///   - moment: The moment.
  ///   - time: The same by the time of day.
  mutating func adopt(
    _ record: LatticeRecord, at moment: ContinuousClock.Instant, _ time: Timestamp
  ) {
    suspects = record.suspects
    func instant(_ past: Timestamp) -> Moment {
      Moment(instant: moment - max(.zero, min(time.since(past), Self.memory)), time: past)
    }
    for (host, recorded) in record.hosts {
      for (unit, start) in recorded.starts {
        if let known = starts[unit]?[host], known.last.time >= start.last { continue }
        starts[unit, default: [:]][host] = Start(
          form: start.form, first: instant(start.first), last: instant(start.last),
          isHearsay: true)
      }
    }
  }

  /// Returns the record with what was started lately and what is about to be.
  ///
  /// So a start speaks against itself when its host is lost, though whoever sent it is no more. What
  /// has only grown old stays as it is: a lattice at rest costs no write.
  ///
  /// - Parameters:
  ///   - record: The record.
  ///   - steps: What is about to be sent.
  ///   - desired: What is declared.
  ///   - time: The time.
  /// - Returns: The record to write.
  mutating func noting(
    on record: LatticeRecord, startsOf steps: [PlannedStep] = [], in desired: DesiredState,
    at time: Timestamp
  ) -> LatticeRecord {
    func isRecent(_ last: Timestamp) -> Bool { time.since(last) < Self.memory }
    var known: [HostID: [UnitKey: RecordedStart]] = [:]
    for (unit, hosts) in starts {
      for (host, start) in hosts where isRecent(start.last.time) {
        known[host, default: [:]][unit] = RecordedStart(
          form: start.form, first: start.first.time, last: start.last.time)
      }
    }
    let starting = steps.filter { $0.startedID != nil }
    if !starting.isEmpty {
      forms.take(desired)
      for step in starting {
        let unit = step.unit.withoutHost
        guard let host = step.unit.host, let form = forms.digest(of: unit) else { continue }
        let first = known[host]?[unit].flatMap { $0.form == form ? $0.first : nil }
        known[host, default: [:]][unit] = RecordedStart(
          form: form, first: first ?? time, last: time)
      }
    }
    var record = record
    for (host, entry) in record.hosts {
      let starts = known[host] ?? [:]
      let recorded = entry.starts.filter { isRecent($0.value.last) }
      // What was to be sent was sent a moment later.
      let isSame =
        recorded.count == starts.count
        && starts.allSatisfy { recorded[$0.key]?.isAbout($0.value) ?? false }
      if !isSame { record.hosts[host]?.starts = starts }
    }
    return record
  }

  // MARK: What happens

  /// Notes what was told to start.
  ///
  /// - Parameters:
  ///   - begun: What, where and when.
  ///   - desired: What was declared then.
  ///   - moment: The moment.
  ///   - time: The same by the time of day.
  mutating func note(
    _ begun: [StartedUnit], of desired: DesiredState, at moment: ContinuousClock.Instant,
    _ time: Timestamp
  ) {
    guard !begun.isEmpty else { return }
    forms.take(desired)
    for start in begun {
      let unit = start.unit.withoutHost
      guard let host = start.unit.host, let form = forms.digest(of: unit) else { continue }
      let known = start.isRescale ? starts[unit]?[host].flatMap { $0.isHearsay ? nil : $0 } : nil
      let last = Moment(instant: start.at, time: time - (moment - start.at))
      starts[unit, default: [:]][host] = Start(
        form: form, first: known?.first ?? last, last: last)
    }
  }

  /// Notes what became of a step: what failed to start took no host down, and outlives nothing.
  ///
  /// - Parameters:
  ///   - result: What became of it.
  ///   - step: The step.
  mutating func note(_ result: StepResult, of step: PlannedStep) {
    guard case .failed = result, let host = step.unit.host else { return }
    starts[step.unit.withoutHost]?[host] = nil
  }

  /// Notes that hosts were lost, or began anew, in one look at the lattice.
  ///
  /// - Parameters:
  ///   - hosts: The hosts.
  ///   - living: The hosts that answer still.
  ///   - desired: What is declared; what was started in another form is no matter any more.
  ///   - moment: When that was found.
  ///   - time: The same by the time of day, for the record.
  mutating func lost(
    _ hosts: Set<HostID>, living: Set<HostID>, of desired: DesiredState,
    at moment: ContinuousClock.Instant, _ time: Timestamp
  ) {
    guard !hosts.isEmpty else { return }
    forms.take(desired)
    for (unit, known) in starts {
      let felled = known.filter {
        hosts.contains($0.key) && moment - $0.value.last.instant < Self.window
      }
      for host in hosts { starts[unit]?[host] = nil }
      guard !felled.isEmpty else { continue }
      let form = forms.digest(of: unit)
      // The latest start: it may be one that an earlier loss has brought about.
      let latest = felled.filter { form == nil || $0.value.form == form }.max {
        ($0.value.last.instant, $1.key) < ($1.value.last.instant, $0.key)
      }
      guard let (host, start) = latest else { continue }
      let span = felled.values.map { moment - $0.last.instant }.max() ?? .zero
      let isOutlived = known.contains { host, other in
        living.contains(host) && !other.isHearsay && other.form == start.form
          && moment - other.first.instant > span + Self.margin
      }
      guard !isOutlived else {
        suspects[unit] = nil
        continue
      }
      suspect(unit, start.form, startedAt: start.last.instant, on: host, at: moment, time)
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
      && lastLoss[unit].map { moment - $0 < Self.together && start < $0 } ?? false
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
      forms.take(desired)
      let frozen = Set(desired.frozen.map(\.name))
      suspects = suspects.filter { unit, suspect in
        let form = frozen.contains(unit.application) ? suspect.form : forms.digest(of: unit)
        return record.suspect(unit, form: form) != nil
      }
    }
    starts = starts.compactMapValues { hosts in
      let recent = hosts.filter { moment - $0.value.last.instant < Self.memory }
      return recent.isEmpty ? nil : recent
    }
  }
}

/// The digests of what is declared, each computed once for as long as the same is declared.
private struct KnownForms {
  private var applications: [ApplicationSpec] = []
  private var forms = StartForms(of: DesiredState(revision: ""))
  private var known: [UnitKey: String?] = [:]

  /// Costs nothing where the very same state was taken before.
  mutating func take(_ desired: DesiredState) {
    if applications != desired.applications {
      forms = StartForms(of: desired)
      known = [:]
    }
    applications = desired.applications
  }

  mutating func digest(of unit: UnitKey) -> String? {
    let unit = unit.withoutHost
    if let digest = known[unit] { return digest }
    let digest = forms.digest(of: unit)
    known[unit] = .some(digest)
    return digest
  }
}

extension HostState {
  /// Whether it was lost or began anew since it was last seen.
  ///
  /// - Parameters:
  ///   - before: How it was seen last; `nil` where whoever asks has not seen it yet.
  ///   - record: What others have noted of it.
  ///   - time: The time.
  /// - Returns: Whether it was.
  func isLost(since before: HostState?, _ record: LatticeRecord, at time: Timestamp) -> Bool {
    if let before {
      return presence == .lost
        ? before.presence != .lost
        : hasBegunAnew(uptime: report.uptime, after: before.report.uptime)
    }
    guard let known = record.hosts[id], presence != .lost else { return presence == .lost }
    guard presence == .fresh, report.uptime > 0 else { return false }
    // Uptimes are whole seconds, and the clocks of hosts are no matter.
    let began = time - .seconds(report.uptime + 1)
    return known.starts.values.contains { $0.last < began }
  }
}

extension RecordedStart {
  /// Whether it is the same start, as far as a record need tell.
  fileprivate func isAbout(_ other: RecordedStart) -> Bool {
    form == other.form && abs(last.since(other.last) / .seconds(1)) < 5
      && abs(first.since(other.first) / .seconds(1)) < 5
  }
}
