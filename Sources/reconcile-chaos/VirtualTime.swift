import CVirtualTime
import ServiceRuntime

/// The clock, the chance and the only thread of a simulated world.
enum VirtualTime {
  /// Why a run ended before its end.
  enum Stall: Error {
    case nothingLeft
    case tooManyJobs
    /// Something goes on although all has ended.
    case neverEnds
  }

  /// How many jobs may be left at the end: of whoever sleeps, and wakes up to find all ended.
  private static let leftovers: UInt64 = 10_000

  /// Runs something from its seed on, all jobs on this thread; returns what it returns once nothing
  /// goes on any more.
  static func run<Value: Sendable>(
    seed: UInt64, jobs: UInt64, _ body: @escaping @Sendable () async -> Value
  ) throws(Stall) -> Value {
    virtual_time_begin(1_800_000_000_000_000_000, seed)
    defer { virtual_time_end() }
    let result = Lock<Value?>(nil)
    Task.detached {
      let value = await body()
      result.withLock { $0 = value }
      virtual_time_finish()
    }
    guard virtual_time_run(jobs), let value = result.withLock({ $0 }) else {
      throw virtual_time_jobs() < jobs ? .nothingLeft : .tooManyJobs
    }
    let end = virtual_time_jobs()
    _ = virtual_time_run(leftovers)
    guard virtual_time_jobs() - end < leftovers else { throw .neverEnds }
    return value
  }

  /// Whether time is virtual; processes can be stopped only then.
  static var isOn: Bool { virtual_time_is_on() }

  /// How many processes there can be; 0 is the world around them.
  static let processes = Int(virtual_time_processes)

  /// Does something as a process of the simulated world; what it makes ready belongs to it.
  static func inside<Value>(_ process: Int, _ body: () -> Value) -> Value {
    let left = virtual_time_enter(Int32(process))
    defer { _ = virtual_time_enter(left) }
    return body()
  }

  /// Stops a process, as SIGSTOP would, or lets it go on.
  static func stop(_ process: Int, _ isStopped: Bool) {
    virtual_time_stop(Int32(process), isStopped)
  }
}
