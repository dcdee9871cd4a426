import ConfigurationModel
import DesiredSources
import LatticeModel

/// What a plan that was kept needs before it may be carried out.
extension Reconciliation {
  /// Returns the commit that a reference means by now, where it declares something else than the one
  /// that is read; needs no lattice.
  ///
  /// - Parameter reference: A branch, a tag, a commit id, or `HEAD`.
  /// - Returns: The full id, or `nil` where the manifests are the same.
  /// - Throws: `GitError` where one of the two means nothing or cannot be read.
  public func successor(under reference: String) async throws -> String? {
    try await DesiredSource(configuration.source).successor(under: reference)
  }
}

extension Plan {
  /// Whether it does something that another plan does not bring about.
  ///
  /// What is left of a step that was begun is part of it: a replacement comes to a start.
  func goes(beyond plan: Plan) -> Bool {
    var wanted: [UnitKey: Set<Intent>] = [:]
    for step in plan.steps {
      wanted[step.unit, default: []].formUnion(step.intents.map(\.outcome))
    }
    return steps.contains { step in
      !(wanted[step.unit] ?? []).isSuperset(of: step.intents.map(\.outcome))
    }
  }
}
