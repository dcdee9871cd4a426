import Glibc
import LatticeSimulator
import ServiceRuntime

/// Runs seeded schedules of faults against the controller, on a bus and a clock of its own.
@main
struct Main {
  private static let usage =
    "usage: reconcile-chaos --seeds FIRST...LAST [--jobs N | --nats URL] | --seed N [--trace]\n"

  static func main() {
    let arguments = Array(CommandLine.arguments.dropFirst())
    if getenv("SWIFT_DETERMINISTIC_HASHING") == nil {
      // The order of sets and dictionaries is part of a run, and is chosen as the process starts.
      setenv("SWIFT_DETERMINISTIC_HASHING", "1", 1)
      execv("/proc/self/exe", CommandLine.unsafeArgv)
    }
    guard let seeds = seeds(arguments), let jobs = jobs(arguments) else {
      write(usage)
      exit(64)
    }
    if let part = Part(arguments) {
      part.run(seeds) { verdict($0, isTraced: false) }
      exit(0)
    }
    let isTraced = arguments.contains("--trace")
    var tally = Tally()
    if let place = arguments.firstIndex(of: "--nats"), place + 1 < arguments.count {
      for (seed, verdict) in RealTime.run(seeds, at: arguments[place + 1]) {
        tally.note(seed, verdict)
      }
    } else if seeds.count == 1 {
      tally.note(seeds.lowerBound, verdict(seeds.lowerBound, isTraced: isTraced))
    } else {
      for (seed, verdict) in Part.runAll(min(jobs, seeds.count), of: seeds) {
        tally.note(seed, verdict)
      }
    }
    write(tally.report + "\n")
    exit(tally.hasFailed ? 1 : 0)
  }

  private static func seeds(_ arguments: [String]) -> ClosedRange<UInt64>? {
    guard arguments.count >= 2 else { return nil }
    let bounds = arguments[1].split(separator: "...").compactMap { UInt64($0) }
    switch (arguments[0], bounds.count) {
    case ("--seed", 1): return bounds[0]...bounds[0]
    case ("--seeds", 2) where bounds[0] <= bounds[1]: return bounds[0]...bounds[1]
    default: return nil
    }
  }

  /// How many processes work at once: as many as are asked for, or one a core.
  private static func jobs(_ arguments: [String]) -> Int? {
    guard let index = arguments.firstIndex(of: "--jobs") else {
      return max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))
    }
    guard index + 1 < arguments.count, let jobs = Int(arguments[index + 1]), jobs > 0 else {
      return nil
    }
    return jobs
  }

  static func write(_ text: String) {
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(1, $0.baseAddress, $0.count) }
      guard count > 0 else { return }
      rest = rest.dropFirst(count)
    }
  }

  private static func verdict(_ seed: UInt64, isTraced: Bool) -> Verdict {
    let logger =
      isTraced ? Logger(level: .debug, descriptor: 1, format: .text) : Logger.disabled
    do throws(VirtualTime.Stall) {
      return try VirtualTime.run(seed: seed, jobs: 400_000) {
        let world = World(Schedule(seed: seed), over: InProcessBus(seed: seed), logger: logger) {
          if isTraced { write("\($0())\n") }
        }
        return await world.run()
      }
    } catch {
      return Verdict(complaints: ["\(error)"])
    }
  }
}
