import ConfigurationModel
import Diagnostics
import JSONCoding
import LatticeDialects
import LatticeModel
import LatticeObservation
import PlanExecution
import RecordKeeping
import ServiceRuntime
import TextForms

/// How the lattice stands: made of a look, told once, and told again once it is too old.
extension ControllerSession {
  /// How the lattice stands, as a look has shown.
  func summary(of look: Pass.Look) -> LatticeStatus {
    LatticeStatus(
      of: look.report, seen: look.observed, record: look.record,
      failures: failures.withLock { $0.failures }, strays: told.strays,
      repository: settings.repository, resync: settings.observer.resync, at: now)
  }

  /// Tells where what is known of the lattice has become too old to say how it stands.
  ///
  /// Looks at each host's moment twelve times in each resync, every five seconds at least, and sends
  /// nothing for it.
  func watchAge() async {
    let pause = min(.seconds(5), settings.observer.resync / 12)
    while !Task.isCancelled {
      try? await Task.sleep(for: pause)
      guard let status = health.renew(with: await observer.lastReports, at: now),
        lease.isHeld || settings.mode == .observe
      else { continue }
      await tellSync(status)
    }
  }

  /// Tells whether the lattice is in sync, differs or is unknown, once for each plan.
  func tellSync(_ status: LatticeStatus) async {
    let verdict = status.sync(at: now)
    guard told.sync != (verdict.word, status.planID) else { return }
    told.sync = (verdict.word, status.planID)
    switch verdict.sync {
    case .inSync:
      logger.notice(
        "Lattice is in sync", metadata: [LogKey.revision: .string(status.revision.rawValue)])
    case .differs: tellDifference(status)
    case .unknown(let reason): await tellUnknown(reason, verdict.evidence, status)
    }
  }

  /// Tells that what was seen is too old to say how the lattice stands.
  private func tellUnknown(_ reason: String, _ evidence: Evidence, _ status: LatticeStatus) async {
    let host = evidence.oldest?.id.rawValue
    let seenAt = evidence.seenAt.map { formatTimestamp($0.nanoseconds) }
    logger.warning(
      "Lattice is unknown",
      metadata: [
        LogKey.revision: .string(status.revision.rawValue), "reason": .string(reason),
        LogKey.hostID: .string(host ?? ""), "seen": .string(seenAt ?? ""),
      ])
    await publisher.publish(
      "unknown",
      [
        "repository": status.repository.map(JSONValue.string) ?? .null,
        "revision": .string(status.revision.rawValue), "reason": .string(reason),
        "plan_id": .string("sha256:\(evidence.planID)"),
        "host": host.map(JSONValue.string) ?? .null,
        "seen_at": seenAt.map(JSONValue.string) ?? .null,
      ])
  }

  /// Tells whether there is something to send, and what stands in the way where there is not.
  private func tellDifference(_ status: LatticeStatus) {
    let plan = status.plan
    logger.log(
      plan.isEmpty ? .notice : .info,
      plan.isEmpty
        ? "Lattice differs, nothing more can be done now"
        : plan.sendsNothing ? "Lattice differs, what was sent is awaited" : "Lattice differs",
      metadata: [
        LogKey.revision: .string(plan.revision.rawValue),
        LogKey.generation: .int(Int(clamping: plan.generation)),
        LogKey.planCommands: .int(commandedDialect.commandCount(of: plan)),
        "waiting": .int(plan.waiting.count), "held": .int(plan.held.count),
        "missing": .int(plan.missingInstances), "errors": .int(status.manifestErrors),
      ])
  }
}
