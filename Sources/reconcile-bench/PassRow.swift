import ServiceRuntime

extension BenchRow {
  /// The built executable against simulated hosts on loopback.
  static let pass = BenchRow(
    name: "pass", summary: "dry run and apply against 100 hosts, 100 and 1,000 applications"
  ) {
    var figures = [try await version()]
    let small = try await BenchSite(hosts: 100, manifests: SampleManifests.fourObjects(100))
    figures.append(try await dryRun(of: 100, at: small, beyondDiscovery: 0.5))
    let apply = try await small.apply()
    figures.append(
      Figure(
        what: "apply of the same, \(apply.sent) commands", ours: apply.seconds.milliseconds,
        beside: "\(apply.reads) reads",
        ratio: "\((Double(apply.reads) / Double(apply.sent)).text()) a command",
        goal: "1 at most", isMet: apply.reads <= apply.sent))
    let large = try await BenchSite(hosts: 100, manifests: SampleManifests.fourObjects(1_000))
    figures.append(try await dryRun(of: 1_000, at: large, beyondDiscovery: 0.3))
    return figures
  }
}

/// How long hosts are waited for at least, however fast they answer.
let discovery = 0.5

private func dryRun(
  of applications: Int, at site: BenchSite, beyondDiscovery goal: Double
) async throws -> Figure {
  var times: [Double] = []
  for _ in 0..<5 { times.append(try await site.reconcile("--dry-run", status: 2).seconds) }
  let time = median(times)
  return Figure(
    what: "dry run, 100 hosts, \(applications) applications", ours: time.milliseconds,
    beside: "discovery \(discovery.milliseconds)",
    ratio: "+\((time - discovery).milliseconds)", goal: (discovery + goal).milliseconds,
    isMet: time <= discovery + goal)
}

private func version() async throws -> Figure {
  func time(_ program: String, _ arguments: [String]) async throws -> Double {
    try await wallTime {
      guard try await ChildProcess.run(program, arguments).ending == .exited(0) else {
        throw BenchError("\(program) failed")
      }
    }
  }
  let executable = try BenchSite.executable()
  let pairs = try await Pairs(21) {
    try await time("/bin/true", [])
  } ours: {
    try await time(executable, ["--version"])
  }
  return Figure(
    what: "reconcile --version", ours: median(pairs.ours).milliseconds,
    beside: "/bin/true \(median(pairs.theirs).milliseconds)", goal: "20 ms",
    isMet: median(pairs.ours) <= 0.02)
}
