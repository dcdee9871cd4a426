import DesiredSources
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
  let (controller, unknown): (JSONValue, JSONValue) =
    switch status.holder {
    case .nobody: (.null, .null)
    case .held(let name): (.string(name), .null)
    case .unknown(let reason): (.null, .string(reason))
    }
  let members: [String: JSONValue] = [
    "schema": .string(statusSchema), "lattice": .string(status.status.lattice.rawValue),
    "path": .string(status.report.source.shownPath),
    "overlays": .array(status.report.source.overlayPaths.map(JSONValue.string)),
    "revision": .string(status.status.revision.rawValue), "exit": .int(Int(exit.rawValue)),
    "in_sync": .bool(status.status.wasInSync), "sync": .string(verdict.word),
    "plan_id": .string("sha256:\(verdict.evidence.planID)"),
    "commands": .int(commandedDialect.commandCount(of: plan)),
    "controller": controller, "controller_unknown": unknown,
    "stale": status.staleness.map { stale in
      let seconds = Int(clamping: stale.age.components.seconds)
      return JSONValue.object(["for_s": .int(seconds), "reason": .string(stale.reason)])
    } ?? .null,
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
    "unreached": .array(plan.unreached.map { .string($0.sentence) }),
    "strays": .array(
      status.status.strays.map { stray in
        [
          "provider": .string(stray.provider.rawValue), "count": .int(stray.count),
          "hosts": .array(stray.hosts.map { .string($0.rawValue) }),
        ]
      }),
    "halt": status.record.halt.map(JSONValue.string) ?? .null,
    "suspensions": .array(status.record.suspensions.map(\.json)),
    "pins": .array(status.record.pins.map(\.json)),
    "hosts": .array(status.status.hosts.map { line(of: $0) }),
    "applications": .array(
      status.status.applications.map { line(of: $0, status.status.sync(of: $0, at: now)) }),
  ]
  return members.merging(age(of: verdict)) { $1 }
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
