import Diagnostics
import LatticeDialects
import LatticeModel
import PlanExecution
import ReconcileLoop
import TextForms

/// Returns what failed in a pass, each cause once with how often and since when, and what was left
/// for it.
///
/// - Parameters:
///   - report: The pass.
///   - isColored: Whether symbols are coloured.
/// - Returns: The lines, or nothing where nothing failed.
func renderFailures(_ report: PassReport, isColored: Bool = false) -> String {
  var page = TextPage(isColored: isColored)
  page.section("failed", failureRuns(of: report).map { (.held, sentence($0)) })
  page.section("left", leftSteps(of: report).map { (.held, $0) })
  if !page.text.isEmpty { page.line("") }
  return page.text
}

/// What failed for the same cause on several hosts.
func failureRuns(of report: PassReport) -> [[StepFailure]] {
  runs(of: report.failures) {
    $0.sentence == $1.sentence && $0.step.unit.withoutHost == $1.step.unit.withoutHost
  }
}

/// Why a pass ended before the lattice was in sync, where it is not for what is held.
func endSentence(_ report: PassReport) -> String? {
  guard let end = report.end else { return nil }
  switch end.reason {
  case .done: return nil
  case .stopped: return "stopped after \(roughly(end.took))"
  case .planOver:
    return "the saved plan is carried out, and what is left is none of it: see 'reconcile diff'"
  case .timeout: return "gave up after \(formatDuration(end.timeout)): the time is over"
  case .nothingMore:
    return "gave up after \(roughly(end.took)) of \(formatDuration(end.timeout)): "
      + "nothing more can be done now" + causes(report)
  }
}

private func causes(_ report: PassReport) -> String {
  let counts = report.failures.map(\.count)
  guard let least = counts.min(), let most = counts.max() else { return "" }
  let times =
    (least == 1 ? "once" : counted(least, "time")) + (least < most ? " or more often" : "")
  let isAll = report.remaining.steps.count == counts.count
  return ": every step left has failed \(times)" + (isAll ? "" : ", or waits for one that has")
}

/// What failed, for the same cause, and how often since when.
func sentence(_ failures: [StepFailure]) -> String {
  guard let first = failures.first else { return "" }
  let attempts = failures.reduce(0) { $0.addingReportingOverflow($1.count).partialValue }
  let since = failures.map(\.since).min() ?? first.since
  return "\(name(failures.map(\.step.unit))) \(first.sentence); "
    + "\(counted(attempts, "attempt")) \(attempts == 1 ? "at" : "since") \(timeOfDay(since))"
    + (explanation(of: first.sentence).map { "; \($0.code): \($0.advice)" } ?? "")
}

extension Diagnostic {
  /// What it comes from, and what can be done.
  var advice: String { [message, remedy].compactMap(\.self).joined(separator: "; ") }
}

/// What was not sent in the last plan, counted by application and reason.
private func leftSteps(of report: PassReport) -> [String] {
  let wanted = Set(report.remaining.steps.map(\.unit))
  var counts: [ApplicationName: [String: Int]] = [:]
  for (step, result) in report.outcomes.last?.results ?? [] where wanted.contains(step.unit) {
    guard case .dropped(let reason) = result else { continue }
    counts[step.unit.application, default: [:]][reason, default: 0] += 1
  }
  return counts.sorted { $0.key < $1.key }.flatMap { application, counts in
    counts.sorted { $0.key < $1.key }.map { reason, count in
      "\(application)  \(counted(count, "step")): \(reason)"
    }
  }
}

private func timeOfDay(_ time: Timestamp) -> String {
  String(formatTimestamp(time.nanoseconds).dropFirst(11).prefix(8)) + "Z"
}
