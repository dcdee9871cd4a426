import Dispatch
import LatticeModel
import NATSTransport
import ServiceRuntime

/// Schedules on a real nats-server and the system's clock.
///
/// All run at once, each on a lattice of its own, since they spend their time waiting. Everything
/// happens but a controller that is stopped, which takes a clock that is ours.
enum RealTime {
  /// Runs seeds, and waits for them; returns the verdict of each.
  static func run(_ seeds: ClosedRange<UInt64>, at server: String) -> [(UInt64, Verdict)] {
    let verdicts = Lock<[UInt64: Verdict]>([:])
    let isDone = DispatchSemaphore(value: 0)
    Task {
      await withTaskGroup(of: Void.self) { group in
        for seed in seeds {
          group.addTask {
            let verdict = await verdict(of: seed, at: server)
            verdicts.withLock { $0[seed] = verdict }
          }
        }
      }
      isDone.signal()
    }
    isDone.wait()
    return verdicts.withLock { verdicts in verdicts.sorted { $0.key < $1.key } }
      .map { ($0.key, $0.value) }
  }

  private static func verdict(of seed: UInt64, at server: String) async -> Verdict {
    do {
      let connection = try await NATSConnection.connect(NATSOptions(servers: [server]))
      defer { connection.close() }
      let world = World(
        Schedule(seed: seed), of: LatticeName("chaos-\(seed)"), over: connection,
        logger: .disabled
      ) { _ in }
      return await world.run()
    } catch {
      return Verdict(complaints: ["\(error)"])
    }
  }
}
