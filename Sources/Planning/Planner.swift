public import LatticeModel

/// Compares what is observed with what is desired and returns what to do about it.
///
/// Pure, total and deterministic: no clock, no randomness, no logging, nothing thrown. What cannot
/// be done is part of the plan, with a reason; inputs in any order give the same plan. The cost is
/// linear in what is declared plus what runs; a plan over a hundred thousand instances takes some
/// tens of milliseconds.
///
/// - Parameters:
///   - observed: What hosts report and stores hold.
///   - desired: What git declares.
///   - context: Ownership, what was last applied, what is pending, and how much may be removed.
/// - Returns: Stages of steps that may be sent now, what waits for what is pending, and everything
///   held, left, unowned or not placeable.
public func plan(
  from observed: ObservedState, to desired: DesiredState, in context: PlanningContext
) -> Plan {
  let plan = wholePlan(from: observed, to: desired, in: context)
  guard !context.pending.isEmpty else { return plan }
  return admitted(plan, from: observed, to: desired, in: context)
}

/// Returns the plan as if nothing were pending.
func wholePlan(
  from observed: ObservedState, to desired: DesiredState, in context: PlanningContext
) -> Plan {
  var draft = PlanDraft(observed, desired, context)
  draft.holdForOtherHosts()
  draft.planWorkloads()
  draft.planStores()
  draft.planUndeclared()
  return draft.finish()
}
