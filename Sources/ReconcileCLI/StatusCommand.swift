import Diagnostics
import JSONCoding
import LatticeClient
import LatticeDialects
import LatticeModel
import OptionParsing
import ReconcileLoop
import RecordKeeping
import ServiceRuntime
import TextForms

/// The schema of a status as published.
private let statusSchema = "reconcile.status/1"

/// Shows how the lattice stands; sends nothing, whether a controller runs or not.
struct StatusCommand: Subcommand {
  let configuration = CommandConfiguration(
    "status", "Show how the lattice stands, and what is on record",
    examples: ["reconcile status", "reconcile status -o json"])
  var target = TargetOptions()
  var exit = ExitOptions()
  var output = OutputOptions()

  static let options =
    including(\.target, TargetOptions.planning) + including(\.exit) + including(\.output)

  func run(in context: CommandContext) async throws -> ExitStatus {
    let console = context.console
    var status = try await Reconciliation(target.configuration(in: context)).status()
    let now = Timestamp(nanoseconds: WallClock.system.now)
    status.record.forgetPastSuspensions(at: now)
    let end = ExitStatus(status.report)
    switch output.format {
    case .text:
      for diagnostic in status.report.source.diagnostics { console.say(diagnostic.description) }
      console.write(renderText(status, at: now))
    case .json: console.write(line(json(status, end), isPretty: true))
    case .ndjson: console.write(line(json(status, end), isPretty: false))
    }
    return exit.status(end)
  }
}

/// A status for people: who commands, what is stopped, and a line an application.
func renderText(_ status: StatusReport, at now: Timestamp) -> String {
  let plan = status.report.plan
  var lines = [
    "commit      \(plan.revision.short)", "path        \(status.report.source.shownPath)",
    "lattice     \(plan.lattice)",
    "controller  \(sentence(status.holder))",
  ]
  if let stale = status.staleness {
    lines.append(
      "stale       the controller has not followed git for \(whole(stale.age)): \(stale.reason)")
  }
  if let halt = status.record.halt { lines.append("halted      \(halt)") }
  lines += status.record.suspensions.map { "suspended   \($0.sentence)" }
  lines.append("hosts       \(hostCounts(status.report.hosts.values))")
  for (id, health) in status.report.hosts.sorted(by: { $0.key < $1.key }) {
    guard let reason = health.reason else { continue }
    let gap = String(repeating: " ", count: max(1, 12 - health.word.count))
    lines.append("\(health.word)\(gap)\(id.short): \(reason)")
  }
  for (unit, since) in status.starting {
    lines.append("starting    \(name(unit)), \(age(of: since, at: now))")
  }
  for (unit, suspect) in status.record.suspects.sorted(by: { $0.key < $1.key })
  where plan.suspects.contains(unit) {
    lines.append(
      "\(suspect.isHeld ? "held      " : "suspect   ")  \(name(unit)): \(suspect.sentence)")
  }
  lines += heldGroups(of: plan).map { "held        \($0.sentence)" }
  lines += plan.unreached.map { "unreached   \($0.application)  \($0.sentence)" }
  lines += status.strays.map { "stray       \(sentence($0))" }
  lines += status.report.notes.map { "note        \($0)" }
  let left = Set(plan.left.map(\.unit.application.rawValue)).sorted()
  if !left.isEmpty {
    lines.append("left        what nothing declares of \(named(left)), since prune is off")
  }
  lines.append("")
  let rows = applications(of: status).map { [$0.name, $0.state, $0.commit, $0.path] }
  return (lines + columns([["APPLICATION", "STATE", "COMMIT", "MANIFEST"]] + rows))
    .map { escapingControlCharacters($0) + "\n" }.joined()
}

private func sentence(_ holder: LeaseHolder) -> String {
  switch holder {
  case .nobody: "none, computed now"
  case .held(let name): name
  case .unknown(let reason): "not known: \(reason)"
  }
}

/// Nothing that is sent ends such a process, so a person has to.
private func sentence(_ stray: StrayProvider) -> String {
  let isOne = stray.count == 1
  let place =
    stray.hosts.isEmpty ? "where it ran" : "on \(named(stray.hosts.map { "\($0.short)" }))"
  return "\(isOne ? "1 process" : "\(stray.count) processes") of provider \(stray.provider) "
    + "\(isOne ? "runs" : "run") on without a host; stop \(isOne ? "it" : "them") by hand \(place)"
}

/// How long something goes on already, in whole seconds.
private func age(of since: Timestamp, at now: Timestamp) -> String {
  "for \(whole(now.since(since)))"
}

/// A span in whole seconds.
private func whole(_ span: Duration) -> String {
  formatDuration(.seconds(max(0, span.components.seconds)))
}

/// How many hosts there are of each health, the best first.
private func hostCounts(_ hosts: some Collection<HostHealth>) -> String {
  let counts = Dictionary(hosts.map { ($0.word, 1) }, uniquingKeysWith: +)
  let words = ["healthy", "degraded", "unhealthy", "silent", "lost", "unsupported"]
  let parts = words.compactMap { word in counts[word].map { "\($0) \(word)" } }
  return parts.isEmpty ? "none" : parts.joined(separator: ", ")
}

/// Steps of one application that one guard holds for one reason.
private struct HeldGroup {
  var first: HeldStep
  var units: [String]
  var steps: Int

  var sentence: String {
    "\(first.step.unit.application)  \(counted(steps, "step")) of \(named(units, upTo: 8)): "
      + "\(first.detail); \(first.remedy)"
  }

  var json: JSONValue {
    [
      "application": .string(first.step.unit.application.rawValue),
      "guard": .string(first.rule.rawValue), "steps": .int(steps),
      "units": .array(units.map(JSONValue.string)), "detail": .string(first.detail),
      "remedy": .string(first.remedy),
    ]
  }
}

/// What guards hold; what is held on suspicion has lines of its own.
private func heldGroups(of plan: Plan) -> [HeldGroup] {
  let held = plan.held.filter { $0.rule != .takesHostsDown }
  return Dictionary(grouping: held) { [$0.step.unit.application.rawValue, $0.detail] }
    .sorted { $0.key.lexicographicallyPrecedes($1.key) }
    .compactMap { _, steps in
      steps.first.map { first in
        let units = Set(steps.map { "\($0.step.unit.kind.rawValue) \($0.step.unit.name)" })
        return HeldGroup(first: first, units: units.sorted(), steps: steps.count)
      }
    }
}

private struct ApplicationLine {
  var name: String
  var state: String
  var commit: String
  var path: String
}

private func applications(of status: StatusReport) -> [ApplicationLine] {
  let plan = status.report.plan
  let steps = Dictionary(grouping: plan.steps, by: \.unit.application).mapValues(\.count)
  let held = Dictionary(grouping: plan.held, by: \.step.unit.application).mapValues(\.count)
  return plan.applications.map { application in
    let parts = [
      application.isFrozen ? "cannot be read, left alone" : nil,
      application.heldAt.map { "cannot be read, held at \($0.short)" },
      steps[application.name].map { "\(counted($0, "step")) to do" },
      held[application.name].map { "\(counted($0, "step")) held" },
    ].compactMap { $0 }
    return ApplicationLine(
      name: application.name.rawValue,
      state: parts.isEmpty ? "in sync" : parts.joined(separator: ", "),
      commit: status.record.applied[application.name]?.revision.short ?? "-",
      path: application.path)
  }
}

private func json(_ status: StatusReport, _ exit: ExitStatus) -> [String: JSONValue] {
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
