import DesiredSources
import GitSource
import LatticeModel
import PlanExecution
import TextForms

extension HistoryEntry {
  /// What a single run did, from its first plan to its end; `nil` where it neither sent nor applied
  /// anything.
  ///
  /// - Parameters:
  ///   - report: What it saw, planned and did.
  ///   - before: What was applied when it began.
  ///   - after: What is applied now.
  ///   - start: When it began.
  ///   - holder: Who commanded.
  init?(
    _ report: PassReport, applied before: Applications, then after: Applications,
    at start: Timestamp, by holder: String
  ) {
    self.init(report, report.outcomes, applied: before, then: after, at: start, by: holder)
    (result, detail) = Self.conclusion(of: report)
  }

  /// What one plan of a controller did, or that another commit is applied without a command; `nil`
  /// where neither is so.
  ///
  /// - Parameters:
  ///   - report: What was seen and planned.
  ///   - outcome: What became of the plan, where it was carried out.
  ///   - before: What was applied before.
  ///   - after: What is applied now.
  ///   - start: When it began.
  ///   - holder: Who commanded.
  init?(
    _ report: PassReport, _ outcome: PlanOutcome?, applied before: Applications,
    then after: Applications, at start: Timestamp, by holder: String
  ) {
    self.init(
      report, outcome.map { [$0] } ?? [], applied: before, then: after, at: start, by: holder)
    (result, detail) = outcome.map(Self.conclusion) ?? Self.conclusion(of: report)
  }

  /// What is on record as applied.
  typealias Applications = [ApplicationName: AppliedApplication]

  private init?(
    _ report: PassReport, _ outcomes: [PlanOutcome], applied before: Applications,
    then after: Applications, at start: Timestamp, by holder: String
  ) {
    let sent = outcomes.flatMap(\.results).filter(\.result.wasSent).map(\.step)
    let applied = Set(before.keys).union(after.keys)
      .filter { before[$0]?.revision != after[$0]?.revision }
    guard !sent.isEmpty || !applied.isEmpty else { return nil }
    self.init(at: start, by: holder)
    (revision, summary) = (report.plan.revision, report.source.commit.summary)
    (author, planID) = (report.source.commit.author, report.planID)
    reason = report.approval.map { "\($0.by) approved it: \($0.reason)" }
    commands = outcomes.reduce(0) { $0 &+ $1.sent }
    // Every commit is another one for all of them: what was changed says more.
    let changed = applied.filter { before[$0]?.form == nil || before[$0]?.form != after[$0]?.form }
    note(sent.isEmpty ? changed : Set(sent.map(\.unit.application)))
    let reasons = report.source.pins.map(\.pin)
      .filter { pin in sent.contains { $0.unit.application == pin.application } }.map(\.reason)
    if !reasons.isEmpty { reason = named(reasons) }
    note(sent)
  }

  /// How a single run ended.
  private static func conclusion(of report: PassReport) -> (Result, String) {
    guard !report.isInSync else { return (.inSync, "") }
    if report.end?.reason == .stopped { return (.interrupted, "it was told to stop") }
    if !report.failures.isEmpty {
      return (.failed, named(report.failures.map { words($0.step, $0.sentence) }))
    }
    if report.end?.reason == .timeout { return (.interrupted, "its time was over") }
    let isCut = !report.wasToConverge && report.outcomes.contains { $0.sent > 0 }
    guard !isCut else { return (.underWay, "") }
    let plan = report.remaining
    let causes = [
      plan.held.first.map { "\(counted(plan.held.count, "step")) held: \($0.detail)" },
      plan.missingInstances > 0
        ? "\(counted(plan.missingInstances, "instance")) without a place" : nil,
      plan.unreached.first.map(\.sentence),
      report.source.errorCount > 0
        ? "\(counted(report.source.errorCount, "error")) in manifests" : nil,
    ].compactMap { $0 }
    return (.held, causes.joined(separator: "; "))
  }

  /// How one plan ended; whether nothing differs afterwards, the next look shows.
  private static func conclusion(of outcome: PlanOutcome) -> (Result, String) {
    if let reason = outcome.preemption { return (.interrupted, reason) }
    let failed = outcome.results.filter(\.result.isFailure)
    guard failed.isEmpty else {
      return (.failed, named(failed.map { words($0.step, "\($0.result)") }))
    }
    return (outcome.isDone ? .done : .underWay, "")
  }

  private static func words(_ step: PlannedStep, _ sentence: String) -> String {
    let host = step.unit.host.map { " on \($0)" } ?? ""
    return "\(step.unit.kind.rawValue) \(step.unit.name)\(host) \(sentence)"
  }
}

extension StepResult {
  /// Whether anything of it was sent.
  fileprivate var wasSent: Bool {
    switch self {
    case .confirmed, .failed, .lost, .timedOut, .underWay, .unanswered: true
    case .stale, .dropped: false
    }
  }

  /// Whether it failed, so that it is tried again or left.
  fileprivate var isFailure: Bool {
    switch self {
    case .failed, .lost, .timedOut: true
    case .confirmed, .underWay, .unanswered, .stale, .dropped: false
    }
  }
}
