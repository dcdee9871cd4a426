import JSONCoding
import LatticeModel
import ReconcileLoop
import TextForms

/// Steps of one application that one guard holds for one reason.
struct HeldGroup {
  var first: HeldStep
  var units: [String]
  var steps: Int

  var sentence: String {
    "\(first.step.unit.application)  \(counted(steps, "step")) of \(named(units, upTo: 8)): "
      + "\(first.detail); \(first.remedy)"
  }

  var json: JSONValue {
    [
      "application": .string(first.step.unit.application.rawValue),
      "guard": .string(first.rule.rawValue), "steps": .int(steps),
      "units": .array(units.map(JSONValue.string)), "detail": .string(first.detail),
      "remedy": .string(first.remedy),
    ]
  }
}

/// What guards hold; what is held on suspicion has lines of its own.
func heldGroups(of plan: Plan) -> [HeldGroup] {
  let held = plan.held.filter { $0.rule != .takesHostsDown }
  return Dictionary(grouping: held) { [$0.step.unit.application.rawValue, $0.detail] }
    .sorted { $0.key.lexicographicallyPrecedes($1.key) }
    .compactMap { _, steps in
      steps.first.map { first in
        let units = Set(steps.map { "\($0.step.unit.kind.rawValue) \($0.step.unit.name)" })
        return HeldGroup(first: first, units: units.sorted(), steps: steps.count)
      }
    }
}

/// An application in a status.
struct ApplicationLine {
  var name: String
  var state: String
  var commit: String
  var path: String
}

/// How each application stands, in the order of the plan.
func applications(of status: StatusReport) -> [ApplicationLine] {
  let plan = status.report.plan
  let steps = Dictionary(grouping: plan.steps, by: \.unit.application).mapValues(\.count)
  let held = Dictionary(grouping: plan.held, by: \.step.unit.application).mapValues(\.count)
  return plan.applications.map { application in
    let parts = [
      application.isFrozen ? "cannot be read, left alone" : nil,
      application.heldAt.map { "cannot be read, held at \($0.short)" },
      steps[application.name].map { "\(counted($0, "step")) to do" },
      held[application.name].map { "\(counted($0, "step")) held" },
    ].compactMap { $0 }
    return ApplicationLine(
      name: application.name.rawValue,
      state: parts.isEmpty ? "in sync" : parts.joined(separator: ", "),
      commit: status.record.applied[application.name]?.revision.short ?? "-",
      path: application.path)
  }
}
