import Testing

@testable import ReconcileCLI

@Suite("Question", .timeLimit(.minutes(1)))
struct QuestionTests {
  private let console = Console(color: .never, environment: [:])

  @Test(
    "only a clear yes is one",
    arguments: [("y", true), ("YES", true), ("n", false), ("", false), ("yesterday", false)])
  func answers(_ line: String, _ isYes: Bool) async {
    #expect(await Question { line }.ask("Remove it?", on: console) == isYes)
  }

  @Test("the end of the input is a no")
  func end() async {
    #expect(await !Question { nil }.ask("Remove it?", on: console))
  }

  @Test("one that a signal withdraws before anybody waits is answered, and nothing is read")
  func withdrawn() async {
    let question = Question {
      Issue.record("it was read")
      return "y"
    }
    question.withdraw()
    #expect(await !question.ask("Remove it?", on: console))
  }
}
