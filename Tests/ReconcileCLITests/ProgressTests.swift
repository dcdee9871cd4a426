import JSONCoding
import LatticeModel
import PlanExecution
import Testing

@testable import ReconcileCLI

@Suite("Progress")
struct ProgressTests {
  private static let start = ContinuousClock.now
  private static let host = HostID("NDFJ4K2AAAAA")
  private static let long = step("echo", on: host)

  private static func step(_ name: String, on host: HostID? = nil) -> PlannedStep {
    let launch = Launch.actor(ActorLaunch(id: ActorID(name), image: "r/echo:1"))
    return PlannedStep(
      unit: UnitKey(
        application: "hello", kind: host == nil ? .config : .actor, name: name, host: host),
      intents: host.map { [.run(launch, instances: 1, on: $0)] } ?? [.keep("x", [:])],
      reason: .missing, found: .nothing)
  }

  /// Events with the milliseconds after the start that they happen at.
  private static func state(_ events: [(Int, ExecutionEvent)]) -> ProgressState {
    var state = ProgressState()
    for (time, event) in events { state.note(event, at: start + .milliseconds(time)) }
    return state
  }

  private static func ended(_ count: Int, _ result: StepResult = .confirmed) -> [(
    Int, ExecutionEvent
  )] {
    (0..<count).map { (0, .step(step("c\($0)"), result)) }
  }

  @Test("nothing is said before a plan begins")
  func nothing() {
    #expect(ProgressLine(ProgressState(), at: Self.start) == nil)
    var pace = ProgressPace()
    #expect(pace.next(ProgressState(), at: Self.start + .seconds(60)) == nil)
  }

  @Test(
    "what is done, how long it takes, and what is waited for longest",
    arguments: [
      ([(0, .begun(steps: 2_000))], 0, "0 of 2,000 confirmed, 0 s"),
      ([(0, .begun(steps: 2_000))] + ended(412), 12_000, "412 of 2,000 confirmed, 12 s"),
      (
        [(0, .begun(steps: 2)), (0, .underWay(long))], 4_000,
        "0 of 2 confirmed, 4 s, waiting 4 s for host NDFJ4K2A: actor echo"
      ),
      (
        [(0, .begun(steps: 2)), (3_000, .underWay(long)), (4_000, .underWay(step("a\u{1B}")))],
        125_000,
        "0 of 2 confirmed, 2m5s, waiting 2m2s for host NDFJ4K2A: actor echo, "
          + "whose image may be slow (2 under way)"
      ),
      (
        [(0, .begun(steps: 2)), (0, .underWay(step("a\u{1B}")))], 900,
        "0 of 2 confirmed, 1 s, waiting 1 s for config a\\u{1B}"
      ),
      (
        [(0, .begun(steps: 3)), (0, .underWay(long)), (1, .step(long, .failed("x")))]
          + ended(1, .dropped("x")), 2_000, "0 of 3 confirmed, 1 failed, 2 s"
      ),
      (
        [(0, .begun(steps: 3))] + ended(1) + [(1, .underWay(long)), (2, .anew("a host joined"))]
          + [(3, .begun(steps: 5))], 3_000, "1 of 6 confirmed, 3 s"
      ),
    ] as [([(Int, ExecutionEvent)], Int, String)])
  func text(_ events: [(Int, ExecutionEvent)], _ time: Int, _ text: String) throws {
    let now = Self.start + .milliseconds(time)
    let line = try #require(ProgressLine(Self.state(events), at: now))
    #expect(line.text == text)
  }

  @Test(
    "a bar is narrower than the terminal",
    arguments: [
      (80, "[####------] 412 of 1,000 confirmed, 7 s"),
      (40, "[####------] 412 of 1,000 confirmed, 7…"),
      (24, "412 of 1,000 confirmed…"), (1, "…"), (0, "…"),
    ])
  func bar(_ width: Int, _ bar: String) throws {
    let state = Self.state([(0, .begun(steps: 1_000))] + Self.ended(412))
    #expect(ProgressLine(state, at: Self.start + .seconds(7))?.bar(width: width) == bar)
  }

  @Test("a line a second where something happens, one in ten where nothing does")
  func pace() {
    var state = Self.state([(0, .begun(steps: 2))])
    var pace = ProgressPace()
    var told: [Int: String] = [:]
    for tick in 0..<160 {
      if tick == 20 { state.note(.underWay(Self.long), at: Self.start) }
      told[tick * 250] = pace.next(state, at: Self.start + .milliseconds(tick * 250))
    }
    let still = "still waiting: "
    #expect(told == [1_000: "", 5_000: "", 15_000: still, 25_000: still, 35_000: still])
  }

  @Test("data has all ids and times in whole milliseconds")
  func json() throws {
    let state = Self.state([(0, .begun(steps: 2)), (500, .underWay(Self.long))])
    let line = try #require(ProgressLine(state, at: Self.start + .seconds(2))).json
    let value = try JSONValue(parsing: Array(line.utf8))
    #expect(value["elapsed_ms"]?.int == 2_000 && value["under_way"]?.int == 1)
    #expect(value["longest"]?["waited_ms"]?.int == 1_500)
    #expect(value["longest"]?["host"]?.string == Self.host.rawValue)
    #expect(value["type"]?.string == "progress" && line.hasSuffix("}\n"))
  }
}
