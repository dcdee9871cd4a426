import Diagnostics
import GitSource
import LatticeModel
import ReconcileLoop
import TextForms

/// Returns a pass as text for people; it never holds a time or an age.
func renderText(_ report: PassReport) -> String {
  let plan = report.plan
  var lines = [
    "commit   \(report.source.desired.revision.short)  \(report.source.commit.summary)",
    "lattice  \(plan.lattice)  \(counted(plan.usableHosts, "usable host"))",
  ]
  lines += report.notes.map { "note: \($0)" }
  for stage in plan.stages {
    lines.append("\n\(stage.title)")
    lines += stage.steps.map { "  \(symbol($0)) \(line($0))" }
  }
  section("held", plan.held.map { "! \(line($0.step)): \($0.detail); \($0.remedy)" }, &lines)
  section(
    "cannot be placed",
    plan.unplaceable.map {
      "! \($0.application)/\($0.name): \($0.missing) of \($0.wanted)\($0.rule.map { " (\($0))" } ?? ""): "
        + $0.reasons.joined(separator: "; ")
    }, &lines)
  section(
    "left, since prune is off", plan.left.map { "\(name($0.unit)): \($0.reason.sentence)" }, &lines)
  section(
    "not ours, as declared",
    plan.unowned.filter(\.isEqual).map { "= \(name($0.unit))" }, &lines)
  section("notes", plan.notes.map { "\($0.application): \($0.text)" }, &lines)
  let counts = plan.counts
  lines.append(
    "\nPlan \(report.planID.prefix(12)): \(counted(plan.commandCount, "command")); "
      + "\(counts.missing) missing, \(counts.changed) changed, \(counts.surplus) surplus, "
      + "\(plan.held.count) held, \(counts.equal) unchanged")
  return lines.map { line in
    line.split(separator: "\n", omittingEmptySubsequences: false)
      .map { escapingControlCharacters(String($0)) }.joined(separator: "\n")
  }.joined(separator: "\n") + "\n"
}

private func section(_ title: String, _ rows: [String], _ lines: inout [String]) {
  guard !rows.isEmpty else { return }
  lines.append("\n\(title)")
  lines += rows.map { "  \($0)" }
}

private func symbol(_ step: PlannedStep) -> String {
  switch (step.commands.count, step.commands.first) {
  case (2, _): "-/+"
  case (_, .putLink?): ">"
  case (_, .deleteLink?): "<"
  case (_, .putConfig?): "c"
  case (_, .deleteConfig?): "C"
  default: step.isRemoval ? "-" : step.reason == .missing ? "+" : "~"
  }
}

func name(_ unit: UnitKey) -> String {
  let host = unit.host.map { " on \($0.rawValue.prefix(8))" } ?? ""
  return "\(unit.application)  \(unit.kind.rawValue) \(unit.name)\(host)"
}

private func line(_ step: PlannedStep) -> String {
  var amount = ""
  if case .scaleActor(_, let instances, _)? = step.commands.last { amount = " x\(instances)" }
  let origin = step.origin.map { "  \($0.path):\($0.line)" } ?? ""
  return "\(name(step.unit))\(amount)  \(step.reason.sentence)\(origin)"
}
