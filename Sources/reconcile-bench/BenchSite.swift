import ConfigurationModel
import DesiredSources
import Foundation
import Glibc
import LatticeDialects
import LatticeModel
import LatticeObservation
import LatticeSimulator
import NATSTransport
import PlanExecution
import ReconcileLoop
import ServiceRuntime

/// A nats-server, simulated hosts in a process of their own, a repository, and the executable that
/// was built beside this one.
final class BenchSite: Sendable {
  let folder: TemporaryFolder
  let server: ServerProcess
  let repository: SampleRepository
  /// The hosts' ids, in order.
  let hostIDs: [HostID]
  private let hosts: ChildProcess?
  private let apart: [HostID: HostApart]

  /// A host of this process on a connection of its own, so that the server sees it die.
  private struct HostApart {
    var connection: NATSConnection
    var lattice: SimulatedLattice
  }

  /// What a run of the executable took.
  struct Run {
    var seconds: Double
    /// The most memory that was resident, in MiB.
    var memory: Double
  }

  /// What an apply took.
  struct Apply {
    var seconds: Double
    var sent: Int
    var reads: Int
  }

  /// Hosts stand in zones a, b and c in turn; in this process where they are apart.
  init(
    hosts count: Int, manifests: [(path: String, text: String)], areApart: Bool = false
  ) async throws {
    folder = try TemporaryFolder()
    server = try await ServerProcess(in: folder)
    repository = try await SampleRepository(in: folder)
    try await repository.commit(manifests)
    hosts =
      areApart
      ? nil
      : try ChildProcess(
        try Self.executable(), ["simulate", "--hosts", "\(count)", "--nats", server.address])
    apart = areApart ? try await Self.hosts(count, on: server) : [:]
    let client = try await server.connect()
    defer { client.close() }
    let answers = try await wait(for: "the last host") {
      let answers = try await client.requestMany(
        [], to: "wasmbus.ctl.v1.default.host.ping", within: GatherWindow(atMost: .seconds(1)))
      return answers.count >= count ? answers : nil
    }
    hostIDs = try answers.map { try decodeAnswer($0.payload).host }.sorted()
  }

  deinit {
    hosts?.signal(SIGKILL)
    hosts?.waitBlocking()
  }

  private static func hosts(
    _ count: Int, on server: ServerProcess
  ) async throws -> [HostID: HostApart] {
    var hosts: [HostID: HostApart] = [:]
    for index in 0..<count {
      let connection = try await server.connect()
      let lattice = SimulatedLattice("default", over: connection, seed: UInt64(index) + 1)
      try await lattice.start()
      let host = try await lattice.addHost(labels: ["zone": ["a", "b", "c"][index % 3]])
      hosts[host] = HostApart(connection: connection, lattice: lattice)
    }
    return hosts
  }

  /// Kills a host without a word; returns when, in nanoseconds since 1970.
  func kill(_ host: HostID) async throws -> Int64 {
    if let apart = apart[host] {
      let death = WallClock.system.now
      apart.connection.close()
      return death
    }
    let client = try await server.connect()
    defer { client.close() }
    let death = WallClock.system.now
    _ = try await client.request(
      Array(host.rawValue.utf8), to: "reconcile.sim.default.kill", timeout: .seconds(5))
    return death
  }

  /// Where records are kept: what others left of hosts of these ids is not to count.
  var stateFolder: String { "\(folder.path)/state" }

  /// Runs the executable and expects an exit status.
  func reconcile(_ arguments: String..., status: Int32) async throws -> Run {
    let log = open("\(folder.path)/log", O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC, 0o600)
    defer { close(log) }
    let options = [
      "--repo", repository.path, "--nats", server.address, "--state-dir", stateFolder,
    ]
    var memory = 0.0
    let seconds = try await wallTime {
      let child = try ChildProcess(
        try Self.executable(), arguments + options, output: log, errorOutput: log)
      async let ending = child.wait()
      while let now = residentMemory("VmHWM", of: child.pid) {
        memory = max(memory, now)
        try await Task.sleep(for: .milliseconds(10))
      }
      guard await ending == .exited(status) else {
        let text = String(decoding: try readFile("\(folder.path)/log") ?? [], as: UTF8.self)
        throw BenchError("reconcile \(arguments.joined(separator: " ")): \(text.suffix(2_000))")
      }
    }
    return Run(seconds: seconds, memory: memory)
  }

  /// Brings the lattice in sync within this process, which alone tells how much was read.
  func apply() async throws -> Apply {
    var configuration = PassConfiguration()
    configuration.source.repository = repository.path
    configuration.nats = NATSOptions(servers: [server.address])
    var report: PassReport?
    let reconciliation = Reconciliation(configuration)
    let seconds = try await wallTime {
      report = try await reconciliation.apply(
        mayProceed: { _ in true }, shouldStop: { false }, watch: { _ in })
    }
    guard let report, report.isInSync else { throw BenchError("the lattice is not in sync") }
    return Apply(
      seconds: seconds, sent: report.outcomes.reduce(0) { $0 + $1.sent },
      reads: report.outcomes.reduce(0) { $0 + $1.trace.reads })
  }

  /// The path of the executable.
  static func executable() throws -> String {
    let own = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    let path = "\(own.split(separator: "/").dropLast().map { "/\($0)" }.joined())/reconcile"
    guard access(path, X_OK) == 0 else {
      throw BenchError("\(path) is not there: swift build -c release --product reconcile")
    }
    return path
  }
}
