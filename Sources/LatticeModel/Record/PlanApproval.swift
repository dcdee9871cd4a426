/// That a plan may be carried out although something speaks against it.
///
/// It releases what its plan would have done and nothing else: another step of the same things, or another
/// tree of manifests, is another plan.
public struct PlanApproval: Hashable, Sendable {
  /// How many held steps a plan may have that is approved as a whole.
  public static let most = 1_000

  /// The plan's id, in hexadecimal.
  public var plan: String
  /// The tree of manifests that it brings about.
  public var tree: String
  /// The digests of the steps that it releases, sorted.
  public var steps: [String]
  /// Why.
  public var reason: String
  /// Who approved it.
  public var by: String
  /// When it was approved.
  public var time: Timestamp
  /// When it ends by itself.
  public var until: Timestamp

  /// Creates an approval.
  ///
  /// - Parameters:
  ///   - plan: The plan's id, in hexadecimal.
  ///   - tree: The tree of manifests that it brings about.
  ///   - steps: The digests of the steps that it releases.
  ///   - reason: Why.
  ///   - by: Who approved it.
  ///   - time: When it was approved.
  ///   - until: When it ends by itself.
  public init(
    of plan: String, tree: String, releasing steps: some Sequence<String>, reason: String,
    by: String, at time: Timestamp, until: Timestamp
  ) {
    (self.plan, self.tree, self.steps) = (plan, tree, steps.sorted())
    (self.reason, self.by, self.time, self.until) = (reason, by, time, until)
  }

  /// Whether it is not over at a moment.
  ///
  /// - Parameter now: The moment; where it is not known, it is over.
  /// - Returns: Whether it stands.
  public func stands(at now: Timestamp?) -> Bool { now.map { $0 < until } ?? false }

  /// What was approved, by whom and why, without a time.
  public var sentence: String {
    "plan \(plan.prefix(12)) is approved by \(by) because \(reason)"
  }
}
