import DesiredSources
import Diagnostics
import LatticeModel
import LatticeObservation
import RecordKeeping
import ServiceRuntime

/// A commit that is followed since somebody approved what it brings about.
extension ControllerSession {
  /// Follows the commit that is refused where its plan is approved; as long as it is not, the last one
  /// stands and is healed.
  ///
  /// - Parameter record: The record, with what people have approved.
  /// - Throws: `NATSError` where the lattice cannot be read.
  func followApproved(_ record: LatticeRecord) async throws {
    guard let refused,
      record.planApprovals.contains(where: {
        $0.tree == refused.desired.tree && $0.stands(at: now)
      })
    else { return }
    // Only to see whether it is: nothing is taken from the lattice, or remembered, for it.
    var trial = pass
    trial.commands = false
    var memory = memory
    let look = try trial.plan(try await trial.look(refused, record), &memory)
    guard !look.isRefused else { return }
    (self.refused, reading) = (nil, refused)
    noteSource(.manifests, nil)
    readAgain(false)
    self.memory.backoff.reset()
    self.memory.flaps.reset()
    health.note { $0.revision = refused.desired.revision }
    tell(refused, isNew: true)
  }
}
