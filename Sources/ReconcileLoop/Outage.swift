import NATSTransport
import RecordKeeping

/// Does something over a connection that may be lost just now: again and again, while we hold the
/// lease and were not told to stop.
///
/// - Parameters:
///   - lease: The lease; it runs out a few seconds after the connection.
///   - shouldStop: Whether to give up.
///   - body: What is done; it must be safe to repeat.
/// - Returns: What it returns.
/// - Throws: What it throws, `NATSError.disconnected` where the connection does not come back.
func outlasting<Value>(
  _ lease: any CommandLease, unless shouldStop: () -> Bool, _ body: () async throws -> Value
) async throws -> Value {
  while true {
    do {
      return try await body()
    } catch NATSError.disconnected where lease.isHeld && !shouldStop() {
      try await Task.sleep(for: .milliseconds(100))
    }
  }
}
