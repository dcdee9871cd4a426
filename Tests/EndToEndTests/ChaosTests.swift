import ReconcileTestKit
import ServiceRuntime
import Testing

@Suite("Chaos")
struct ChaosTests {
  @Test("whatever happens, the lattice ends in sync and nothing is removed or started wrongly")
  func schedules() async throws {
    let result = try await ChildProcess.run(
      Site.built("reconcile-chaos"), ["--seeds", "1...100"], deadline: .seconds(600))
    let output = String(decoding: result.output, as: UTF8.self)
    #expect(output.hasSuffix("100 passed, 0 failed\n"), "\(output)")
    let coverage = output.split(separator: "\n").filter { $0.hasPrefix("coverage") }
    #expect(coverage.count >= 45)
    for line in coverage {
      let share = line.split(separator: " ").dropLast(4).last.flatMap { Double($0) }
      #expect(share ?? 0 >= 4, "\(line)")
    }
  }

  @Test("on a real server and in real time it is the same")
  func onServer() async throws {
    let server = try NATSServerProcess()
    // Longer than a schedule waits for its lattice to be in sync, so that one that is not says why.
    let result = try await ChildProcess.run(
      Site.built("reconcile-chaos"), ["--seeds", "1...20", "--nats", server.address],
      deadline: .seconds(900))
    let output = String(decoding: result.output, as: UTF8.self)
    #expect(output.hasSuffix("20 passed, 0 failed\n"), "\(output)")
  }
}
