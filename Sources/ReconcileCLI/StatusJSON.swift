import DesiredSources
import Diagnostics
import JSONCoding
import LatticeDialects
import LatticeModel
import LatticeObservation
import ReconcileLoop
import RecordKeeping
import TextForms

/// The schema of a status as published.
private let statusSchema = "reconcile.status/1"

/// A status for programs.
func json(of status: StatusReport, exit: ExitStatus, at now: Timestamp) -> [String: JSONValue] {
  let plan = status.status.plan
  let verdict = status.status.sync(at: now)
  let members: [String: JSONValue] = [
    "schema": .string(statusSchema), "lattice": .string(status.status.lattice.rawValue),
    "path": .string(status.report.source.shownPath),
    "overlays": .array(status.report.source.overlayPaths.map(JSONValue.string)),
    "revision": .string(status.status.revision.rawValue), "exit": .int(Int(exit.rawValue)),
    "in_sync": .bool(status.status.wasInSync), "sync": .string(verdict.word),
    "plan_id": .string("sha256:\(verdict.evidence.planID)"),
    "commands": .int(commandedDialect.commandCount(of: plan)),
    "notes": .array(status.report.notes.map(JSONValue.string)),
    "left": .int(plan.left.count),
    "starting": .array(
      status.starting.map { unit, since in
        [
          "application": .string(unit.application.rawValue), "kind": .string(unit.kind.rawValue),
          "name": .string(unit.name), "host": .string(unit.host?.rawValue ?? ""),
          "since": .string(formatTimestamp(since.nanoseconds)),
        ]
      }),
    "suspects": .array(
      status.record.suspects.sorted { $0.key < $1.key }
        .filter { plan.suspects.contains($0.key) }.map { unit, suspect in
          [
            "application": .string(unit.application.rawValue), "kind": .string(unit.kind.rawValue),
            "name": .string(unit.name), "held": .bool(suspect.isHeld),
            "losses": .array(
              suspect.losses.map { loss in
                [
                  "host": .string(loss.host.rawValue),
                  "time": .string(formatTimestamp(loss.time.nanoseconds)),
                ]
              }),
          ]
        }),
    "held": .array(heldGroups(of: plan).map(\.json)),
    "awaiting": status.report.proposal?.json ?? .null,
    "unreached": .array(plan.unreached.map { .string($0.sentence) }),
    "strays": .array(
      status.status.strays.map { stray in
        [
          "provider": .string(stray.provider.rawValue), "count": .int(stray.count),
          "hosts": .array(stray.hosts.map { .string($0.rawValue) }),
        ]
      }),
    "hosts": .array(status.status.hosts.map { line(of: $0) }),
    "applications": .array(
      status.status.applications.map { line(of: $0, status.status.sync(of: $0, at: now)) }),
  ]
  return members.merging(age(of: verdict)) { $1 }
    .merging(standing(status.record, status.holder, status.staleness, status.standbys)) { $1 }
}

/// What is on record, for programs, where the rest cannot be told.
func json(of status: RecordedStatus, exit: ExitStatus) -> [String: JSONValue] {
  let record = status.record
  let (file, time): (JSONValue, JSONValue) =
    switch status.origin {
    case .stored: (.null, .null)
    case .remembered(let path, let time): (.string(path), moment(time))
    }
  let members: [String: JSONValue] = [
    "schema": .string(statusSchema), "lattice": .string(status.lattice.rawValue),
    "exit": .int(Int(exit.rawValue)), "in_sync": .bool(false), "sync": .string("unknown"),
    "unknown": .string(status.reason), "record": ["file": file, "written_at": time],
    "errors": .array(status.obstacle.diagnostics.map { .object(finding($0)) }),
    "hosts": .array(
      record.hosts.sorted { $0.key < $1.key }.map { id, host in
        [
          "id": .string(id.rawValue), "health": .string("unknown"), "reason": .null,
          "seen_at": moment(host.lastSeen),
        ]
      }),
    "applications": .array(
      record.applied.sorted { $0.key < $1.key }.map { name, applied in
        [
          "name": .string(name.rawValue), "state": .string("unknown"),
          "commit": .string(applied.revision.short), "path": .string(applied.path),
        ]
      }),
  ]
  return members.merging(standing(record, status.holder, status.staleness, status.standbys)) { $1 }
}

/// Who commands, and what keeps the lattice from being commanded or from following git.
private func standing(
  _ record: LatticeRecord, _ holder: LeaseHolder, _ staleness: SourceStaleness?,
  _ standbys: [String]
) -> [String: JSONValue] {
  let (controller, unknown): (JSONValue, JSONValue) =
    switch holder {
    case .nobody: (.null, .null)
    case .held(let name): (.string(name), .null)
    case .unknown(let reason): (.null, .string(reason))
    }
  return [
    "controller": controller, "controller_unknown": unknown,
    "standbys": .array(standbys.map(JSONValue.string)),
    "stale": staleness.map { stale in
      let seconds = Int(clamping: stale.age.components.seconds)
      return JSONValue.object(["for_s": .int(seconds), "reason": .string(stale.reason)])
    } ?? .null,
    "halt": record.halt.map(JSONValue.string) ?? .null,
    "suspensions": .array(record.suspensions.map(\.json)),
    "pins": .array(record.pins.map(\.json)),
    "approvals": .array(record.planApprovals.map(\.json)),
  ]
}

private func line(of host: HostStatus) -> JSONValue {
  [
    "id": .string(host.id.rawValue), "health": .string(host.health.word),
    "reason": host.health.reason.map(JSONValue.string) ?? .null, "seen_at": moment(host.seenAt),
  ]
}

private func line(of application: ApplicationStatus, _ verdict: SyncVerdict) -> JSONValue {
  let members: [String: JSONValue] = [
    "name": .string(application.name.rawValue),
    "state": .string(verdict.unknown == nil ? application.sentence : verdict.word),
    "commit": .string(application.applied?.short ?? "-"), "path": .string(application.path),
    "pinned": application.pinnedAt.map { .string($0.rawValue) } ?? .null,
  ]
  return .object(members.merging(age(of: verdict)) { $1 })
}

/// How old what is known is, and why it is too old, if it is.
private func age(of verdict: SyncVerdict) -> [String: JSONValue] {
  [
    "seen_at": moment(verdict.evidence.seenAt),
    "age_seconds": verdict.age.map { .int(Int(clamping: $0.components.seconds)) } ?? .null,
    "unknown": verdict.unknown.map(JSONValue.string) ?? .null,
  ]
}

private func moment(_ time: Timestamp?) -> JSONValue {
  time.map { .string(formatTimestamp($0.nanoseconds)) } ?? .null
}
