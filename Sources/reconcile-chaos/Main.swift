import Glibc
import LatticeSimulator
import ServiceRuntime

/// Runs seeded schedules of faults against the controller, on a bus and a clock of its own.
@main
struct Main {
  static func main() {
    let arguments = Array(CommandLine.arguments.dropFirst())
    if getenv("SWIFT_DETERMINISTIC_HASHING") == nil {
      // The order of sets and dictionaries is part of a run, and is chosen as the process starts.
      setenv("SWIFT_DETERMINISTIC_HASHING", "1", 1)
      execv("/proc/self/exe", CommandLine.unsafeArgv)
    }
    guard let seeds = seeds(arguments) else {
      print("usage: reconcile-chaos --seeds FIRST...LAST | --seed N [--trace]")
      exit(64)
    }
    let isTraced = arguments.contains("--trace")
    var tally = Tally()
    for seed in seeds { tally.note(Schedule(seed: seed), verdict(seed, isTraced: isTraced)) }
    print(tally.report)
    exit(tally.failed.isEmpty ? 0 : 1)
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

  private static func write(_ line: String) {
    var line = line
    line.withUTF8 { _ = Glibc.write(1, $0.baseAddress, $0.count) }
  }

  private static func verdict(_ seed: UInt64, isTraced: Bool) -> Verdict {
    let logger =
      isTraced ? Logger(level: .debug, descriptor: 1, format: .text) : Logger.disabled
    do throws(VirtualTime.Stall) {
      return try VirtualTime.run(seed: seed, jobs: 400_000) {
        let world = World(Schedule(seed: seed), over: InProcessBus(seed: seed), logger: logger) {
          if isTraced { write("\($0)\n") }
        }
        return await world.run()
      }
    } catch {
      return Verdict(complaints: ["\(error)"])
    }
  }
}
