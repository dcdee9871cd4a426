internal import CMicroHTTPD
import Glibc
internal import ServiceRuntime

/// The connections, requests and handlers of a running server.
///
/// The library's thread tells what arrives, tasks answer, and a timer looks for what takes too
/// long; one lock keeps them apart. A connection is suspended, resumed and shut down under it, so
/// that none is that the library has closed meanwhile, and none is suspended once the server stops.
final class Traffic: Sendable {
  typealias ID = ConnectionTable.ID

  private struct State {
    var table: ConnectionTable
    var handlers: [UInt64: Task<Void, Never>] = [:]
    var isStopping = false

    /// Answers a request whose connection is suspended; any other has its answer already.
    mutating func finish(
      _ id: ID, _ number: UInt64, with response: HTTPResponse, at now: ContinuousClock.Instant
    ) {
      guard let exchange = table[id], exchange.number == number, exchange.isHandling else { return }
      table.move(id, to: .answered(response), at: now)
      MHD_resume_connection(OpaquePointer(bitPattern: id))
    }
  }

  private let routes: [Route]
  private let limits: HTTPLimits
  private let state: Lock<State>
  let logger: Logger

  init(_ routes: [Route], _ limits: HTTPLimits, _ logger: Logger) {
    self.routes = routes
    self.limits = limits
    self.logger = logger
    state = Lock(State(table: ConnectionTable(limits: limits)))
  }

  // MARK: What the library's thread tells

  func open(_ id: ID, _ descriptor: Int32) {
    let now = ContinuousClock.now
    state.withLock { state in
      if let victim = state.table.open(id, descriptor, at: now) { shutdown(victim, shutdownBoth) }
    }
  }

  func close(_ id: ID) { state.withLock { $0.table.close(id) } }

  func begin(_ id: ID, _ target: String) {
    let now = ContinuousClock.now
    let path = HTTPRequest(target: target).path
    let bodyBytes = routes.first { $0.leads(to: path) }?.bodyBytes ?? limits.bodyBytes
    state.withLock { $0.table.begin(id, target, bodyBytes: bodyBytes, at: now) }
  }

  func end(_ id: ID) {
    let now = ContinuousClock.now
    state.withLock { $0.table.end(id, at: now) }
  }

  func take(_ id: ID, _ bytes: UnsafeRawBufferPointer) {
    state.withLock { $0.table.take(id, bytes) }
  }

  /// Returns the answer to a request whose header cannot be accepted, else `nil`.
  func refusal(of id: ID, _ head: RequestHead) -> HTTPResponse? {
    let now = ContinuousClock.now
    return state.withLock { state in
      guard let exchange = state.table[id] else { return nil }
      guard
        let answer = head.refusal(
          of: exchange.target, within: limits, bodyBytes: exchange.bodyBytes)
      else {
        state.table.note(head.fields, of: id)
        return nil
      }
      state.table.move(id, to: .leaving, at: now)
      return answer
    }
  }

  /// Returns the answer to a whole request, or starts its handler and suspends the connection.
  func answer(_ id: ID, _ method: String) -> HTTPResponse? {
    let now = ContinuousClock.now
    return state.withLock { state in
      guard let exchange = state.table[id] else { return nil }
      let answer: HTTPResponse?
      switch exchange.stage {
      case .arriving: answer = begin(exchange, id, method, &state)
      case .answered(let response): answer = response
      case .handling, .leaving: return nil
      }
      state.table.move(id, to: answer == nil ? .handling : .leaving, at: now)
      return state.isStopping ? answer?.closing : answer
    }
  }

  private func begin(
    _ exchange: Exchange, _ id: ID, _ method: String, _ state: inout State
  ) -> HTTPResponse? {
    if state.isStopping { return .stopping }
    if exchange.isTooLong { return .tooLong }
    if exchange.isCrowdedOut { return .tooMuch }
    var request = HTTPRequest(target: exchange.target, body: exchange.body)
    request.fields = exchange.fields
    switch RouteMatch(method, request.path, in: routes) {
    case .refused(let response): return response
    case .found(let route):
      guard state.handlers.count < limits.handlers else { return .tooManyRequests }
      MHD_suspend_connection(OpaquePointer(bitPattern: id))
      state.handlers[exchange.number] = Task { [request] in
        self.finish(id, exchange.number, with: await route.handler(request))
        self.state.withLock { _ = $0.handlers.removeValue(forKey: exchange.number) }
      }
      return nil
    }
  }

  // MARK: What other threads do

  private func finish(_ id: ID, _ number: UInt64, with response: HTTPResponse) {
    let now = ContinuousClock.now
    state.withLock { $0.finish(id, number, with: response, at: now) }
  }

  /// Cuts the clients and answers for the handlers that take too long.
  func sweep() {
    let now = ContinuousClock.now
    let late = state.withLock { state in
      let overdue = state.table.overdue(at: now)
      for descriptor in overdue.toCut { shutdown(descriptor, shutdownBoth) }
      for (id, number) in overdue.late {
        state.handlers[number]?.cancel()
        state.finish(id, number, with: .overdue, at: now)
      }
      return overdue.late.count
    }
    if late > 0 {
      logger.warning("Pages took too long", metadata: ["pages": .int(late)])
    }
  }

  /// From now on no handler starts; each answer closes its connection.
  func beginStopping() { state.withLock { $0.isStopping = true } }

  var isHandling: Bool { state.withLock { !$0.table.handling.isEmpty } }
  var hasExchanges: Bool { state.withLock { $0.table.hasExchanges } }

  /// Answers for the handlers that still work, and cancels them.
  func giveUpHandlers() {
    let now = ContinuousClock.now
    state.withLock { state in
      for task in state.handlers.values { task.cancel() }
      for (id, number) in state.table.handling {
        state.finish(id, number, with: .stopping, at: now)
      }
    }
  }

  /// Waits until every handler has returned.
  func waitForHandlers() async {
    for task in state.withLock({ Array($0.handlers.values) }) { await task.value }
  }
}

private let shutdownBoth = Int32(SHUT_RDWR)
