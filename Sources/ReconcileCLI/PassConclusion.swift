import DesiredSources
import Diagnostics
import LatticeModel
import PlanExecution
import ReconcileLoop
import TextForms

extension CommandContext {
  /// Writes what a pass found and did; as text, findings in manifests go to the error output.
  ///
  /// - Parameters:
  ///   - report: The pass.
  ///   - status: How the command ends.
  ///   - format: How it is written.
  ///   - file: Where the plan was saved, if it was.
  func show(
    _ report: PassReport, _ status: ExitStatus, as format: OutputFormat,
    savedTo file: String? = nil
  ) {
    switch format {
    case .json: console.write(renderJSON(report, exit: status))
    case .ndjson: console.write(renderNDJSON(report, exit: status))
    case .markdown: console.write(renderMarkdown(report))
    case .text, .sarif, .github:
      for diagnostic in report.source.diagnostics { console.say(diagnostic.description) }
      console.write(renderText(report, isColored: console.isColored))
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
