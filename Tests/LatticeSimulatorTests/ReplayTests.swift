import JSONCoding
import LatticeDialects
import LatticeModel
import ReconcileTestKit
import Testing

@testable import LatticeSimulator

@Suite("Simulated hosts beside real 1.9.2 hosts")
struct ReplayTests {
  @Test(
    "given the recorded requests they reply, announce and write the same in the same order",
    arguments: ReplayScript.all)
  func conversation(_ script: ReplayScript) async throws {
    let outcome = try await script.play()
    #expect(outcome.recorded.count > 15)
    for (recorded, simulated) in zip(outcome.recorded, outcome.simulated) {
      // What follows the first difference says nothing.
      try #require(recorded == simulated)
    }
    #expect(outcome.recorded.count == outcome.simulated.count)
  }

  @Test("after each step the same links are in force, with the same values")
  func forces() async throws {
    let script = try #require(ReplayScript.all.last)
    let seen = try await script.play().seen
    #expect(seen.count == 19)
    for (step, recorded, simulated) in seen { #expect(recorded == simulated, "\(step)") }
  }

  @Test("malformed requests, and those that cannot be met, get their recorded refusals")
  func refusals() async throws {
    let outcome = try await ReplayScript.all[0].play()
    func refusals(_ sayings: [Saying]) -> [String] {
      sayings.filter { $0.place == "reply" }.compactMap { saying in
        let reply = try? decodeReply(Array(saying.content.utf8))
        return reply.flatMap { $0.isAccepted ? nil : "\(saying.step): \($0.message)" }
      }
    }
    let recorded = refusals(outcome.recorded)
    #expect(recorded == refusals(outcome.simulated))
    #expect(recorded.count > 40)
  }

  @Test("heartbeats come when the recorded ones came, with the same content")
  func heartbeats() async throws {
    for script in ReplayScript.all {
      let simulated = try await script.play().replay.heartbeats
      let beats = try Recording(script.name).messages.filter {
        $0.subject.hasSuffix(".host_heartbeat")
      }
      for beat in beats {
        let near = simulated.filter {
          $0.host.rawValue == beat.json?["source"]?.string
            && abs($0.time - ReplayScript.time(beat)) < 100_000_000
        }
        let data = try #require(beat.json?["data"])
        #expect(near.count == 1, "\(script) \(beat.step)")
        #expect(near.first?.data.masked.unsigned == data.masked.unsigned, "\(script) \(beat.step)")
        #expect(near.first?.data["uptime_human"] == data["uptime_human"])
      }
    }
  }
}
