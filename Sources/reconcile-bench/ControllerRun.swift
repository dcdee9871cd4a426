import Foundation
import Glibc
import JSONCoding
import LatticeModel
import NATSTransport
import ServiceRuntime
import TextForms

/// The built executable as the controller of a site, and what hosts are told to start meanwhile.
final class ControllerRun: Sendable {
  /// The controller's process id.
  var pid: Int32 { child.pid }

  private let child: ChildProcess
  private let log: String
  private let client: NATSConnection
  private let commands: Arrivals
  private let writes: Arrivals

  /// Starts a controller and waits until the lattice is in sync.
  init(at site: BenchSite, _ arguments: [String]) async throws {
    client = try await site.server.connect()
    commands = try await Arrivals(of: "wasmbus.ctl.v1.default.component.scale.*", over: client)
    writes = try await Arrivals(of: "$KV.RECONCILE_default.>", over: client)
    log = "\(site.folder.path)/controller.log"
    let descriptor = open(log, O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC, 0o600)
    defer { close(descriptor) }
    child = try ChildProcess(
      try BenchSite.executable(),
      [
        "controller", "--repo", site.repository.path, "--nats", site.server.address,
        "--expect-hosts", "\(site.hostIDs.count)", "--log-format", "json",
        "--state-dir", site.stateFolder,
      ] + arguments, output: descriptor, errorOutput: descriptor)
    try await settle()
  }

  deinit {
    child.signal(SIGKILL)
    child.waitBlocking()
    client.close()
  }

  /// Ends the controller as an operator does.
  func end() async throws {
    guard await child.terminate() == .exited(0) else { throw BenchError("the controller failed") }
  }

  /// Asks for cycles until one finds the lattice in sync.
  func settle() async throws {
    _ = try await wait(for: "a lattice in sync") {
      let answer = try? await client.request(
        [], to: "reconcile.trigger.default.default", timeout: .seconds(10))
      let body = try answer.map { try JSONValue(parsing: $0.payload) }
      return body?["in_sync"]?.bool == true ? true : nil
    }
  }

  /// When the first command after a moment arrived.
  func firstCommand(after moment: Int64) async throws -> Int64 {
    try await wait(for: "the first command") { commands.first(after: moment) }
  }

  /// How many commands and writes of the record there were so far.
  var sent: (commands: Int, writes: Int) { (commands.count, writes.count) }

  /// When the controller saw that the reference means another commit, by the commit's id;
  /// needs `--log-level debug`.
  func sightings() throws -> [String: Int64] {
    var sightings: [String: Int64] = [:]
    for line in try readFile(log)?.split(separator: UInt8(ascii: "\n")) ?? [] {
      let entry = try JSONValue(parsing: Array(line))
      guard entry["message"]?.string == "Reference means another commit",
        let revision = entry["revision"]?.string,
        let time = entry["time"]?.string.flatMap({ parseTimestamp(Array($0.utf8)) })
      else { continue }
      sightings[revision] = time
    }
    return sightings
  }
}

/// When messages on a subject arrived, in nanoseconds since 1970.
private final class Arrivals: Sendable {
  private let times = Lock<[Int64]>([])

  init(of subject: String, over client: NATSConnection) async throws {
    let messages = try await client.subscribe(to: subject, queue: nil, limit: 100_000)
    Task { [times] in
      for await batch in messages {
        let now = WallClock.system.now
        times.withLock { $0 += batch.elements.map { _ in now } }
      }
    }
  }

  var count: Int { times.withLock { $0.count } }

  func first(after moment: Int64) -> Int64? { times.withLock { $0.first { $0 > moment } } }
}

/// The time from one moment to another, in seconds.
func seconds(from start: Int64, to end: Int64) -> Double { Double(end - start) / 1e9 }
