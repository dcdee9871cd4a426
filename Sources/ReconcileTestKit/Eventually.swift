public import Testing

/// Waits until something is so, and records that it is not so after a time.
///
/// - Parameters:
///   - what: A sentence that is true once it is so.
///   - limit: How long to wait.
///   - location: Where to record it.
///   - condition: Tells whether it is so.
/// - Throws: What the condition throws.
public func waitUntil(
  _ what: String, within limit: Duration = .seconds(20),
  at location: SourceLocation = #_sourceLocation, _ condition: () async throws -> Bool
) async throws {
  let deadline = ContinuousClock.now + limit
  while try await !condition() {
    guard ContinuousClock.now < deadline else {
      Issue.record("not within \(limit): \(what)", sourceLocation: location)
      return
    }
    try await Task.sleep(for: .milliseconds(5))
  }
}
