import JSONCoding
import LatticeModel
import LatticeSimulator
import NATSTransport
import ReconcileTestKit
import ServiceRuntime
import Testing

/// A lattice of its own on a server that all share.
struct CrashPlace {
  let site: Site
  let lattice: SimulatedLattice
  let name: String

  init(
    _ name: String, on site: Site, over transport: (any MessageTransport)? = nil
  ) async throws {
    (self.site, self.name) = (site, name)
    lattice = SimulatedLattice(LatticeName(name), over: transport ?? site.client)
    try await lattice.start()
    for _ in 1...2 { try await lattice.addHost(labels: [:]) }
  }

  /// Does something for each number from 1, several at a time.
  static func each(
    _ count: Int, _ body: @escaping @Sendable (Int) async throws -> Void
  ) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      for number in 0..<count {
        if number >= 5 { try await group.next() }
        group.addTask { try await body(number + 1) }
      }
      try await group.waitForAll()
    }
  }

  private func arguments(_ reference: String) -> [String] {
    ["apply", "--lattice", name, "--expect-hosts", "2", "--prune", "--ref", reference]
  }

  func apply(
    _ reference: String = "shop", _ environment: [String: String] = [:]
  ) async throws -> ChildProcess.Result {
    try await ChildProcess.run(
      Site.executable, arguments(reference),
      environment: site.environment.merging(environment) { $1 }, directory: site.repository.path)
  }

  /// Begins to apply.
  func start() throws -> ChildProcess {
    try ChildProcess(
      Site.executable, arguments("shop"), environment: site.environment,
      directory: site.repository.path)
  }

  /// Applies to the end, once the lease of one that was killed has run out.
  func finish(_ reference: String = "shop") async throws {
    var last: ChildProcess.Result?
    try await waitUntil("lattice \(name) is in sync", within: .seconds(60)) {
      last = try await apply(reference)
      return last?.ending != .exited(3)
    }
    let output = last.map { String(decoding: $0.output + $0.errorOutput, as: UTF8.self) } ?? ""
    #expect(last?.ending == .exited(0), "\(name): \(output)")
  }

  /// What runs and what was done, without the names of hosts.
  func sum() async -> [String] {
    await lattice.ledger.map { "\($0.verb) \($0.subject) \($0.count ?? 1) \($0.effect)" }.sorted()
      + lattice.truth.values.flatMap { host in
        host.actors.map { "\($0.key) \($0.value.instances)" } + host.providers.keys
      }.sorted()
  }
}

/// Holds one reply of the hosts to a command until it is released, and passes on everything else.
final class ReplyTap: ForwardingTransport {
  let inner: any MessageTransport
  private let number: Int
  private let count = Lock(0)
  private let gate = AsyncStream<Void>.makeStream()

  /// Holds the reply of that number, from 1.
  init(_ inner: any MessageTransport, at number: Int) {
    (self.inner, self.number) = (inner, number)
  }

  /// Whether the command has arrived whose reply is held.
  var isReached: Bool { count.withLock { $0 >= number } }

  func release() { gate.continuation.finish() }

  func publish(
    _ payload: [UInt8], to subject: String, headers: [String: String], replyTo reply: String?
  ) async throws(NATSError) {
    // What answers a question has a response in it, what answers a command has none.
    let envelope = subject.hasPrefix("_INBOX.") ? try? JSONValue(parsing: payload) : nil
    if let envelope, envelope["success"] != nil, envelope["response"] == nil {
      let position = count.withLock { count in
        count += 1
        return count
      }
      if position == number { for await _ in gate.stream {} }
    }
    try await inner.publish(payload, to: subject, headers: headers, replyTo: reply)
  }
}
