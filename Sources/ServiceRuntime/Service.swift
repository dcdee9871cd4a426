/// A long-running part of a program.
public protocol Service: Sendable {
  /// Works until its task is cancelled, then tidies up and returns.
  ///
  /// A service that returns or throws earlier ends the group that it runs in.
  ///
  /// - Throws: Why it could not go on.
  func run() async throws
}

/// Waits until the task is cancelled.
public func untilCancelled() async { _ = await BatchQueue<Never>(limit: 1).next() }
