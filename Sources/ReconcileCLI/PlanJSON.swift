import Diagnostics
import JSONCoding
import LatticeModel
import Planning
import ReconcileLoop

/// Returns a pass as JSON with sorted keys; a published format.
func renderJSON(_ report: PassReport, exit: ExitStatus) -> String {
  let plan = report.plan
  let value: JSONValue = [
    "schema": .string(planSchema), "plan_id": .string("sha256:\(report.planID)"),
    "exit": .int(Int(exit.rawValue)), "complete": .bool(plan.view == .complete),
    "source": [
      "commit": .string(report.source.desired.revision.rawValue), "tree": .string(plan.tree),
    ],
    "lattice": .string(plan.lattice.rawValue), "usable_hosts": .int(plan.usableHosts),
    "changes": .array(plan.steps.map(change)),
    "held": .array(
      plan.held.map { held in
        [
          "change": change(held.step), "guard": .string(held.rule.rawValue),
          "detail": .string(held.detail), "remedy": .string(held.remedy),
        ]
      }),
    "left": .array(plan.left.map { unit($0.unit) }), "unchanged": .int(plan.counts.equal),
    "commands": .int(plan.commandCount),
    "notes": .array((report.notes + plan.notes.map(\.text)).map(JSONValue.string)),
  ]
  return String(decoding: value.bytes(isPretty: true), as: UTF8.self) + "\n"
}

private func unit(_ unit: UnitKey) -> JSONValue {
  var members: [String: JSONValue] = [
    "application": .string(unit.application.rawValue), "kind": .string(unit.kind.rawValue),
    "name": .string(unit.name),
  ]
  if let host = unit.host { members["host"] = .string(host.rawValue) }
  return .object(members)
}

private func change(_ step: PlannedStep) -> JSONValue {
  guard case .object(var members) = unit(step.unit) else { return .null }
  members["actions"] = .array(step.commands.map { .string(verb($0)) })
  members["reason"] = .string(step.reason.code)
  if let origin = step.origin {
    members["origin"] = ["path": .string(origin.path), "line": .int(origin.line)]
  }
  return .object(members)
}

private func verb(_ command: Command) -> String {
  switch command {
  case .scaleActor(_, let instances, _): "scale \(instances)"
  case .startProvider: "start"
  case .stopProvider: "stop"
  case .putLink: "put-link"
  case .deleteLink: "delete-link"
  case .putConfig: "put-config"
  case .deleteConfig: "delete-config"
  }
}
