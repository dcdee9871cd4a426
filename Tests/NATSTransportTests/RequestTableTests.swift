import NATSTransport
import ReconcileTestKit
import ServiceRuntime
import Testing

@Suite("Table of requests")
struct RequestTableTests {
  @Test("a short wait ends in time beside a long one that began before it")
  func shortBesideLong() async throws {
    let table = RequestTable()
    let isWaiting = Lock(false)
    let long = Task {
      await table.wait(table.reserve(), subject: "long", timeout: .seconds(20)) {
        isWaiting.withLock { $0 = true }
        return nil
      }
    }
    try await waitUntil("the long one waits") { isWaiting.withLock { $0 } }
    let span = Duration.milliseconds(20)
    let short = await table.wait(table.reserve(), subject: "short", timeout: span) { nil }
    #expect(short == .failure(.timeout(subject: "short", after: span)))
    table.failAll(.disconnected, isFinal: true)
    #expect(await long.value == .failure(.disconnected))
  }
}
