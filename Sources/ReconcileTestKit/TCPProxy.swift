import Dispatch
import Glibc
import LatticeSimulator
import ServiceRuntime

/// A line to a server on this machine that is slow, or breaks again and again.
///
/// Each direction of each connection has a thread of its own, which ends with the connection.
public final class TCPProxy: Sendable {
  /// Why there is no line.
  public struct Failure: Error, CustomStringConvertible {
    /// What the system said.
    public let description: String
  }

  /// The port it listens on.
  public let port: Int
  private let line: Line

  /// The address that clients of a nats-server behind it connect to.
  public var address: String { "nats://127.0.0.1:\(port)" }

  /// How often a connection was cut.
  public var cuts: Int { line.state.withLock { $0.cuts } }

  /// Listens on a free port.
  ///
  /// - Parameters:
  ///   - server: The port of the server behind it.
  ///   - seed: What the moments of its cuts come from.
  /// - Throws: `Failure` if it cannot listen.
  public init(to server: Int, seed: UInt64 = 1) throws {
    let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = loopback(port: 0)
    let isListening =
      withAddress(&address) { bind(listener, $0, $1) } == 0 && listen(listener, 64) == 0
    guard listener >= 0, isListening, let port = boundPort(of: listener) else {
      let text = String(cString: strerror(errno))
      close(listener)
      throw Failure(description: "no listening socket: \(text)")
    }
    self.port = port
    let line = Line(listener: listener, server: server, seed: seed)
    self.line = line
    DispatchQueue(label: "proxy.accept").async { line.accept() }
  }

  deinit { line.end() }

  /// Hands on each piece so much later, in both directions.
  ///
  /// - Parameter delay: How much later; 0 for at once.
  public func slow(by delay: Duration) { line.state.withLock { $0.delay = delay } }

  /// Takes whatever is sent and hands none of it on, in both directions: neither end learns of it.
  ///
  /// - Parameter isSwallowing: Whether it does; what it has taken never arrives.
  public func swallow(_ isSwallowing: Bool) {
    line.state.withLock { $0.isSwallowing = isSwallowing }
  }

  /// Cuts each connection from now on once so many bytes have passed, in the middle of whatever is
  /// being said.
  ///
  /// - Parameter bytes: How many, at least and at most, both directions taken together; `nil` lets
  ///   connections live.
  public func flap(after bytes: ClosedRange<Int>?) { line.flap(after: bytes) }

  /// Cuts all connections now.
  public func cut() { line.cut() }
}

/// What the threads share.
private final class Line: Sendable {
  struct Connection {
    var client: Int32
    var server: Int32
    /// How many bytes may still pass.
    var budget: Int?
    /// How many of the two directions still run; the descriptors are closed with the last.
    var directions = 2
  }

  struct State {
    var connections: [Int: Connection] = [:]
    var next = 0
    var cuts = 0
    var delay = Duration.zero
    var isSwallowing = false
    var limit: ClosedRange<Int>?
    var random: SeededGenerator
    var isEnded = false

    mutating func budget() -> Int? { limit.map { Int.random(in: $0, using: &random) } }
  }

  let state: Lock<State>
  private let listener: Int32
  private let server: Int

  init(listener: Int32, server: Int, seed: UInt64) {
    self.listener = listener
    self.server = server
    state = Lock(State(random: SeededGenerator(seed: seed)))
  }

  func accept() {
    while true {
      let client = Glibc.accept(listener, nil, nil)
      guard client >= 0 else { break }
      guard let server = connectLoopback(to: server) else {
        close(client)
        continue
      }
      let number = state.withLock { state -> Int? in
        guard !state.isEnded else { return nil }
        state.next += 1
        state.connections[state.next] = Connection(
          client: client, server: server, budget: state.budget())
        return state.next
      }
      guard let number else {
        close(client)
        close(server)
        break
      }
      for (source, sink) in [(client, server), (server, client)] {
        DispatchQueue(label: "proxy.direction").async {
          self.carry(from: source, to: sink, of: number)
        }
      }
    }
    close(listener)
  }

  /// Carries one direction until either end, or we, end it.
  private func carry(from source: Int32, to sink: Int32, of number: Int) {
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = read(source, &buffer, buffer.count)
      guard count > 0 else { break }
      let (passing, delay) = state.withLock { state -> (Int, Duration) in
        guard let budget = state.connections[number]?.budget else { return (count, state.delay) }
        state.connections[number]?.budget = max(0, budget - count)
        if budget > 0, budget <= count { state.cuts += 1 }
        return (min(count, budget), state.delay)
      }
      if state.withLock({ $0.isSwallowing }) { continue }
      if delay > .zero { poll(nil, 0, Int32(clamping: Int(delay / .milliseconds(1)))) }
      guard write(buffer[..<passing], to: sink), passing == count else { break }
    }
    shutdown(source, Int32(SHUT_RDWR))
    shutdown(sink, Int32(SHUT_RDWR))
    let isOver = state.withLock { state in
      state.connections[number]?.directions -= 1
      guard state.connections[number]?.directions == 0 else { return false }
      state.connections[number] = nil
      return true
    }
    guard isOver else { return }
    close(source)
    close(sink)
  }

  private func write(_ bytes: ArraySlice<UInt8>, to sink: Int32) -> Bool {
    var rest = bytes
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes {
        send(sink, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      guard count > 0 else { return false }
      rest = rest.dropFirst(count)
    }
    return true
  }

  func flap(after bytes: ClosedRange<Int>?) {
    state.withLock { state in
      state.limit = bytes
      for number in state.connections.keys.sorted() {
        let budget = state.budget()
        state.connections[number]?.budget = budget
      }
    }
  }

  /// Under the lock, so that no descriptor is closed and given to somebody else meanwhile.
  func cut() {
    state.withLock { state in
      for connection in state.connections.values {
        shutdown(connection.client, Int32(SHUT_RDWR))
        shutdown(connection.server, Int32(SHUT_RDWR))
      }
      state.cuts += state.connections.count
    }
  }

  func end() {
    state.withLock { $0.isEnded = true }
    shutdown(listener, Int32(SHUT_RDWR))
    cut()
  }
}
