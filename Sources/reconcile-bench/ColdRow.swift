extension BenchRow {
  /// Everything from nothing until the lattice is in sync, by the built executable.
  static let cold = BenchRow(
    name: "cold", summary: "from nothing to in sync: 1,000 and 1,200 units, 1,000 applications"
  ) {
    let figures = [
      try await units(
        "100 hosts, 50 actors over two zones", hosts: 100, starts: 1_000, on: 67,
        SampleManifests.twoZones(actors: 50), goal: 0.6),
      try await units(
        "300 hosts, 60 actors over two zones", hosts: 300, starts: 1_200, on: 200,
        SampleManifests.twoZones(actors: 60), goal: 1),
    ]
    return figures + (try await coldApplications())
  }
}

/// What a simulated host needs for one start, on average; it starts one thing after another.
private let start = 0.0225

private func hostTime(_ starts: Int, on hosts: Int) -> Double {
  Double((starts + hosts - 1) / hosts) * start
}

private func units(
  _ what: String, hosts: Int, starts: Int, on used: Int,
  _ manifests: [(path: String, text: String)], goal: Double
) async throws -> Figure {
  let site = try await BenchSite(hosts: hosts, manifests: manifests)
  let apply = try await site.apply()
  guard apply.sent == starts else { throw BenchError("\(what): \(apply.sent) commands") }
  let floor = hostTime(starts, on: used)
  let beyond = apply.seconds - discovery
  return Figure(
    what: "\(what), \(starts) commands", ours: apply.seconds.milliseconds,
    beside: "discovery \(discovery.milliseconds), the hosts' starts \(floor.milliseconds)",
    ratio: "+\(beyond.milliseconds)", goal: "+\(goal.milliseconds)", isMet: beyond <= goal)
}

private func coldApplications() async throws -> [Figure] {
  let (applications, hosts) = (1_000, 100)
  let site = try await BenchSite(
    hosts: hosts, manifests: SampleManifests.fourObjects(applications))
  let run = try await site.reconcile("apply", status: 0)
  let floor = hostTime(applications * 2, on: hosts)
  return [
    Figure(
      what: "\(applications) applications of four objects", ours: run.seconds.milliseconds,
      beside: "the hosts' starts \(floor.milliseconds)",
      ratio: "\((run.seconds / floor).text(1))x", goal: "4000 ms", isMet: run.seconds <= 4),
    Figure(
      what: "the same, memory resident at most", ours: "\(run.memory.text(1)) MiB",
      goal: "60 MiB", isMet: run.memory <= 60),
  ]
}
