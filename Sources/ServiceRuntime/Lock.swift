import Glibc

/// A value behind a mutex.
///
/// Over `pthread_mutex_t`, because the thread sanitizer does not understand the standard
/// library's mutex on Linux and reports races where there are none.
public final class Lock<Value>: @unchecked Sendable {
  private let mutex: UnsafeMutablePointer<pthread_mutex_t>
  private var value: Value

  /// Creates a lock around a value.
  ///
  /// - Parameter value: The value.
  public init(_ value: sending Value) {
    mutex = .allocate(capacity: 1)
    mutex.initialize(to: pthread_mutex_t())
    pthread_mutex_init(mutex, nil)
    self.value = value
  }

  deinit {
    pthread_mutex_destroy(mutex)
    mutex.deallocate()
  }

  /// Uses the value while nobody else does; the body must not suspend, block or lock again.
  ///
  /// - Parameter body: Uses the value.
  /// - Returns: What the body returns.
  /// - Throws: What the body throws.
  public func withLock<Result, Failure: Error>(
    _ body: (inout Value) throws(Failure) -> sending Result
  ) throws(Failure) -> sending Result {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    return try body(&value)
  }
}
