import LatticeClient
import LatticeModel
import NATSTransport
import ServiceRuntime

extension BenchRow {
  /// From the death of a host to the first command that replaces what it ran.
  static let failover = BenchRow(
    name: "failover", summary: "ten of thirty hosts killed in turn, each to the first command after"
  ) {
    let (hosts, killed) = (30, 10)
    let site = try await BenchSite(
      hosts: hosts, manifests: [SampleManifests.web(instances: hosts * 2)])
    let controller = try await ControllerRun(at: site, ["--probe", "1s"])
    try await Task.sleep(for: FailureDetection().steadyLink)
    let client = try await site.server.connect()
    defer { client.close() }
    var times: [Double] = []
    for host in site.hostIDs.prefix(killed) {
      // So that hosts die at any time between two probes.
      try await Task.sleep(for: .milliseconds(Int.random(in: 1_000..<2_000)))
      let death = WallClock.system.now
      _ = try await client.request(
        Array(host.rawValue.utf8), to: "reconcile.sim.default.kill", timeout: .seconds(5))
      let command = try await controller.firstCommand(after: death)
      times.append(seconds(from: death, to: command))
      say("failover: \((times.last ?? 0).milliseconds)")
      try await controller.settle()
    }
    try await controller.end()
    return distribution(
      of: times, "host killed to first command, \(killed) of \(hosts)", middle: 1,
      end: (name: "at worst", fraction: 1, goal: 2))
  }
}
