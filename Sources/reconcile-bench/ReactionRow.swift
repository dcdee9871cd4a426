extension BenchRow {
  /// From the sight of a commit to the first command.
  static let reaction = BenchRow(
    name: "reaction", summary: "fifty commits, each from when it is seen to the first command"
  ) {
    let (hosts, commits) = (30, 50)
    let site = try await BenchSite(
      hosts: hosts,
      manifests: SampleManifests.fourObjects(100) + [SampleManifests.web(instances: hosts)])
    let controller = try await ControllerRun(
      at: site, ["--interval", "100ms", "--log-level", "debug"])
    var changes: [(commit: String, made: Int64, command: Int64)] = []
    for number in 1...commits {
      try await site.repository.commit([SampleManifests.web(instances: hosts + number)])
      let head = try site.repository.head()
      let command = try await controller.firstCommand(after: head.written)
      changes.append((head.commit, head.written, command))
      try await controller.settle()
    }
    try await controller.end()
    let sightings = try controller.sightings()
    let seen = try changes.map { change in
      guard let seen = sightings[change.commit] else {
        throw BenchError("the log does not tell of \(change.commit)")
      }
      return (seen, change)
    }
    let polls = seen.map { seen, change in seconds(from: change.made, to: seen) }
    return distribution(
      of: seen.map { seen, change in seconds(from: seen, to: change.command) },
      "commit seen to first command, \(commits) commits", middle: 0.1,
      end: (name: "at the 99th per cent", fraction: 0.99, goal: 0.5))
      + [
        Figure(
          what: "the wait for the poll before, each 100 ms",
          ours: percentile(0.5, of: polls).milliseconds,
          beside: spread(of: polls))
      ]
  }
}
