import Foundation
import Glibc
import JSONCoding
import LatticeDialects
import LatticeModel
import LatticeSimulator
import NATSTransport
import ReconcileTestKit
import ServiceRuntime
import Testing

/// What the executable did.
struct Run {
  var status: Int32
  var output: String
  var errors: String

  /// The output as JSON.
  var json: JSONValue? { try? JSONValue(parsing: Array(output.utf8)) }

  /// What a pass in JSON found and did.
  var result: JSONValue? { json?["result"] }

  /// The commands that a plan in JSON announces, as the ledger would show them.
  var announced: [String] {
    let changes = result?["changes"]?.array ?? []
    return changes.flatMap { change in
      let host = change["host"]?.string.map { " on \($0)" } ?? ""
      return (change["requests"]?.array ?? []).map { request in
        let count = request["instances"]?.int ?? 0
        return switch (request["intent"]?.string, change["kind"]?.string) {
        case ("run", "actor"), ("end", "actor"): "scale \(count)\(host)"
        case ("run", _): "start\(host)"
        case ("end", _): "stop\(host)"
        case ("connect", _): "put-link"
        case ("disconnect", _): "delete-link"
        case ("keep", _): "put-config"
        case ("drop", _): "delete-config"
        case (let intent, _): "\(intent ?? "nothing")\(host)"
        }
      }
    }.sorted()
  }
}

/// A real server, a real repository, hosts on it, and the built executable.
struct Site {
  let server: NATSServerProcess
  let lattice: SimulatedLattice
  let repository: GitRepositoryFixture
  let client: NATSConnection

  /// Hosts stand in zones a, b and c in turn.
  init(
    hosts count: Int = 3, jetStream: Bool = true, configuration: String = "", user: String? = nil,
    credentials: String? = nil, domain: String? = nil, naming hostsDomain: String? = nil,
    on running: NATSServerProcess? = nil
  )
    async throws
  {
    server =
      try running
      ?? NATSServerProcess(configuration: configuration, jetStream: jetStream, domain: domain)
    client = try await server.connect(as: user, credentials: credentials)
    lattice = SimulatedLattice(
      "default", over: try await server.connect(as: user, credentials: credentials),
      domain: hostsDomain)
    repository = try await GitRepositoryFixture()
    try await lattice.start()
    for index in 0..<count {
      try await lattice.addHost(
        labels: ["zone": ["a", "b", "c"][index % 3]], upFor: .seconds(600))
    }
  }

  /// The executable that was built with the tests.
  static let executable = built("reconcile")

  /// An executable that was built with the tests.
  static func built(_ name: String) -> String {
    let own = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
    return URL(fileURLWithPath: own).deletingLastPathComponent().path + "/" + name
  }

  /// The environment that the executable runs in.
  var environment: [String: String] {
    [
      "RECONCILE_NATS": server.address, "HOME": repository.folder,
      "PATH": ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin",
    ]
  }

  /// Runs the executable in the repository.
  func reconcile(_ arguments: String..., environment extra: [String: String] = [:]) async throws
    -> Run
  {
    try await reconcile(arguments, environment: extra)
  }

  func reconcile(
    _ arguments: [String], environment extra: [String: String] = [:], in folder: String? = nil
  ) async throws -> Run {
    let result = try await ChildProcess.run(
      Self.executable, arguments, environment: environment.merging(extra) { $1 },
      directory: folder ?? repository.path, deadline: .seconds(120))
    guard case .exited(let status) = result.ending else {
      throw CocoaError(.executableLoad, userInfo: ["ending": "\(result.ending)"])
    }
    return Run(
      status: status, output: String(decoding: result.output, as: UTF8.self),
      errors: String(decoding: result.errorOutput, as: UTF8.self))
  }

  /// Commits manifests, by file name without ending.
  func commit(_ manifests: [String: String]) async throws {
    for (name, text) in manifests { try repository.write("manifests/\(name).yaml", text) }
    try await repository.commit("Change \(manifests.keys.sorted().joined(separator: ", "))")
  }

  /// The commands carried out since an entry, as a plan would announce them.
  func ledger(since start: Int = 0) async -> [String] {
    await lattice.ledger.dropFirst(start).map { entry in
      switch entry.verb {
      case "component.scale": "scale \(entry.count ?? -1) on \(entry.host)"
      case "provider.start": "start on \(entry.host)"
      case "provider.stop": "stop on \(entry.host)"
      case "link.put": "put-link"
      case "link.del": "delete-link"
      case "config.put": "put-config"
      case "config.del": "delete-config"
      default: entry.verb
      }
    }.sorted()
  }

  /// Plans, applies, and expects exactly the announced commands, each with an effect, and then
  /// nothing more to do.
  @discardableResult
  func sync(
    _ options: String..., sourceLocation: SourceLocation = #_sourceLocation
  ) async throws -> Run {
    let options = options
    let plan = try await reconcile(["diff", "-o", "json"] + options)
    #expect(plan.status == 2, "\(plan.output)\(plan.errors)", sourceLocation: sourceLocation)
    let start = await lattice.ledger.count
    let apply = try await reconcile(["apply", "-o", "json"] + options)
    #expect(apply.status == 0, "\(apply.output)\(apply.errors)", sourceLocation: sourceLocation)
    let carriedOut = await ledger(since: start)
    #expect(carriedOut == plan.announced, sourceLocation: sourceLocation)
    let idle = await lattice.ledger.dropFirst(start).filter {
      [.nothing, .failed, .refused].contains($0.effect)
    }
    #expect(idle.isEmpty, sourceLocation: sourceLocation)
    let after = try await reconcile(["diff"] + options)
    #expect(after.status == 0, "\(after.output)\(after.errors)", sourceLocation: sourceLocation)
    return plan
  }

  /// The instances of an actor that run, by host.
  func instances(of actor: String) async -> [HostID: Int] {
    await lattice.truth.compactMapValues { $0.actors[actor]?.instances }
  }

  /// Takes away what this machine knows of records.
  func forgetJournals() {
    let folder = "\(repository.folder)/.local/state/reconcile"
    for name in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    where name.hasSuffix(".journal") {
      try? FileManager.default.removeItem(atPath: "\(folder)/\(name)")
    }
  }

  /// Whether some pass holds the lease.
  var isLeased: Bool {
    get async throws {
      let store = NATSKeyValue(
        bucket: "RECONCILELEASE_default", over: client, timeout: .milliseconds(100))
      return try await store.get("lease")?.value != nil
    }
  }

  /// Waits until a pass holds the lease.
  func waitForLease() async throws {
    try await waitUntil("a pass holds the lease") { (try? await isLeased) ?? false }
  }

  /// Waits until as many instances of an actor run in all.
  func wait(
    for count: Int, of actor: String = "shop-web", within limit: Duration = .seconds(60),
    at place: SourceLocation = #_sourceLocation
  ) async throws {
    try await waitUntil("\(count) instances of \(actor) run", within: limit, at: place) {
      await instances(of: actor).values.reduce(0, +) == count
    }
  }

  /// Sends a command as somebody else.
  func send(_ intent: Intent) async throws {
    let request = commandedDialect.request(for: intent, in: "default")
    let reply = try decodeReply(
      try await client.request(request.payload, to: request.subject, timeout: .seconds(5)).payload)
    #expect(reply.isAccepted)
  }
}

extension Site {
  /// One application of one actor.
  static func application(
    _ name: String = "shop", image: String = "registry.example.com/web:1", instances: Int = 3,
    update: String = "", prune: Bool = false, more: String = ""
  ) -> String {
    """
    apiVersion: reconcile.dev/v1
    kind: Application
    metadata:
      name: \(name)
    spec:
      sync: {prune: \(prune)}
      actors:
        - name: web
          image: \(image)
          instances: \(instances)
          \(update)
    \(more)
    """
  }
}
