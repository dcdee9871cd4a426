import Testing

@testable import LatticeObservation

@Suite("When a host that is waited for is read next")
struct ReadingPaceTests {
  private let zero = ContinuousClock.now

  private func moment(_ milliseconds: Int) -> ContinuousClock.Instant {
    zero + .milliseconds(milliseconds)
  }

  @Test("one thing is waited for: the host is read as soon as it tells of it")
  func one() {
    var pace = ReadingPace()
    #expect(pace.wait(at: zero) == moment(40))
    #expect(pace.hear(for: 1, at: moment(10)) == moment(12))
    pace.begin(isWanted: true)
    #expect(pace.end(for: 0, at: moment(15)) == nil)
  }

  @Test("several are waited for: it is read once for all that it tells of within 40 ms")
  func several() {
    var pace = ReadingPace()
    _ = pace.wait(at: zero)
    #expect(pace.hear(for: 3, at: moment(10)) == nil, "it is read at 40 ms anyway")
    pace.begin(isWanted: true)
    #expect(pace.end(for: 3, at: moment(45)) == moment(85))
    #expect(pace.hear(for: 3, at: moment(50)) == nil)
    #expect(pace.hear(for: 3, at: moment(60)) == nil)
    #expect(pace.hear(for: 3, at: moment(70)) == moment(72), "that was the last one")
  }

  @Test("what is heard while it is read has it read again")
  func meanwhile() {
    var pace = ReadingPace()
    _ = pace.wait(at: zero)
    pace.begin(isWanted: true)
    #expect(pace.hear(for: 1, at: moment(41)) == nil)
    #expect(pace.wait(at: moment(42)) == nil)
    #expect(pace.end(for: 1, at: moment(45)) == moment(47))
  }

  @Test("where nothing is heard it is read less and less often, down to once a second")
  func silence() {
    var pace = ReadingPace()
    var next = pace.wait(at: zero)
    var pauses: [Duration] = []
    for _ in 0..<7 {
      guard let now = next else { break }
      pace.begin(isWanted: true)
      next = pace.end(for: 1, at: now)
      if let next { pauses.append(next - now) }
    }
    #expect(pauses == [40, 80, 160, 320, 640, 1_000, 1_000].map { .milliseconds($0) })
  }

  @Test("a host that nobody waits for any more is not read, and is when somebody waits again")
  func nobody() {
    var pace = ReadingPace()
    _ = pace.wait(at: zero)
    pace.begin(isWanted: false)
    #expect(pace.wait(at: moment(50)) == moment(90))
  }
}
