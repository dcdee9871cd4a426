import Glibc
public import NATSTransport
import ServiceRuntime

/// A real nats-server on a free port, with JetStream, gone when nobody holds it.
///
/// It is the program that `RECONCILE_TEST_NATS_SERVER` names, or the one that is installed.
public final class NATSServerProcess: Sendable {
  /// Why no server is there.
  public enum StartError: Error, CustomStringConvertible {
    /// The program is not installed.
    case notInstalled
    /// It ended or did not listen in time; this is its log.
    case notReady(String)

    /// What is wrong and what helps.
    public var description: String {
      switch self {
      case .notInstalled: "\(program) is not installed; run 'make deps'"
      case .notReady(let log): "nats-server does not listen: \(log)"
      }
    }
  }

  /// The folder of its configuration, log and store.
  public let directory: String
  /// The port it listens on.
  public let port: Int
  private let settings: String
  /// How tests are let in; the address is the server's own.
  private let client: NATSOptions
  /// The lines about JetStream; empty where the server never has it.
  private let store: String
  private let child: Lock<ChildProcess>
  private static let program =
    getenv("RECONCILE_TEST_NATS_SERVER").map { String(cString: $0) } ?? "nats-server"

  /// The address that clients connect to.
  public var address: String { "nats://127.0.0.1:\(port)" }

  /// Starts a server and waits until it listens.
  ///
  /// - Parameters:
  ///   - configuration: More lines of its configuration, such as users and their permissions.
  ///   - jetStream: Whether it has JetStream.
  ///   - domain: The JetStream domain it answers for, beside the default one.
  ///   - client: How tests are let in, where `connect` is not told; servers are not looked at.
  /// - Throws: `StartError` if it is not installed or does not listen.
  public init(
    configuration: String = "", jetStream: Bool = true, domain: String? = nil,
    client: NATSOptions = NATSOptions(servers: [])
  ) throws {
    self.client = client
    var template = Array("/tmp/reconcile-nats.XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw StartError.notReady("no temporary folder") }
    directory = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
    let ofDomain = domain.map { ", domain: \($0)" } ?? ""
    store = jetStream ? "\njetstream { store_dir: \"\(directory)/store\"\(ofDomain) }\n" : ""
    settings = "ports_file_dir: \"\(directory)\"\n" + configuration
    do {
      let (child, port) = try Self.startAnew(directory, settings + store)
      self.child = Lock(child)
      self.port = port
    } catch {
      removeFolder(directory)
      throw error
    }
  }

  deinit {
    child.withLock {
      $0.signal(SIGKILL)
      $0.waitBlocking()
    }
    removeFolder(directory)
  }

  /// Kills the server and starts it again on the same port with the same store.
  ///
  /// - Parameter jetStream: Whether it has JetStream, if it had at the first start.
  /// - Throws: `StartError` if it does not listen again.
  public func restart(jetStream: Bool = true) throws {
    stop()
    let (directory, port) = (directory, port)
    let settings = settings + (jetStream ? store : "")
    try child.withLock { $0 = try Self.start(directory, settings, port: port).child }
  }

  /// Kills the server.
  public func stop() {
    child.withLock {
      $0.signal(SIGKILL)
      $0.waitBlocking()
    }
  }

  /// Sends the server a signal, such as `SIGSTOP`.
  ///
  /// - Parameter number: The signal's number.
  public func signal(_ number: Int32) { child.withLock { $0.signal(number) } }

  /// Connects to the server.
  ///
  /// - Parameters:
  ///   - user: A user and password, `user:password`, where it wants one.
  ///   - credentials: The path of a credentials file, where it wants one.
  /// - Returns: The connection.
  /// - Throws: `NATSError` if it refuses.
  public func connect(
    as user: String? = nil, credentials: String? = nil
  ) async throws(NATSError) -> NATSConnection {
    let login = user.map { "\($0)@" } ?? ""
    var options = client
    // Certificates are of names.
    options.servers = [
      client.isSecure ? "tls://\(login)localhost:\(port)" : "nats://\(login)127.0.0.1:\(port)"
    ]
    options.credentialsFile = credentials ?? client.credentialsFile
    options.name = "test"
    return try await NATSConnection.connect(options)
  }

  /// Ports of this process's servers, those that are gone too.
  private static let used = Lock<Set<Int>>([])

  /// Starts the program on a port that none of this process's servers had: who was connected to an
  /// earlier one may still look for it there, with hosts of the same ids.
  private static func startAnew(
    _ directory: String, _ settings: String
  ) throws -> (child: ChildProcess, port: Int) {
    while true {
      let (child, port) = try start(directory, settings, port: nil)
      if used.withLock({ $0.insert(port).inserted }) { return (child, port) }
      child.signal(SIGKILL)
      child.waitBlocking()
    }
  }

  /// Starts the program and waits until it writes down the port that it listens on.
  ///
  /// The system chooses the first port, so that servers started at once do not meet on one.
  private static func start(
    _ directory: String, _ settings: String, port: Int?
  ) throws -> (child: ChildProcess, port: Int) {
    let file = "\(directory)/server.conf"
    try writeFile(file, "listen: \"127.0.0.1:\(port ?? -1)\"\n\(settings)\n")
    let log = open("\(directory)/server.log", O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC, 0o600)
    defer { close(log) }
    let child: ChildProcess
    do throws(ChildProcess.SpawnError) {
      child = try ChildProcess(program, ["-c", file], output: log, errorOutput: log)
    } catch {
      throw StartError.notInstalled
    }
    let deadline = ContinuousClock.now + .seconds(10)
    while true {
      let ports = readFile("\(directory)/nats-server_\(child.pid).ports")
      if let port = firstPort(in: ports) { return (child, port) }
      let text = readFile("\(directory)/server.log")
      guard ContinuousClock.now < deadline, !text.contains("[FTL]"), !text.hasPrefix("nats-server:")
      else {
        child.signal(SIGKILL)
        child.waitBlocking()
        throw StartError.notReady(text)
      }
      poll(nil, 0, 5)
    }
  }
}

/// The port of the first address in a ports file, `{"nats": ["nats://127.0.0.1:4222"], …}`.
private func firstPort(in text: String) -> Int? {
  guard text.hasSuffix("}") || text.hasSuffix("}\n"),
    let address = text.split(separator: "\"").first(where: { $0.contains("://") })
  else { return nil }
  return address.split(separator: ":").last.flatMap { Int($0) }
}
