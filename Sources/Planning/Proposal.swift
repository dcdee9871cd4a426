public import LatticeModel

/// What would be done if nothing were held that a person may approve.
public struct Proposal: Hashable, Sendable {
  /// The plan.
  public var plan: Plan
  /// The plan's id.
  public var id: String
  /// The steps of it that are held until somebody approves them; none where a commit is refused that
  /// changes nothing.
  public var released: [PlannedStep]
  /// Why they are held, a sentence each.
  public var reasons: [String]

  /// The digests of these steps.
  public var digests: Set<String> { Set(released.map(stepDigest)) }

  /// Returns whether an approval is for this: for its tree, and for each step that is held.
  ///
  /// What was done of it meanwhile, or need not be done any more, leaves the rest approved.
  ///
  /// - Parameter approval: The approval.
  /// - Returns: Whether the plan may be carried out on its account.
  public func isCovered(by approval: PlanApproval) -> Bool {
    approval.tree == plan.tree && digests.isSubset(of: approval.steps)
  }
}

/// Returns what a person may approve of what a plan holds.
///
/// Costs a second plan where something is held that yields to an approval, else next to nothing.
///
/// - Parameters:
///   - plan: The plan.
///   - observed: What it was made for.
///   - desired: What it brings about.
///   - context: What else it was made from.
/// - Returns: What would be done; `nil` where an approval would change nothing.
public func proposal(
  beside plan: Plan, from observed: ObservedState, to desired: DesiredState,
  in context: PlanningContext
) -> Proposal? {
  guard !context.isApproved else { return nil }
  // Who follows commits holds all of one that does not stand on the last.
  let rewrites = context.doubts.values.filter(\.isRewrite)
  let held = plan.held.filter { Guards.yielding.contains($0.rule) }
  guard !rewrites.isEmpty || !held.isEmpty else { return nil }
  var approved = context
  approved.isApproved = true
  let whole = Planning.plan(from: observed, to: desired, in: approved)
  var released = whole.steps + whole.waiting
  if rewrites.isEmpty {
    let free = Set((plan.steps + plan.waiting).map(stepDigest))
    released.removeAll { free.contains(stepDigest($0)) }
  }
  guard !rewrites.isEmpty || !released.isEmpty else { return nil }
  let reasons = Set(rewrites.map(\.sentence) + held.map(\.detail)).sorted()
  return Proposal(plan: whole, id: planIdentifier(whole), released: released, reasons: reasons)
}
