import Diagnostics
import JSONCoding
import LatticeClient
import LatticeDialects
import LatticeModel
import Planning
import ReconcileLoop
import TextForms

/// Returns a pass as one JSON object with sorted keys; a published format.
///
/// - Parameters:
///   - report: The pass.
///   - exit: How the command ends.
/// - Returns: The text, ended by a line feed.
func renderJSON(_ report: PassReport, exit: ExitStatus) -> String {
  var members = summary(of: report, exit)
  let plan = report.plan
  members["changes"] = .array(plan.steps.map { .object(change($0)) })
  members["held"] = .array(plan.held.map { .object(held($0)) })
  members["unplaceable"] = .array(plan.unplaceable.map { .object(unplaceable($0)) })
  members["unreached"] = .array(plan.unreached.map { .object(unreached($0)) })
  members["left"] = .array(plan.left.map { .object(left($0)) })
  if report.end != nil {
    members["failures"] = .array(report.failures.map { .object(failure($0)) })
  }
  members["diagnostics"] = .array(report.source.diagnostics.map { .object(finding($0)) })
  return line(members, isPretty: true)
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
  lines += plan.steps.map { typed("change", change($0)) }
  lines += plan.held.map { typed("held", held($0)) }
  lines += plan.unplaceable.map { typed("unplaceable", unplaceable($0)) }
  lines += plan.unreached.map { typed("unreached", unreached($0)) }
  lines += plan.left.map { typed("left", left($0)) }
  lines += report.failures.map { typed("failure", failure($0)) }
  lines.append(typed("summary", summary(of: report, exit)))
  return lines.joined()
}

/// One object on a line of its own, with its type.
func typed(_ type: String, _ members: [String: JSONValue]) -> String {
  line(members.merging(["type": .string(type)]) { $1 }, isPretty: false)
}

func line(_ members: [String: JSONValue], isPretty: Bool) -> String {
  String(decoding: JSONValue.object(members).bytes(isPretty: isPretty), as: UTF8.self) + "\n"
}

private func summary(of report: PassReport, _ exit: ExitStatus) -> [String: JSONValue] {
  let plan = report.plan
  var members: [String: JSONValue] = [
    "schema": .string(planSchema), "plan_id": .string("sha256:\(report.planID)"),
    "exit": .int(Int(exit.rawValue)), "complete": .bool(plan.view == .complete),
    "in_sync": .bool(report.isInSync),
    "source": [
      "commit": .string(report.source.desired.revision.rawValue), "tree": .string(plan.tree),
      "path": .string(report.source.shownPath),
    ],
    "lattice": .string(plan.lattice.rawValue), "usable_hosts": .int(plan.usableHosts),
    "unchanged": .int(plan.counts.equal), "commands": .int(commandedDialect.commandCount(of: plan)),
    "commands_sent": .int(report.outcomes.reduce(0) { $0 + $1.sent }),
    "notes": .array((report.notes + plan.notes.map(\.text)).map(JSONValue.string)),
  ]
  if let end = report.end {
    members["end"] = [
      "reason": .string(end.reason.rawValue), "after_ms": .int(milliseconds(end.took)),
      "timeout_ms": .int(milliseconds(end.timeout)),
    ]
  }
  return members
}

private func milliseconds(_ span: Duration) -> Int { Int((span / .milliseconds(1)).rounded()) }

private func failure(_ failure: StepFailure) -> [String: JSONValue] {
  var members = change(failure.step)
  members["result"] = .string(failure.word)
  members["detail"] = .string(failure.sentence)
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

private func change(_ step: PlannedStep) -> [String: JSONValue] {
  var members = unit(step.unit)
  members["actions"] = .array(
    commandedDialect.parts(of: step).map { .string(verb($0)) })
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

private func place(_ origin: SourcePosition) -> JSONValue {
  ["path": .string(origin.path), "line": .int(origin.line), "column": .int(origin.column)]
}

private func held(_ held: HeldStep) -> [String: JSONValue] {
  [
    "change": .object(change(held.step)), "guard": .string(held.rule.rawValue),
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

private func verb(_ part: Intent) -> String {
  switch part {
  case .run(.actor, let instances, _), .replace(_, .actor, let instances, _): "scale \(instances)"
  case .run(.provider, _, _), .replace(_, .provider, _, _): "start"
  case .end(.actor, _): "scale 0"
  case .end(.provider, _): "stop"
  case .connect: "put-link"
  case .disconnect: "delete-link"
  case .keep: "put-config"
  case .drop: "delete-config"
  }
}
