import LatticeModel
import LatticeObservation

extension BenchRow {
  /// From the death of a host to the first command that replaces what it ran.
  static let failover = BenchRow(
    name: "failover", summary: "ten of thirty hosts killed in turn, each to the first command after"
  ) {
    let site = try await BenchSite(hosts: 30, manifests: manifests)
    return distribution(
      of: try await times(at: site, ["--probe", "1s"]),
      "host killed to first command, 10 of 30", middle: 1,
      end: (name: "at worst", fraction: 1, goal: 2))
  }

  /// The same where the server tells of lost connections, and hosts are hardly ever pinged.
  static let told = BenchRow(
    name: "told", summary: "the same with the server's system account, whatever the probe"
  ) {
    let site = try await BenchSite(hosts: 30, manifests: manifests, areApart: true)
    let system = site.server.address.replacing("nats://", with: "nats://system:secret@")
    return distribution(
      of: try await times(
        at: site, ["--probe", "5m", "--silence", "20m", "--system-nats", system]),
      "host's connection cut to first command, told by the server", middle: 0.1,
      end: (name: "at worst", fraction: 1, goal: 0.5))
  }

  private static let manifests = [SampleManifests.web(instances: 60)]

  private static func times(
    at site: BenchSite, _ arguments: [String], killing count: Int = 10
  ) async throws -> [Double] {
    let controller = try await ControllerRun(at: site, arguments)
    try await Task.sleep(for: FailureDetection().steadyLink)
    var times: [Double] = []
    for host in site.hostIDs.prefix(count) {
      // So that hosts die at any time between two probes.
      try await Task.sleep(for: .milliseconds(Int.random(in: 1_000..<2_000)))
      let death = try await site.kill(host)
      let command = try await controller.firstCommand(after: death)
      times.append(seconds(from: death, to: command))
      say("\((times.last ?? 0).milliseconds)")
      try await controller.settle()
    }
    try await controller.end()
    return times
  }
}
