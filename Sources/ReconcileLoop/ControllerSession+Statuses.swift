import ConfigurationModel
import Diagnostics
import Forges
import LatticeModel
import RecordKeeping

/// What is said of commits on a forge.
extension ControllerSession {
  /// Notes how the commit stands, for whoever looks at it on the forge.
  func sayOnForge(_ status: LatticeStatus) {
    statuses?.note(
      status.commitStatuses(
        named: "\(settings.forge.context)/\(settings.lattice)", target: settings.forge.target,
        at: now))
  }

  /// Notes that a commit is not followed.
  func sayOnForge(_ error: any Error, of revision: Revision) {
    guard lease.epoch != nil else { return }
    statuses?.note([
      CommitStatus(
        of: revision.rawValue, "\(settings.forge.context)/\(settings.lattice)", .error,
        error.sentence, target: settings.forge.target)
    ])
  }
}
