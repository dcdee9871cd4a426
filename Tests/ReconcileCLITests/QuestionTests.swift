import Glibc
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

  @Test("a line is read as it comes, and the end of the input is none")
  func reading() throws {
    var ends: [Int32] = [0, 0]
    try #require(pipe(&ends) == 0)
    defer { close(ends[0]) }
    #expect(fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0)
    writeAll(Array("yes\r\n\nn\n\(String(repeating: "y", count: 1_024))last".utf8), to: ends[1])
    close(ends[1])
    let long = String(repeating: "y", count: 1_024)
    let lines = (1...6).map { _ in readAnswer(from: ends[0]) }
    #expect(lines == ["yes", "", "n", long, "last", nil])
    #expect(readAnswer(from: -1) == nil)
  }

  @Test("the process can end while somebody is asked: the lock of the input is free")
  func ending() async {
    await #expect(processExitsWith: .success) {
      // Whoever waits for the lock is ended by that.
      alarm(20)
      var ends: [Int32] = [0, 0]
      guard pipe(&ends) == 0, dup2(ends[0], 0) == 0 else { exit(2) }
      let question = Question()
      let asked = Task {
        await question.ask("Remove it?", on: Console(color: .never, environment: [:]))
      }
      writeAll([UInt8(ascii: "y")], to: ends[1])
      var unread: Int32 = 1
      while unread > 0 {
        guard ioctl(ends[0], UInt(FIONREAD), &unread) == 0 else { exit(3) }
        await Task.yield()
      }
      question.withdraw()
      guard await !asked.value else { exit(4) }
      // What the end of the process does with every stream, the input too.
      fflush(nil)
      exit(0)
    }
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
