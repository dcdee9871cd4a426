import Glibc
public import NATSTransport
import ServiceRuntime

/// A real nats-server on a free port, with JetStream, gone when nobody holds it.
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
      case .notInstalled: "nats-server is not installed; run 'make deps'"
      case .notReady(let log): "nats-server does not listen: \(log)"
      }
    }
  }

  /// The folder of its configuration, log and store.
  public let directory: String
  /// The port it listens on.
  public let port: Int
  private let child: Lock<ChildProcess>

  /// The address that clients connect to.
  public var address: String { "nats://127.0.0.1:\(port)" }

  /// Starts a server and waits until it listens.
  ///
  /// - Parameters:
  ///   - configuration: More lines of its configuration, such as users and their permissions.
  ///   - jetStream: Whether it has JetStream.
  /// - Throws: `StartError` if it is not installed or does not listen.
  public init(configuration: String = "", jetStream: Bool = true) throws {
    var template = Array("/tmp/reconcile-nats.XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw StartError.notReady("no temporary folder") }
    directory = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
    port = freePort()
    let store = jetStream ? "jetstream { store_dir: \"\(directory)/store\" }\n" : ""
    let text = "listen: 127.0.0.1:\(port)\n\(store)\(configuration)\n"
    try writeFile("\(directory)/server.conf", text)
    child = Lock(try Self.start(directory, port))
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
  /// - Throws: `StartError` if it does not listen again.
  public func restart() throws {
    stop()
    let (directory, port) = (directory, port)
    try child.withLock { $0 = try Self.start(directory, port) }
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
  /// - Parameter user: A user and password, `user:password`, where it wants one.
  /// - Returns: The connection.
  /// - Throws: `NATSError` if it refuses.
  public func connect(as user: String? = nil) async throws(NATSError) -> NATSConnection {
    let credentials = user.map { "\($0)@" } ?? ""
    return try await NATSConnection.connect(
      NATSOptions(servers: ["nats://\(credentials)127.0.0.1:\(port)"], name: "test"))
  }

  private static func start(_ directory: String, _ port: Int) throws -> ChildProcess {
    let log = open("\(directory)/server.log", O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC, 0o600)
    defer { close(log) }
    let child: ChildProcess
    do throws(ChildProcess.SpawnError) {
      child = try ChildProcess(
        "nats-server", ["-c", "\(directory)/server.conf"], output: log, errorOutput: log)
    } catch {
      throw StartError.notInstalled
    }
    let deadline = ContinuousClock.now + .seconds(10)
    while !canConnect(to: port) {
      guard ContinuousClock.now < deadline, kill(child.pid, 0) == 0 else {
        child.signal(SIGKILL)
        child.waitBlocking()
        throw StartError.notReady(readFile("\(directory)/server.log"))
      }
      poll(nil, 0, 10)
    }
    return child
  }
}

/// Returns a TCP port on the loopback interface that nobody listens on just now.
///
/// - Returns: The port.
public func freePort() -> Int {
  let socket = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
  defer { close(socket) }
  var address = loopback(port: 0)
  var length = socklen_t(MemoryLayout<sockaddr_in>.size)
  withUnsafeMutablePointer(to: &address) { pointer in
    pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
      _ = bind(socket, address, length)
      _ = getsockname(socket, address, &length)
    }
  }
  return Int(UInt16(bigEndian: address.sin_port))
}

private func canConnect(to port: Int) -> Bool {
  let socket = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
  defer { close(socket) }
  var address = loopback(port: port)
  return withUnsafePointer(to: &address) { pointer in
    pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
      Glibc.connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
    }
  }
}

private func loopback(port: Int) -> sockaddr_in {
  var address = sockaddr_in()
  address.sin_family = sa_family_t(AF_INET)
  address.sin_port = UInt16(truncatingIfNeeded: port).bigEndian
  address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
  return address
}
