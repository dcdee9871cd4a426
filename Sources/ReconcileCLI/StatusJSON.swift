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
func json(of status: StatusReport, exit: ExitStatus) -> [String: JSONValue] {
  let plan = status.report.plan
  let (controller, unknown): (JSONValue, JSONValue) =
    switch status.holder {
    case .nobody: (.null, .null)
    case .held(let name): (.string(name), .null)
    case .unknown(let reason): (.null, .string(reason))
    }
  return [
    "schema": .string(statusSchema), "lattice": .string(plan.lattice.rawValue),
    "path": .string(status.report.source.shownPath),
    "revision": .string(plan.revision.rawValue), "exit": .int(Int(exit.rawValue)),
    "in_sync": .bool(status.report.isInSync),
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
      status.strays.map { stray in
        [
          "provider": .string(stray.provider.rawValue), "count": .int(stray.count),
          "hosts": .array(stray.hosts.map { .string($0.rawValue) }),
        ]
      }),
    "halt": status.record.halt.map(JSONValue.string) ?? .null,
    "suspensions": .array(status.record.suspensions.map(\.json)),
    "hosts": .array(
      status.report.hosts.sorted { $0.key < $1.key }.map { id, health in
        [
          "id": .string(id.rawValue), "health": .string(health.word),
          "reason": health.reason.map(JSONValue.string) ?? .null,
        ]
      }),
    "applications": .array(
      applications(of: status).map { application in
        [
          "name": .string(application.name), "state": .string(application.state),
          "commit": .string(application.commit), "path": .string(application.path),
        ]
      }),
  ]
}
