/// What became of many schedules.
struct Tally {
  private var failed: [UInt64] = []
  private var passed = 0
  private var counts: [Happening.Kind: (times: Int, schedules: Int)] = [:]
  private var settled: [Duration] = []
  private var turns = 0
  private var lines: [String] = []

  var hasFailed: Bool { !failed.isEmpty }

  mutating func note(_ seed: UInt64, _ verdict: Verdict) {
    for kind in Set(verdict.happened) { counts[kind, default: (0, 0)].schedules += 1 }
    for kind in verdict.happened { counts[kind, default: (0, 0)].times += 1 }
    if let time = verdict.settled { settled.append(time) }
    turns = max(turns, verdict.turns)
    guard !verdict.complaints.isEmpty else { return passed += 1 }
    let schedule = Schedule(seed: seed)
    failed.append(seed)
    lines.append("seed \(seed): \(schedule.hosts) hosts, \(schedule.regions) regions")
    lines += schedule.happenings.map { "  at \($0)" }
    lines += verdict.complaints.prefix(3).map { "  ! \($0)" }
    lines.append("  replay: swift run -c release reconcile-chaos --seed \(seed) --trace")
  }

  /// The seeds that failed with their schedules, how often each thing happened, and the sum.
  var report: String {
    var lines = lines
    let all = max(1, passed + failed.count)
    for kind in Happening.Kind.allCases {
      let count = counts[kind] ?? (0, 0)
      let tenths = count.schedules * 1_000 / all
      lines.append(
        "coverage \(kind.rawValue): \(count.times) times, in \(tenths / 10).\(tenths % 10) % "
          + "of the schedules")
    }
    let sorted = settled.sorted()
    if !sorted.isEmpty {
      lines.append(
        "in sync after the last fault: \(sorted[sorted.count / 2]) in the middle, "
          + "\(sorted[sorted.count * 99 / 100]) at the 99th per cent")
    }
    lines.append("turned round: one set at most \(turns) times")
    lines.append("\(passed) passed, \(failed.count) failed")
    return lines.joined(separator: "\n")
  }
}
