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
