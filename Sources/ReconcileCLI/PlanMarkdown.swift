import DesiredSources
import Diagnostics
import GitSource
import LatticeDialects
import LatticeModel
import PlanExecution
import ReconcileLoop
import TextForms

/// Returns a pass as Markdown for a comment on a pull request: a summary, what is wrong, then each
/// application, those with failures and removals first.
///
/// At most 60,000 bytes, with how many lines were left out; what comes from manifests and hosts is
/// text and mentions nobody. It holds no time or age, unless something failed.
///
/// - Parameter report: The pass.
/// - Returns: The text, ended by a line feed.
func renderMarkdown(_ report: PassReport) -> String {
  let plan = report.plan
  var page = MarkdownPage()
  page.line("### reconcile: \(markdownText(title(of: report)))")
  page.line("")
  page.line(markdownText(summary(of: plan, id: report.planID)))
  let commit = "\(report.source.desired.revision.short) \(excerpt(report.source.commit.summary))"
  page.line("")
  page.line(
    markdownText(
      "Commit \(commit); path \(excerpt(report.source.shownLayers, upTo: 400)); "
        + "lattice \(plan.lattice), \(counted(plan.usableHosts, "usable host"))"))
  page.line("")
  let findings = report.source.diagnostics.sorted { left, right in
    left.severity == .error && right.severity != .error
  }
  page.list("Findings in manifests", findings.map { row(nil, $0.description) })
  for application in ApplicationRows.all(of: report) {
    page.details(application.summary, isOpen: application.isGrave, application.rows)
  }
  page.details("Notes", isOpen: false, notes(of: report))
  return page.text
}

/// Returns an error as Markdown.
///
/// - Parameter diagnostics: Its findings.
/// - Returns: The text, ended by a line feed.
func renderMarkdown(_ diagnostics: [Diagnostic]) -> String {
  var page = MarkdownPage()
  page.line("### reconcile failed")
  page.line("")
  page.list("Findings", diagnostics.map { row(nil, $0.description) })
  return page.text
}

private func title(of report: PassReport) -> String {
  let plan = report.plan
  guard report.wasToConverge, !report.wasDeclined else {
    let commands = counted(commandedDialect.commandCount(of: plan), "command")
    return plan.isEmpty && plan.held.isEmpty ? "nothing to do" : "\(commands) to send"
  }
  guard !report.isInSync else { return "done, in sync" }
  return "not in sync" + (endSentence(report).map { ": \($0)" } ?? "")
}

private func notes(of report: PassReport) -> [String] {
  report.notes.map { row(nil, $0) }
    + report.plan.notes.map { row(nil, "\($0.application): \($0.text)") }
    + runs(of: report.plan.left) {
      $0.reason == $1.reason && $0.unit.withoutHost == $1.unit.withoutHost
    }.map {
      row(.equal, "\(name($0.map(\.unit))): \($0[0].reason.sentence), left since prune is off")
    }
}

/// A row with its sign, of what is at most a thousand characters.
private func row(_ symbol: PlanSymbol?, _ text: String) -> String {
  let sign = symbol.map { "<code>\($0.rawValue)</code> " } ?? ""
  return sign + markdownText(excerpt(text, upTo: 1_000))
}

/// The rows of one application, the gravest first.
private struct ApplicationRows {
  /// Rows of one weight, and of how many steps they tell.
  private struct Part {
    var rows: [String] = []
    var steps = 0
  }

  private let name: ApplicationName
  private var failed = Part()
  private var held = Part()
  private var removed = Part()
  private var others = Part()

  private init(_ name: ApplicationName) { self.name = name }

  var rows: [String] { failed.rows + held.rows + removed.rows + others.rows }

  /// Whether a reader must not miss it.
  var isGrave: Bool { rank < 3 }

  var summary: String {
    let counts = [
      (failed.steps, "failed"), (held.steps, "held or without a place"),
      (removed.steps, "to remove"), (others.steps, "to start or change"),
    ].filter { $0.0 > 0 }.map { "\($0) \($1)" }
    return "\(name): \(counts.joined(separator: ", "))"
  }

  private var rank: Int {
    failed.steps > 0 ? 0 : held.steps > 0 ? 1 : removed.steps > 0 ? 2 : 3
  }

  /// The applications of which there is something to say.
  static func all(of report: PassReport) -> [ApplicationRows] {
    var all: [ApplicationName: ApplicationRows] = [:]
    func add(
      _ application: ApplicationName, _ path: WritableKeyPath<ApplicationRows, Part>,
      _ rows: [(symbol: PlanSymbol, text: String)], steps: Int = 1
    ) {
      all[application, default: ApplicationRows(application)][keyPath: path].steps += steps
      all[application]?[keyPath: path].rows += rows.map { row($0.symbol, $0.text) }
    }
    for failures in failureRuns(of: report) {
      add(
        failures[0].step.unit.application, \.failed, [(.held, sentence(failures))],
        steps: failures.count)
    }
    for held in heldRuns(of: report.plan) {
      add(held[0].step.unit.application, \.held, [(.held, sentence(held))], steps: held.count)
    }
    for item in report.plan.unplaceable {
      add(item.application, \.held, [(.held, sentence(item))])
    }
    for item in report.plan.unreached {
      add(item.application, \.held, [(.held, item.sentence)])
    }
    for group in StepGroup.groups(of: report.plan.steps) {
      guard let step = group.steps.first else { continue }
      add(
        step.unit.application, step.isRemoval ? \.removed : \.others, group.rows,
        steps: group.steps.count)
    }
    return all.values.sorted { ($0.rank, $0.name) < ($1.rank, $1.name) }
  }
}
