import Foundation
import ServiceRuntime

extension BenchRow {
  /// What a controller of a lattice in sync costs.
  static let idle = BenchRow(
    name: "idle", summary: "a controller of 100 hosts in sync for 60 s (IDLE_SECONDS), twice"
  ) {
    let site = try await BenchSite(hosts: 100, manifests: SampleManifests.fourObjects(100))
    let span = processEnvironment()["IDLE_SECONDS"].flatMap(Double.init) ?? 60
    return try await cost(at: site, probe: "1s", for: span, goal: 1)
      + cost(at: site, probe: "0", for: span, goal: 0.2)
  }
}

private func cost(
  at site: BenchSite, probe: String, for span: Double, goal: Double
) async throws -> [Figure] {
  let controller = try await ControllerRun(at: site, ["--probe", probe])
  try await Task.sleep(for: .seconds(5))
  let pid = controller.pid
  let (before, start) = (controller.sent, try reading(of: pid))
  var used = 0.0
  let passed = try await wallTime {
    try await Task.sleep(for: .seconds(span))
    used = try reading(of: pid).processorTime - start.processorTime
  }
  let (after, end) = (controller.sent, try reading(of: pid))
  try await controller.end()
  let share = used / passed * 100
  let writes = after.writes - before.writes
  let commands = after.commands - before.commands
  let what = "idle, 100 hosts, probe \(probe), \(span.text(0)) s"
  return [
    Figure(
      what: what, ours: "\(share.text()) % of a core", goal: "\(goal) %", isMet: share <= goal),
    Figure(
      what: "\(what): writes but the lease", ours: "\(writes)", beside: "\(commands) commands",
      goal: "0", isMet: writes + commands == 0),
    Figure(
      what: "\(what): memory resident", ours: "\(end.memory.text(1)) MiB",
      beside: "at its start \(start.memory.text(1)) MiB"),
  ]
}

private func reading(of pid: Int32) throws -> (processorTime: Double, memory: Double) {
  guard let time = processorTime(of: pid), let memory = residentMemory("VmRSS", of: pid) else {
    throw BenchError("the controller has ended")
  }
  return (time, memory)
}
