import Glibc
import HTTPServing
import ReconcileTestKit
import ServiceRuntime
import Testing

/// An HTTP client that sends exactly the bytes it is told to, over one connection.
///
/// Its calls block, so it has an executor of its own: handlers need the threads of the pool.
actor Client {
  /// What came back.
  struct Answer: Sendable {
    var status = 0
    var fields: [String: String] = [:]
    var body = ""
  }

  /// Nothing, or not enough, came back.
  struct NoAnswer: Error {
    var received: String
  }

  private let executor = BlockingExecutor(label: "client")
  nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }
  private let descriptor: Int32
  private var received: [UInt8] = []

  init(_ address: ListenAddress, patience: Int = 20) throws {
    var hints = addrinfo()
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    var found: UnsafeMutablePointer<addrinfo>?
    getaddrinfo(address.host, String(address.port), &hints, &found)
    defer { freeaddrinfo(found) }
    guard let peer = found?.pointee else { throw NoAnswer(received: "no address") }
    descriptor = socket(peer.ai_family, peer.ai_socktype, 0)
    var limit = timeval(tv_sec: patience, tv_usec: 0)
    let size = socklen_t(MemoryLayout<timeval>.size)
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, size)
    setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, size)
    guard connect(descriptor, peer.ai_addr, peer.ai_addrlen) == 0 else {
      // The descriptor is closed at the end of the client, which has all its parts by now.
      throw NoAnswer(received: "connect: \(String(cString: strerror(errno)))")
    }
  }

  deinit { close(descriptor) }

  /// Sends bytes.
  ///
  /// - Parameter text: The bytes.
  /// - Returns: Whether the connection took them.
  @discardableResult
  func send(_ text: String) -> Bool {
    let bytes = Array(text.utf8)
    return Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count
  }

  /// Sends a request and reads its answer.
  func ask(_ request: String, hasBody: Bool = true) throws -> Answer {
    send(request)
    return try answer(hasBody: hasBody)
  }

  /// Asks for a page.
  func get(_ target: String) throws -> Answer {
    try ask("GET \(target) HTTP/1.1\r\nHost: a\r\n\r\n")
  }

  /// Reads one answer.
  func answer(hasBody: Bool = true) throws -> Answer {
    while true {
      let text = String(decoding: received, as: UTF8.self)
      if let end = text.firstRange(of: "\r\n\r\n") {
        let lines = text[..<end.lowerBound].split(separator: "\r\n")
        var answer = Answer(status: Int(lines[0].split(separator: " ")[1]) ?? 0)
        for line in lines.dropFirst() {
          let parts = line.split(separator: ":", maxSplits: 1)
          answer.fields[parts[0].lowercased()] = parts[1].drop { $0 == " " }.description
        }
        let head = text[..<end.upperBound].utf8.count
        let length = hasBody ? Int(answer.fields["content-length"] ?? "0") ?? 0 : 0
        if received.count >= head + length {
          answer.body = String(decoding: received[head..<head + length], as: UTF8.self)
          received.removeFirst(head + length)
          return answer
        }
      }
      guard readMore() else { throw NoAnswer(received: text) }
    }
  }

  /// Waits for the server to close the connection.
  ///
  /// - Returns: Whether it does, without another byte before.
  func isClosed() -> Bool { received.isEmpty && !readMore() && !isImpatient }
  private var isImpatient = false

  /// Reads until the server closes the connection.
  ///
  /// - Returns: What came, or `nil` where the connection stays open.
  func rest() -> String? {
    while readMore() {}
    return isImpatient ? nil : String(decoding: received, as: UTF8.self)
  }

  private func readMore() -> Bool {
    var chunk = [UInt8](repeating: 0, count: 65_536)
    let count = recv(descriptor, &chunk, chunk.count, 0)
    isImpatient = count < 0 && errno == EAGAIN
    guard count > 0 else { return false }
    received += chunk[..<count]
    return true
  }
}

/// A server that runs while a test uses it.
func withServer(
  _ routes: [Route] = [.hello], limits: HTTPLimits = HTTPLimits(), host: String = "127.0.0.1",
  _ body: (HTTPServer) async throws -> Void
) async throws {
  let server = try HTTPServer(
    on: ListenAddress(host: host, port: 0), routes: routes, limits: limits)
  let run = Task { try await server.run() }
  do {
    try await body(server)
  } catch {
    run.cancel()
    try await run.value
    throw error
  }
  run.cancel()
  try await run.value
}

extension Route {
  /// A page that says hello.
  static let hello = Route(.get, "/hello") { _ in HTTPResponse("hello\n") }
  /// A page that sends back what it got.
  static let echo = Route(.post, "/echo") { request in
    HTTPResponse("\(request.query)|\(String(decoding: request.body, as: UTF8.self))")
  }
}

extension HTTPServer {
  /// Asks for a page over a connection of its own.
  func get(_ target: String) async throws -> Client.Answer {
    try await Client(address).get(target)
  }
}

/// A page whose visitors wait, whatever is cancelled, until the test lets them through.
struct Gate: Sendable {
  private let path: String
  private let visitors = Lock<[BatchQueue<Never>]>([])

  init(_ path: String = "/gate") { self.path = path }

  var route: Route {
    Route(.get, path) { [path, visitors] _ in
      let visitor = BatchQueue<Never>(limit: 1)
      visitors.withLock { $0.append(visitor) }
      await Task { _ = await visitor.next() }.value
      return HTTPResponse("through \(path)\n")
    }
  }

  func waitForVisitors(_ count: Int) async throws {
    try await waitUntil("\(count) wait") { visitors.withLock { $0.count == count } }
  }

  func open() { for visitor in visitors.withLock({ $0 }) { visitor.finish() } }
}
