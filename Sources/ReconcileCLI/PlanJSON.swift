import DesiredSources
import Diagnostics
import JSONCoding
import LatticeDialects
import LatticeModel
import PlanExecution
import Planning
import ReconcileLoop
import TextForms

/// Returns a pass as one JSON object with sorted keys; a published format, as `docs/plans.md` says.
///
/// - Parameters:
///   - report: The pass.
///   - exit: How the command ends.
/// - Returns: The text, ended by a line feed.
func renderJSON(_ report: PassReport, exit: ExitStatus) -> String {
  line(passObject(report, exit: exit), isPretty: true)
}

/// A pass as the members of one object.
func passObject(_ report: PassReport, exit: ExitStatus) -> [String: JSONValue] {
  var result = summary(of: report)
  let plan = report.plan
  result["changes"] = .array(plan.steps.map { .object(change($0, of: report)) })
  result["held"] = .array(plan.held.map { .object(held($0, of: report)) })
  result["unplaceable"] = .array(plan.unplaceable.map { .object(unplaceable($0)) })
  result["unreached"] = .array(plan.unreached.map { .object(unreached($0)) })
  result["left"] = .array(plan.left.map { .object(left($0)) })
  if report.end != nil {
    result["failures"] = .array(report.failures.map { .object(failure($0, of: report)) })
  }
  result["diagnostics"] = .array(report.source.diagnostics.map { .object(finding($0)) })
  return envelope(planSchema, .object(result), exit)
}

/// Returns a pass as one JSON object for each line: every finding and every change with its `type`,
/// then the summary; a published format.
///
/// - Parameters:
///   - report: The pass.
///   - exit: How the command ends.
/// - Returns: The lines.
func renderNDJSON(_ report: PassReport, exit: ExitStatus) -> String {
  let plan = report.plan
  var lines = report.source.diagnostics.map { typed("diagnostic", finding($0)) }
  lines += plan.steps.map { typed("change", change($0, of: report)) }
  lines += plan.held.map { typed("held", held($0, of: report)) }
  lines += plan.unplaceable.map { typed("unplaceable", unplaceable($0)) }
  lines += plan.unreached.map { typed("unreached", unreached($0)) }
  lines += plan.left.map { typed("left", left($0)) }
  lines += report.failures.map { typed("failure", failure($0, of: report)) }
  lines.append(typed("summary", envelope(planSchema, .object(summary(of: report)), exit)))
  return lines.joined()
}

/// What every result is wrapped in: its schema, and how the command ends.
func envelope(
  _ schema: String, _ result: JSONValue, _ exit: ExitStatus
) -> [String: JSONValue] {
  ["schema": .string(schema), "exit": .int(Int(exit.rawValue)), "result": result]
}

/// One object on a line of its own, with its type.
func typed(_ type: String, _ members: [String: JSONValue]) -> String {
  line(members.merging(["type": .string(type)]) { $1 }, isPretty: false)
}

func line(_ members: [String: JSONValue], isPretty: Bool) -> String {
  String(decoding: JSONValue.object(members).bytes(isPretty: isPretty), as: UTF8.self) + "\n"
}

private func summary(of report: PassReport) -> [String: JSONValue] {
  let plan = report.plan
  var members: [String: JSONValue] = [
    "plan_id": .string("sha256:\(report.planID)"), "complete": .bool(plan.view == .complete),
    "in_sync": .bool(report.isInSync),
    "source": [
      "commit": .string(report.source.desired.revision.rawValue), "tree": .string(plan.tree),
      "path": .string(report.source.shownPath),
      "overlays": .array(report.source.overlayPaths.map(JSONValue.string)),
    ],
    "lattice": .string(plan.lattice.rawValue), "usable_hosts": .int(plan.usableHosts),
    "unchanged": .int(plan.counts.equal), "commands": .int(commandedDialect.commandCount(of: plan)),
    "commands_sent": .int(report.outcomes.reduce(0) { $0 + $1.sent }),
    "notes": .array((report.notes + plan.notes.map(\.text)).map(JSONValue.string)),
  ]
  if let signature = report.source.signature, case .object(var source)? = members["source"] {
    source["signature"] = [
      "signer": .string(signature.signer), "key": .string(signature.key),
      "of": .string(signature.subject),
    ]
    members["source"] = .object(source)
  }
  if !report.source.pins.isEmpty {
    members["pins"] = .array(report.source.pins.map { $0.pin.json })
  }
  if let end = report.end {
    members["end"] = [
      "reason": .string(end.reason.rawValue), "after_ms": .int(milliseconds(end.took)),
      "timeout_ms": .int(milliseconds(end.timeout)),
    ]
  }
  return members
}

func milliseconds(_ span: Duration) -> Int { Int((span / .milliseconds(1)).rounded()) }

private func failure(
  _ failure: StepFailure, of report: PassReport
) -> [String: JSONValue] {
  var members = change(failure.step, of: report)
  members["result"] = .string(failure.word)
  members["detail"] = .string(failure.sentence)
  members["explanation"] = explanation(of: failure.sentence).map { .object(finding($0)) }
  members["attempts"] = .int(failure.count)
  members["since"] = .string(formatTimestamp(failure.since.nanoseconds))
  return members
}

private func unit(_ unit: UnitKey) -> [String: JSONValue] {
  var members: [String: JSONValue] = [
    "application": .string(unit.application.rawValue), "kind": .string(unit.kind.rawValue),
    "name": .string(unit.name),
  ]
  if let host = unit.host { members["host"] = .string(host.rawValue) }
  return members
}

/// A step: what is wanted, and the requests that it comes to.
///
/// Their bodies are left out: they hold the values of configs.
func change(
  _ step: PlannedStep, in lattice: LatticeName, by dialect: any LatticeDialect
) -> [String: JSONValue] {
  var members = unit(step.unit)
  members["intents"] = .array(step.intents.map { .object(intent($0)) })
  members["requests"] = .array(
    commandedDialect.parts(of: step).map { part in
      var request = intent(part)
      request["subject"] = .string(dialect.request(for: part, in: lattice).subject)
      return .object(request)
    })
  members["reason"] = .string(step.reason.code)
  members["detail"] = .string(step.sentence)
  members["origin"] = step.origin.map(place)
  if !step.alongside.isEmpty {
    members["also"] = .array(
      step.alongside.map { change in
        var also = unit(change.unit)
        also["reason"] = .string(change.reason.code)
        also["detail"] = .string(change.reason.sentence)
        also["origin"] = change.origin.map(place)
        return .object(also)
      })
  }
  return members
}

private func change(_ step: PlannedStep, of report: PassReport) -> [String: JSONValue] {
  change(step, in: report.plan.lattice, by: report.dialect)
}

private func place(_ origin: SourcePosition) -> JSONValue {
  ["path": .string(origin.path), "line": .int(origin.line), "column": .int(origin.column)]
}

private func held(_ held: HeldStep, of report: PassReport) -> [String: JSONValue] {
  [
    "change": .object(change(held.step, of: report)), "guard": .string(held.rule.rawValue),
    "detail": .string(held.detail), "remedy": .string(held.remedy),
  ]
}

private func unplaceable(_ item: Unplaceable) -> [String: JSONValue] {
  [
    "application": .string(item.application.rawValue), "kind": .string(item.kind.rawValue),
    "name": .string(item.name), "missing": .int(item.missing), "wanted": .int(item.wanted),
    "rule": item.rule.map(JSONValue.string) ?? .null,
    "reasons": .array(item.reasons.map(JSONValue.string)),
  ]
}

private func unreached(_ item: Unreached) -> [String: JSONValue] {
  [
    "application": .string(item.application.rawValue), "server": .string(item.server),
    "actor": .string(item.actor), "missed": .int(item.missed), "total": .int(item.total),
    "reason": .string(item.reason), "origin": place(item.origin),
  ]
}

private func left(_ left: LeftUnit) -> [String: JSONValue] {
  unit(left.unit).merging(["reason": .string(left.reason.code)]) { $1 }
}

/// A finding as JSON.
func finding(_ diagnostic: Diagnostic) -> [String: JSONValue] {
  var members: [String: JSONValue] = [
    "code": .string("\(diagnostic.code)"), "severity": .string(diagnostic.severity.rawValue),
    "message": .string(diagnostic.message),
  ]
  if let remedy = diagnostic.remedy { members["remedy"] = .string(remedy) }
  if let place = diagnostic.location {
    members["path"] = .string(place.path)
    members["line"] = .int(place.line)
    members["column"] = .int(place.column)
  }
  return members
}

/// An intent, or the part of one that a request brings about.
private func intent(_ intent: Intent) -> [String: JSONValue] {
  var members: [String: JSONValue] = ["intent": .string(intent.word)]
  switch intent {
  case .run(_, let instances, _), .replace(_, _, let instances, _):
    members["instances"] = .int(instances)
  case .end: break
  case .connect(let link), .disconnect(let link): members.merge(ends(of: link)) { $1 }
  case .keep(let name, _), .drop(let name): members["config"] = .string(name.rawValue)
  }
  return members
}

private func ends(of link: LinkDefinition) -> [String: JSONValue] {
  [
    "source": .string(link.key.source), "target": .string(link.target),
    "contract": .string(link.key.contract.description),
    "interfaces": .array(link.interfaces.map(JSONValue.string)), "link": .string(link.key.name),
  ]
}
