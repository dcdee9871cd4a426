import NATSTransport
import ReconcileTestKit
import ServiceRuntime

/// A transport that counts requests under way, asks before it passes one on and before it passes
/// the reply back, and fails those that it is told to.
final class WatchedTransport: ForwardingTransport {
  struct Counts: Sendable {
    var now = 0
    var most = 0
    var total = 0
  }

  let inner: any MessageTransport
  private let counts = Lock<[String: Counts]>([:])
  private let before: @Sendable (String) async -> Void
  private let after: @Sendable (String) async -> Void
  private let failing: @Sendable (String) -> NATSError?

  init(
    _ inner: any MessageTransport, before: @escaping @Sendable (String) async -> Void = { _ in },
    after: @escaping @Sendable (String) async -> Void = { _ in },
    failing: @escaping @Sendable (String) -> NATSError? = { _ in nil }
  ) {
    self.inner = inner
    self.before = before
    self.after = after
    self.failing = failing
  }

  /// The counts of a verb such as `component.scale`, over all hosts.
  func counts(of verb: String) -> Counts { counts.withLock { $0[verb] ?? Counts() } }

  /// The counts of every verb together.
  var total: Int { counts.withLock { $0.values.reduce(0) { $0 + $1.total } } }

  func request(
    _ payload: [UInt8], to subject: String, headers: [String: String], timeout: Duration,
    again pause: Duration?
  ) async throws(NATSError) -> NATSMessage {
    let verb = subject.split(separator: ".").dropFirst(4).prefix(2).joined(separator: ".")
    counts.withLock { counts in
      var count = counts[verb] ?? Counts()
      count.now += 1
      count.total += 1
      count.most = max(count.most, count.now)
      counts[verb] = count
    }
    defer { counts.withLock { $0[verb]?.now -= 1 } }
    if let error = failing(subject) { throw error }
    await before(subject)
    let reply = try await inner.request(
      payload, to: subject, headers: headers, timeout: timeout, again: pause)
    await after(subject)
    return reply
  }
}
