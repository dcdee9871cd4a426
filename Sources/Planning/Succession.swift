import LatticeModel

/// Who takes over what an application loses: where a thing leaves one application and enters another,
/// or an application gets another name, nothing goes down before what takes its place is up.
struct Succession {
  /// What tells that workloads of two applications are one thing that has moved.
  private struct Trait: Hashable {
    var kind: UnitKind
    var name: String
    /// The image without its version, which may be another one.
    var repository: Substring

    init(_ kind: UnitKind, _ name: String, _ image: ImageReference) {
      (self.kind, self.name, repository) = (kind, name, image.repository)
    }
  }

  private let workloads: [Workload]
  private let positions: [Trait: [Int]]
  /// The applications that take over, by the one that loses.
  private(set) var successors: [ApplicationName: Set<ApplicationName>] = [:]

  /// Finds what runs for another application than it was started for.
  ///
  /// Costs one comparison of numbers for each running set.
  init(_ workloads: [Workload], _ census: Census, in observed: ObservedState) {
    self.workloads = workloads
    positions =
      census.undeclared.isEmpty
      ? [:]
      : Dictionary(grouping: workloads.indices) {
        Trait(workloads[$0].kind, workloads[$0].name, workloads[$0].image)
      }
    for (workload, sets) in zip(workloads, census.sets) {
      var known = Int32(-1)
      for set in sets where set.ownership != known {
        known = set.ownership
        guard case .owned(let application, _, _) = observed.ownership(known),
          application != workload.application
        else { continue }
        successors[application, default: []].insert(workload.application)
      }
    }
  }

  /// Notes that an application loses a set.
  ///
  /// - Parameters:
  ///   - set: The set.
  ///   - name: What it is called in its application.
  ///   - image: Its image.
  ///   - owner: The application.
  ///   - isComing: Whether some of a workload, by position, is still to come up.
  /// - Returns: The workloads of others that may take its place and are still to come up.
  mutating func lose(
    _ set: RunningSet, named name: String, image: String, of owner: ApplicationName,
    to isComing: (Int) -> Bool
  ) -> [Workload] {
    let takers = (positions[Trait(set.kind, name, ImageReference(image))] ?? []).filter(isComing)
      .map { workloads[$0] }.filter { $0.application != owner }
    for taker in takers { successors[owner, default: []].insert(taker.application) }
    return takers
  }
}
