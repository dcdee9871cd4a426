import ConfigurationModel
import DesiredSources
import GitSource
import LatticeModel
import LatticeObservation
import LatticeSimulator
import NATSTransport
import PlanExecution
import ReconcileTestKit
import RecordKeeping
import ServiceRuntime
import Testing

@testable import ReconcileLoop

/// A controller with all that it stands on inside this process: a bus with buckets, simulated
/// hosts, and a line of commits.
///
/// By itself the controller looks at nothing for an hour but at the reference and the lease, so
/// that what it does has one cause.
final class Workshop: Sendable {
  let bus = InProcessBus()
  let link: Link
  let lattice: SimulatedLattice
  let repository = Commits()
  let log = LogCapture()
  let health = ControllerHealth()
  let registry = MetricRegistry()
  /// By how many nanoseconds the controller's time of day is ahead of the machine's.
  let ahead = Lock<Int64>(0)
  private let running = Lock<Task<Void, Never>?>(nil)

  init(hosts count: Int = 3) async throws {
    lattice = SimulatedLattice("default", over: bus)
    link = Link(bus)
    try await lattice.start()
    for _ in 0..<count { try await lattice.addHost(labels: [:], upFor: .seconds(600)) }
  }

  deinit { running.withLock { $0?.cancel() } }

  func start(_ change: (inout ControllerSettings) -> Void = { _ in }) async throws {
    var observer = ObserverOptions(resync: .seconds(3_600))
    observer.expectedHosts = await lattice.truth.count
    observer.detection.steadyLink = .zero
    var settings = ControllerSettings(
      repository: "shop", pass: PassConfiguration(), interval: .milliseconds(50), observer: observer
    )
    change(&settings)
    var surroundings = ControllerSurroundings()
    surroundings.repository = { [repository] _ in repository }
    surroundings.connect = { [link] _ in (link, {}) }
    let controller = Controller(
      settings, in: surroundings, logger: Logger(capture: log), health: health,
      metrics: ControllerMetrics(in: registry), clock: clock)
    running.withLock { $0 = Task { await controller.run() } }
  }

  func stop() async {
    let task = running.withLock { $0 }
    task?.cancel()
    await task?.value
  }

  /// Somebody else's claim to command.
  func otherLease() async throws -> any CommandLease {
    let home = try await RecordHome(of: "default", over: bus, folder: nil, isWriter: true)
    let lease = try await home.lease(as: "somebody else")
    try await lease.acquire()
    return lease
  }

  /// Starts a controller while somebody else commands, and waits until it has looked.
  func standBy(_ change: (inout ControllerSettings) -> Void = { _ in }) async throws
    -> any CommandLease
  {
    let other = try await otherLease()
    try await start(change)
    try await wait(forLine: "Stands by, somebody else commands")
    try await waitUntil("it has looked") { self.health.current.hasLooked }
    return other
  }

  var clock: WallClock {
    WallClock { [ahead] in WallClock.system.now + ahead.withLock { $0 } }
  }

  /// How many commands about an actor hosts have received.
  func commands(about actor: String = "shop-web") async -> Int {
    await lattice.ledger.count { $0.subject == actor }
  }

  /// How many instances of an actor run.
  func running(_ actor: String = "shop-web") async -> Int {
    await lattice.truth.values.reduce(0) { $0 + ($1.actors[actor]?.instances ?? 0) }
  }

  func wait(
    for instances: Int, of actor: String = "shop-web",
    at location: SourceLocation = #_sourceLocation
  ) async throws {
    try await waitUntil(
      "\(instances) instances of \(actor) run", within: .seconds(60), at: location
    ) {
      await running(actor) == instances
    }
  }

  func wait(
    forLine message: String, times: Int = 1, at location: SourceLocation = #_sourceLocation
  ) async throws {
    try await waitUntil("the log says '\(message)'", within: .seconds(60), at: location) {
      count(of: message) >= times
    }
  }

  /// How often the log says something.
  func count(of message: String) -> Int { log.lines.count { $0.message == message } }
}

/// A connection on which what begins with some subject is not answered.
final class Link: ForwardingTransport {
  let inner: any MessageTransport
  private let refused = Lock<String?>(nil)

  init(_ bus: InProcessBus) { inner = bus }

  /// From now on requests to subjects that begin so fail; none where `nil`.
  func refuse(_ prefix: String?) { refused.withLock { $0 = prefix } }

  func request(
    _ payload: [UInt8], to subject: String, headers: [String: String], timeout: Duration,
    again pause: Duration?
  ) async throws(NATSError) -> NATSMessage {
    if let prefix = refused.withLock({ $0 }), subject.hasPrefix(prefix) {
      throw .timeout(subject: subject, after: timeout)
    }
    return try await inner.request(
      payload, to: subject, headers: headers, timeout: timeout, again: pause)
  }
}

/// A line of commits of one manifest each.
final class Commits: ManifestRepository {
  struct Absent: Error {}

  private let line = Lock<[(commit: GitCommit, text: String)]>([])
  /// Whether no file can be read now.
  private let isDamaged = Lock(false)
  /// How often files were asked for.
  let reads = Lock(0)

  /// From now on no file can be read, or every file can.
  func damage(_ isDamaged: Bool) { self.isDamaged.withLock { $0 = isDamaged } }

  func commit(_ text: String) {
    line.withLock { line in
      let number = String(line.count + 1, radix: 16)
      let id = String(repeating: "0", count: 40 - number.count) + number
      let commit = GitCommit(
        id: id, tree: id, authorTime: 0, committerTime: 0, summary: "Change \(number)", parents: [])
      line.append((commit, text))
    }
  }

  func resolve(_ reference: GitReference) async throws -> GitCommit {
    let commits = line.withLock { $0.map(\.commit) }
    let found =
      reference == .head ? commits.last : commits.first { $0.id == reference.description }
    guard let found else { throw Absent() }
    return found
  }

  func files(at commit: GitCommit, under folder: String) async throws -> GitSelection {
    guard let found = line.withLock({ $0.first { $0.commit.id == commit.id } }) else {
      throw Absent()
    }
    reads.withLock { $0 += 1 }
    guard !isDamaged.withLock({ $0 }) else {
      return GitSelection(refused: [
        GitRefusal(path: "manifests/shop.yaml", reason: .unreadable("object not found"))
      ])
    }
    return GitSelection(files: [
      GitFile(path: "manifests/shop.yaml", blob: commit.id, bytes: Array(found.text.utf8))
    ])
  }

  func worktreeFiles(under folder: String) async throws -> GitSelection { throw Absent() }

  func ancestry(of commit: String, from ancestor: String) async throws -> GitAncestry {
    ancestor <= commit ? .descends : .unrelated
  }
}
