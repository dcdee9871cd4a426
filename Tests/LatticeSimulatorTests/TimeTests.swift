import JSONCoding
import LatticeDialects
import LatticeModel
import Testing

@testable import LatticeSimulator

@Suite("Time of simulated hosts")
struct TimeTests {
  private func host(at now: Int64) -> SimulatedHost {
    SimulatedHost(id: "N", lattice: "default", labels: [:], address: "", seed: 7, now: now)
  }

  @Test("heartbeats are due every 30 s from the start, however late the last one was")
  func heartbeats() throws {
    var host = host(at: 0)
    var outputs = host.start(0)
    for number in 1...1_000 {
      let now = Int64(number) * 30_000_000_000
      guard case .later(let delay, let then)? = outputs.last else {
        Issue.record("nothing is due")
        return
      }
      let late = Int64(number % 7) * 3_000_000
      let last = number == 1 ? 0 : now - 30_000_000_000 + Int64((number - 1) % 7) * 3_000_000
      try #require(last + Int64(delay / .nanoseconds(1)) == now)
      outputs = then(&host, nil, now + late)
      #expect(outputs.count == 2)
    }
  }

  @Test("starts go one after another and take 15 to 30 ms each; an inventory waits for them")
  func starts() throws {
    var replay = Replay()
    replay.add("N", labels: [:], address: "", at: 0)
    for number in 0..<50 {
      let launch = ActorLaunch(id: ActorID("a\(number)"), image: "i")
      replay.give(
        "component.scale",
        V1().request(for: .run(.actor(launch), instances: 1, on: "N"), in: "default").payload,
        to: "N")
    }
    replay.give("host.get", [], to: "N")
    replay.run(until: 10_000_000_000)
    let events = replay.sayings.filter { $0.saying.place.hasSuffix("component_scaled") }
    let ends = events.enumerated().filter { $0.offset % 2 == 1 }.map(\.element.time)
    #expect(ends.count == 50)
    for (earlier, later) in zip([0] + ends, ends) {
      #expect((15_000_000...30_000_000) ~= later - earlier)
    }
    let inventory = try #require(replay.sayings.last)
    #expect(inventory.saying.place == "reply" && inventory.time >= ends.max() ?? 0)
    let report = try JSONValue(parsing: Array(inventory.saying.content.utf8))["response"]
    #expect(report?["components"]?.array?.count == 50)
  }
}
