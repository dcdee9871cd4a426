import ConfigurationModel
public import LatticeModel
import LatticeObservation
import NATSTransport
public import Planning
import RecordKeeping

/// Letting a plan go on that is held until a person has judged it.
extension Reconciliation {
  /// Puts on record that what is held of a plan may be carried out; nothing is sent.
  ///
  /// - Parameters:
  ///   - proposal: What `dryRun` proposes.
  ///   - reason: Why.
  ///   - end: When it ends by itself.
  /// - Returns: What was written.
  /// - Throws: `NATSError` where the record cannot be written, `RecordError` where it cannot be
  ///   understood.
  public func approve(
    _ proposal: Proposal, because reason: String, until end: Timestamp
  ) async throws -> PlanApproval {
    let approval = PlanApproval(
      of: proposal.id, tree: proposal.plan.tree, releasing: proposal.digests, reason: reason,
      by: configuration.holder, at: now, until: end)
    let transport = try await NATSConnection.connect(configuration.nats)
    defer { transport.close() }
    let home = try await configuration.recordHome(over: transport, isWriter: true)
    try await home.records.changeBrakes { record in
      record.planApprovals.removeAll { $0.plan == approval.plan || !$0.stands(at: now) }
      record.planApprovals.append(approval)
    }
    var entry = HistoryEntry(at: approval.time, by: approval.by)
    entry.act = "approved plan \(approval.plan.prefix(12))"
    (entry.reason, entry.result, entry.planID) = (reason, .done, approval.plan)
    entry.note(Set(proposal.released.map(\.unit.application)))
    _ = try? await home.history.append(entry)
    return approval
  }
}
