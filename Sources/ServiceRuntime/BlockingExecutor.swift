import Dispatch

/// An executor with a thread's worth of time of its own, for actors whose calls block.
///
/// The pool that runs everything else has as many threads as processors: two blocked calls there
/// would stop the program.
public final class BlockingExecutor: SerialExecutor {
  private let queue: DispatchQueue

  /// Creates an executor.
  ///
  /// - Parameter label: A name for debuggers.
  public init(label: String) { queue = DispatchQueue(label: label) }

  /// Runs a job after those before it.
  ///
  /// - Parameter job: The job.
  public func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    queue.async { job.runSynchronously(on: self.asUnownedSerialExecutor()) }
  }

  /// A reference that does not keep the executor alive.
  ///
  /// - Returns: The reference.
  public func asUnownedSerialExecutor() -> UnownedSerialExecutor {
    UnownedSerialExecutor(ordinary: self)
  }
}
