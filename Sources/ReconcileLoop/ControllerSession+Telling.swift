import ConfigurationModel
import DesiredSources
import Diagnostics
import JSONCoding
import LatticeDialects
import LatticeModel
import LatticeObservation
import PlanExecution
import ServiceRuntime
import TextForms

/// What the session tells: lines of the log, events on the lattice, and its health; each thing
/// once, not at each cycle.
extension ControllerSession {
  /// Tells of a new revision and its findings, or of one of which more can be read than before.
  func tell(_ reading: SourceReading, isNew: Bool) {
    logger.notice(
      isNew ? "Follows another revision" : "More of the revision can be read",
      metadata: [
        LogKey.revision: .string(reading.desired.revision.rawValue),
        "applications": .int(reading.desired.applications.count),
        "errors": .int(reading.errorCount),
      ])
    for path in reading.passedOver {
      logger.warning(
        "File is not read for its ending",
        metadata: [
          "place": .string(path),
          "remedy": "let its name end in .yaml, .yml or .json if it is a manifest",
        ])
    }
    for error in reading.diagnostics where error.severity == .error {
      logger.error(
        "Manifest has an error",
        metadata: [
          LogKey.errorCode: .string("\(error.code)"), "error": .string(error.message),
          "place": .string(error.location?.description ?? ""),
          "remedy": .string(error.remedy ?? ""),
        ])
    }
  }

  /// Tells of applications that the reading could not have seen, so that nothing of them is touched.
  func tellUnseen(_ unseen: [ApplicationName: String]) {
    let before = told.unseen
    told.unseen = unseen
    for (application, reason) in unseen.sorted(by: { $0.key < $1.key })
    where before[application] != reason {
      logger.warning(
        "Application is left alone",
        metadata: [
          LogKey.application: .string(application.rawValue), "reason": .string(reason),
        ])
    }
  }

  /// Tells how the lattice stands where that is not as before.
  func tell(_ status: LatticeStatus, hosts: [HostState]) async {
    let before = health.current.status?.hosts ?? []
    health.note {
      ($0.status, $0.hosts) = (status, hosts)
      $0.error = standingFailure(status)
    }
    tellFailuresOver(status.plan)
    await tellHosts(before, status.hosts)
    await tellHeld(status.plan.held)
    await tellUnplaceable(status.plan.unplaceable)
    await tellUnreached(status.plan.unreached)
    // A host that has just come has said nothing yet; what stays unknown, `watchAge` tells.
    if status.sync(at: now).unknown == nil { await tellSync(status) }
  }

  /// What fails now, though this cycle does not.
  private func standingFailure(_ status: LatticeStatus) -> String? {
    told.sourceErrors.values.min() ?? told.leaseError
      ?? status.failures.first.map {
        "\($0.step.unit.kind.rawValue) \($0.step.unit.name) \($0.sentence)"
      }
  }

  /// Tells of an application that something holds, once for each guard.
  private func tellHeld(_ steps: [HeldStep]) async {
    let held = Dictionary(grouping: steps) {
      Told.Hold(application: $0.step.unit.application, rule: $0.rule)
    }
    for (hold, steps) in held where !told.held.contains(hold) {
      logger.warning(
        "Steps are held",
        metadata: [
          LogKey.application: .string(hold.application.rawValue),
          LogKey.reasonCode: .string(hold.rule.rawValue), "steps": .int(steps.count),
          "detail": .string(steps[0].detail), "remedy": .string(steps[0].remedy),
        ])
      await publisher.publish(
        "held", about: hold.application.rawValue,
        [
          "application": .string(hold.application.rawValue), "guard": .string(hold.rule.rawValue),
          "steps": .int(steps.count),
        ])
    }
    told.held = Set(held.keys)
  }

  /// Tells of instances that no host can take, again where it is another number of them.
  private func tellUnplaceable(_ items: [Unplaceable]) async {
    for item in items where !told.unplaceable.contains(item) {
      let (unit, why) = ("\(item.kind.rawValue) \(item.name)", item.reasons.joined(separator: "; "))
      logger.warning(
        "Instances cannot be placed",
        metadata: [
          LogKey.application: .string(item.application.rawValue), "unit": .string(unit),
          "missing": .int(item.missing), "wanted": .int(item.wanted), "detail": .string(why),
        ])
      await publisher.publish(
        "unplaceable",
        about: "\(item.application)/\(item.kind.rawValue)/\(item.name)",
        [
          "application": .string(item.application.rawValue), "unit": .string(unit),
          "missing": .int(item.missing), "wanted": .int(item.wanted), "detail": .string(why),
        ])
    }
    told.unplaceable = Set(items)
  }

  /// Tells of instances that nobody reaches, again where that is another number of them.
  private func tellUnreached(_ items: [Unreached]) async {
    for item in items where !told.unreached.contains(item) {
      logger.warning(
        "Instances are not reached",
        metadata: [
          LogKey.application: .string(item.application.rawValue), "unit": .string(item.actor),
          "server": .string(item.server), "missing": .int(item.missed),
          "wanted": .int(item.total), "detail": .string(item.reason),
        ])
      await publisher.publish(
        "unreached", about: "\(item.application)/actor/\(item.actor)",
        [
          "application": .string(item.application.rawValue), "unit": .string(item.actor),
          "server": .string(item.server), "missing": .int(item.missed),
          "wanted": .int(item.total), "detail": .string(item.reason),
        ])
    }
    told.unreached = Set(items)
  }

  private func tellHosts(_ before: [HostStatus], _ after: [HostStatus]) async {
    let known = Dictionary(before.map { ($0.id, $0.presence) }, uniquingKeysWith: { $1 })
    let knownHealth = told.hosts
    told.hosts = Dictionary(after.map { ($0.id, $0.health) }, uniquingKeysWith: { $1 })
    for host in after {
      let (hasMoved, health) = (known[host.id] != host.presence, host.health)
      if hasMoved { memory.backoff.reset(host.id) }
      guard hasMoved || knownHealth[host.id] != health else { continue }
      guard health == .lost || host.presence == .fresh || known[host.id] != nil else { continue }
      let (message, level): (StaticString, Logger.Level) =
        switch health {
        case .lost: ("Host is lost", .warning)
        case .unhealthy: ("Host is unhealthy", .warning)
        default: ("Host has changed", .info)
        }
      logger.log(
        level, message,
        metadata: [
          LogKey.hostID: .string(host.id.rawValue), "presence": .string(host.presence.word),
          "health": .string(health.word), "reason": .string(health.reason ?? ""),
        ])
      await publisher.publish(
        "health", about: "host/\(host.id)",
        [
          "host": .string(host.id.rawValue), "presence": .string(host.presence.word),
          "health": .string(health.word), "reason": health.reason.map(JSONValue.string) ?? .null,
        ])
    }
  }

  /// Tells what became of a plan; one that changed nothing is told of by its failures alone.
  func tell(_ outcome: PlanOutcome, of report: PassReport) async {
    tellFailures()
    let (plan, source) = (report.plan, report.source)
    let trail = TrailEntry.entries(of: outcome.results).map { entry in
      (entry: entry, cause: TrailCause(of: entry.unit.application, in: source))
    }
    for (entry, cause) in trail {
      logger.info(
        entry.isConfirmed ? "Unit has changed" : "Command is under way",
        metadata: entry.facts(of: cause))
    }
    let confirmed = outcome.results.count { $0.result == .confirmed }
    logger.log(
      confirmed > 0 || outcome.preemption != nil ? .notice : .debug, "Plan carried out",
      metadata: [
        LogKey.revision: .string(plan.revision.rawValue), LogKey.planCommands: .int(outcome.sent),
        "steps": .int(outcome.results.count), "confirmed": .int(confirmed),
        "preempted": .string(outcome.preemption ?? ""),
      ])
    let (moment, holder) = (String(clock.now, radix: 16), settings.pass.holder)
    let changes = zip(trail, 1...).map { item, number in
      SyncEvent(
        "change", about: item.entry.subject, id: "\(moment)-\(number)",
        item.entry.data(of: item.cause, by: holder))
    }
    let end = SyncEvent(
      "sync",
      [
        "revision": .string(plan.revision.rawValue), "commands": .int(outcome.sent),
        "steps": .int(outcome.results.count), "confirmed": .int(confirmed),
      ])
    await publisher.publish(changes + [end])
  }

  /// Tells once of what the server refuses to pass on, in its words.
  func tell(refusal words: String) {
    guard told.refusals.insert(words).inserted else { return }
    // Words that name what others make up would fill the memory.
    if told.refusals.count > SessionInbox.limit { told.refusals = [words] }
    logger.warning("Server refuses to pass something on", metadata: ["error": .string(words)])
  }

  /// Tells of processes that run on without a host, where it is another number than before.
  func tell(_ strays: [StrayProvider]) {
    measure(strays)
    let known = Dictionary(told.strays.map { ($0.provider, $0.count) }, uniquingKeysWith: { $1 })
    for stray in strays where known[stray.provider] != stray.count {
      logger.warning(
        "Provider runs on without a host",
        metadata: [
          LogKey.providerID: .string(stray.provider.rawValue), "count": .int(stray.count),
          "hosts": .list(stray.hosts.map(\.rawValue)), "remedy": "stop its processes by hand",
        ])
    }
    for provider in Set(known.keys).subtracting(strays.map(\.provider)).sorted() {
      logger.notice(
        "Provider runs on without a host no longer",
        metadata: [LogKey.providerID: .string(provider.rawValue)])
    }
    told.strays = strays
    health.note { $0.status?.strays = strays }
  }

  /// Tells of each failure when it is new, and again when it has happened ten times as often.
  func tellFailures() {
    let (all, due) = failures.withLock { ($0.failures, $0.takeDue()) }
    health.note { $0.status?.failures = all }
    for failure in due {
      logger.log(.warning, "Command failed", metadata: facts(of: failure))
    }
  }

  /// Tells once that something fails no longer: it works, or it is not wanted any more.
  private func tellFailuresOver(_ plan: Plan) {
    let units = Set((plan.steps + plan.waiting + plan.held.map(\.step)).map(\.unit))
    for failure in failures.withLock({ $0.takeOver(except: units) }) {
      logger.notice("Command fails no longer", metadata: facts(of: failure))
    }
  }

  private func facts(of failure: StepFailure) -> KeyValuePairs<String, LogMetadata> {
    let unit = failure.step.unit
    let cause = explanation(of: failure.sentence)
    return [
      LogKey.application: .string(unit.application.rawValue),
      LogKey.command: .string("\(unit.kind.rawValue) \(unit.name)"),
      LogKey.hostID: .string(unit.host?.rawValue ?? ""), "error": .string(failure.sentence),
      LogKey.errorCode: .string(cause.map { "\($0.code)" } ?? ""),
      "cause": .string(cause?.message ?? ""), "remedy": .string(cause?.remedy ?? ""),
      "count": .int(failure.count), "since": .string(formatTimestamp(failure.since.nanoseconds)),
    ]
  }
}
