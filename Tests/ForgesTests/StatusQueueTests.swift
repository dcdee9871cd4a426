import HTTPRequesting
import ReconcileTestKit
import ServiceRuntime
import Testing

@testable import Forges

@Suite("Statuses that wait")
struct StatusQueueTests {
  private func status(
    _ context: String, _ state: CommitStatus.State, _ words: String = "", of revision: String = "a"
  ) -> CommitStatus { CommitStatus(of: revision, context, state, words) }

  /// A queue that what is expected of it may change.
  private final class Queue {
    private var queue = StatusQueue()

    func note(_ statuses: [CommitStatus]) -> Bool { queue.note(statuses) }

    func end(_ status: CommitStatus) { queue.end(status) }

    func drain() -> [String] {
      var all: [String] = []
      while let next = queue.next {
        all.append("\(next.revision) \(next.context) \(next.state)")
        queue.end(next)
      }
      return all
    }
  }

  @Test("the gravest come first, each outcome once, and of a commit that was left nothing more")
  func order() {
    let queue = Queue()
    let first = [
      status("a", .pending), status("b", .success), status("c", .failure), status("d", .error),
    ]
    #expect(queue.note(first))
    #expect(queue.drain() == ["a d error", "a c failure", "a b success", "a a pending"])
    #expect(!queue.note(first))
    #expect(queue.note([status("a", .success), status("c", .failure, "another reason")]))
    #expect(queue.drain() == ["a c failure", "a a success"])
    // What is healed is no news of the commit, what fails then is.
    #expect(!queue.note([status("a", .pending)]))
    #expect(queue.note([status("a", .failure)]))
    #expect(queue.note([status("a", .pending, of: "b")]))
    #expect(queue.drain() == ["b a pending"])
  }

  @Test("a newer status takes the place of one that waits, also while that one is being said")
  func newer() {
    let queue = Queue()
    let old = status("a", .pending)
    _ = queue.note([old])
    _ = queue.note([status("a", .failure)])
    queue.end(old)
    #expect(queue.drain() == ["a a failure"])
  }

  @Test("a hundred wait at most, and who was left comes at a later look")
  func bound() {
    let queue = Queue()
    let many = (0..<150).map { status("\(1_000 + $0)", $0 == 149 ? .failure : .success) }
    #expect(queue.note(many))
    let said = queue.drain()
    #expect(said.count == 100 && said[0] == "a 1149 failure")
    #expect(queue.note(many))
    #expect(queue.drain().count == 50)
  }

  struct Try: Sendable, CustomTestStringConvertible {
    var answers: [String]
    var token = ForgeDouble.token
    var outcomes: [String]
    var warnings: Int
    var testDescription: String {
      answers.joined(separator: ", ") + " " + outcomes.joined(separator: ",")
    }
  }

  @Test(
    "what may pass is tried again, what nobody can change is not, and nothing for ever",
    arguments: [
      Try(answers: [], outcomes: ["sent"], warnings: 0),
      Try(
        answers: ["503", "bye", "429"], outcomes: ["retried", "retried", "retried", "sent"],
        warnings: 3),
      Try(answers: ["404"], outcomes: ["retried", "sent"], warnings: 1),
      Try(answers: ["422"], outcomes: ["given-up"], warnings: 2),
      Try(
        answers: Array(repeating: "500", count: 8),
        outcomes: Array(repeating: "retried", count: 7) + ["given-up"], warnings: 2),
      Try(
        answers: [], token: "wr0ng-token",
        outcomes: Array(repeating: "retried", count: 7) + ["given-up"],
        warnings: 2),
    ])
  func tries(_ item: Try) async throws {
    let forge = try ForgeDouble()
    try writeFile(forge.directory + "/answers", item.answers.joined(separator: "\n"))
    let (log, outcomes) = (LogCapture(), Lock<[String]>([]))
    let reporter = StatusReporter(
      to: Forge(.gitea, at: forge.url, project: "a/b"), by: HTTPClient(),
      token: { .success(item.token) }, logger: Logger(capture: log), pause: { _ in },
      count: { outcome in outcomes.withLock { $0.append(outcome.rawValue) } })
    let work = Task { await reporter.run() }
    reporter.note([status("reconcile/edge", .failure, "held", of: "abc")])
    try await waitUntil("it is over") {
      outcomes.withLock { $0.last.map { $0 != "retried" } ?? false }
    }
    #expect(outcomes.withLock { $0 } == item.outcomes)
    try await waitUntil("it is told") { log.lines.count { $0.level == .warning } == item.warnings }
    let text = "\(log.lines)"
    #expect(!text.contains(item.token) && !text.contains(ForgeDouble.token))
    work.cancel()
    await work.value
  }

  @Test("pauses grow, and are as long as the forge says at least")
  func pauses() {
    let error = ForgeError.failing(forge: "f", status: 503)
    #expect(StatusReporter.span(.later(nil, error), 1) == .seconds(1))
    #expect(StatusReporter.span(.later(nil, error), 7) == .seconds(64))
    #expect(StatusReporter.span(.later(.seconds(90), error), 2) == .seconds(90))
    #expect(StatusReporter.span(.denied(error), 3) == .seconds(60))
    #expect(StatusReporter.span(.refused(error), 1) == nil)
  }
}
