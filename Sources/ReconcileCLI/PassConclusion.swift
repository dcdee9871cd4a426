import DesiredSources
import Diagnostics
import LatticeModel
import PlanExecution
import ReconcileLoop
import ServiceRuntime
import TextForms

/// When the plan of a pass is shown as text, and what of it was.
final class ShownPlan: Sendable {
  /// When a plan is shown.
  enum Time { case first, last, ending }

  /// `first` is before anything is sent, `last` with how it ended, `ending` not at all.
  let time: Time
  /// How many notes of the pass were shown with the plan, once it was.
  fileprivate let notes = Lock<Int?>(nil)

  init(as time: Time) { self.time = time }

  /// Whether it is on the terminal that is said something on.
  func isBefore(_ console: Console) -> Bool {
    console.isOutputRead && notes.withLock { $0 != nil }
  }
}

extension CommandContext {
  /// Writes the plan of a pass and the findings in its manifests before anything is sent, where it is
  /// written as text.
  func show(_ report: PassReport, as format: OutputFormat, first shown: ShownPlan) {
    guard format == .text, shown.time == .first else { return }
    for diagnostic in report.source.diagnostics { console.say(diagnostic.description) }
    console.write(renderText(report, isColored: console.isColored))
    shown.notes.withLock { $0 = report.notes.count }
  }

  /// Writes what a pass found and did; as text, findings in manifests go to the error output.
  ///
  /// - Parameters:
  ///   - report: The pass.
  ///   - status: How the command ends.
  ///   - format: How it is written.
  ///   - file: Where the plan was saved, if it was.
  ///   - shown: What was shown before.
  func show(
    _ report: PassReport, _ status: ExitStatus, as format: OutputFormat,
    savedTo file: String? = nil, after shown: ShownPlan = ShownPlan(as: .last)
  ) {
    switch format {
    case .json: console.write(renderJSON(report, exit: status))
    case .ndjson: console.write(renderNDJSON(report, exit: status))
    case .markdown: console.write(renderMarkdown(report))
    case .text, .sarif, .github:
      if let notes = shown.notes.withLock({ $0 }) {
        for note in report.notes.dropFirst(notes) {
          console.write("note: \(escapingControlCharacters(note))\n")
        }
      } else {
        for diagnostic in report.source.diagnostics { console.say(diagnostic.description) }
        if shown.time != .ending {
          console.write(renderText(report, isColored: console.isColored))
        }
      }
      if let line = changedSentence(report) {
        console.write(escapingControlCharacters(line) + "\n")
      }
      console.write(renderFailures(report, isColored: console.isColored))
      if let line = conclusion(report, savedTo: file) { console.write(line + "\n") }
    }
  }

  private func conclusion(_ report: PassReport, savedTo file: String?) -> String? {
    if report.wasDeclined { return "nothing was sent" }
    guard report.wasToConverge else {
      let sent = report.outcomes.reduce(0) { $0 + $1.sent }
      guard sent == 0 else {
        return "\(counted(sent, "command")) sent, not waited for. "
          + "To see what came of it: \(lookCommand)"
      }
      return report.plan.isEmpty ? nil : "To do this: \(applyCommand(ofPlanIn: file))"
    }
    guard !report.isInSync else { return "in sync" }
    let (held, missing) = (report.remaining.held, report.remaining.missingInstances)
    let unreached = report.remaining.unreachedInstances
    let errors = report.source.errorCount
    let causes = [
      endSentence(report),
      held.first.map { "\(counted(held.count, "step")) held (\($0.detail))" },
      missing > 0 ? "\(counted(missing, "instance")) without a place" : nil,
      unreached > 0
        ? "\(counted(unreached, "instance")) not reached by what should serve them" : nil,
      errors > 0 ? "\(counted(errors, "error")) in manifests, what cannot be read stays" : nil,
    ].compactMap { $0 }
    let cause = causes.isEmpty ? "" : ": " + causes.joined(separator: "; ")
    return "not in sync" + escapingControlCharacters(cause)
  }
}

/// What was changed and what is left, by application; `nil` where nothing was.
func changedSentence(_ report: PassReport) -> String? {
  let confirmed = report.outcomes.flatMap(\.results).filter { $0.result == .confirmed }
  guard report.wasToConverge, !confirmed.isEmpty else { return nil }
  let done = Dictionary(grouping: confirmed, by: \.step.unit.application).mapValues(\.count)
  let left = Dictionary(grouping: report.remaining.steps, by: \.unit.application)
    .mapValues(\.count)
  let parts = Set(done.keys).union(left.keys).sorted().map { name in
    "\(name) \(counted(done[name] ?? 0, "step"))" + (left[name].map { ", \($0) left" } ?? "")
  }
  return "changed: " + named(parts, upTo: 20)
}
