package import Forges
package import LatticeModel
import PlanExecution
import TextForms

extension LatticeStatus {
  /// Returns what is said of the commit on a forge: of the lattice as a whole, then of each application.
  ///
  /// Nothing where too little is known to say how the lattice stands. Texts have no time or age, so that
  /// the same is said once.
  ///
  /// - Parameters:
  ///   - name: What the names of the statuses begin with; an application's follows after a slash.
  ///   - target: Where there is more to see.
  ///   - now: The moment.
  /// - Returns: The statuses.
  package func commitStatuses(
    named name: String, target: String? = nil, at now: Timestamp
  ) -> [CommitStatus] {
    guard sync(at: now).unknown == nil else { return [] }
    let failed = Dictionary(
      failures.map { ($0.step.unit.application, $0) }, uniquingKeysWith: { first, _ in first })
    let own = applications.map { application in
      let (state, words) = application.standing(failed[application.name])
      return CommitStatus(
        of: revision.rawValue, "\(name)/\(application.name)", state, words, target: target)
    }
    let (state, words) = standing(own)
    return [CommitStatus(of: revision.rawValue, name, state, words, target: target)] + own
  }

  /// How the commit as a whole stands, given its applications.
  private func standing(_ own: [CommitStatus]) -> (CommitStatus.State, String) {
    if manifestErrors > 0 { return (.error, "\(counted(manifestErrors, "error")) in manifests") }
    let grave = zip(applications, own).filter { $1.state > .success }
    if let worst = grave.map(\.1.state).max() {
      return (worst, "not in sync: \(named(grave.map(\.0.name.rawValue)))")
    }
    if wasInSync { return (.success, "\(counted(own.count, "application")) in sync") }
    // What no application declares may be held, too.
    let held = plan.held.count
    return held > 0 ? (.failure, "\(counted(held, "step")) held") : (.pending, progressText)
  }
}

/// What is said of whatever is being brought about; the same however far that is.
private let progressText = "in progress"

extension ApplicationStatus {
  /// How it stands for whoever looks at the commit, given what failed of it.
  fileprivate func standing(_ failure: StepFailure?) -> (CommitStatus.State, String) {
    if isFrozen || heldAt != nil { return (.error, sentence) }
    if let failure {
      let unit = failure.step.unit
      return (.failure, "\(unit.kind.rawValue) \(unit.name) \(failure.sentence)")
    }
    if held > 0 || unplaced > 0 || unreached > 0 { return (.failure, sentence) }
    return wasInSync ? (.success, sentence + pinSuffix) : (.pending, progressText)
  }
}
