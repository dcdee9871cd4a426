import Dispatch
public import ServiceRuntime

/// A small HTTP/1.1 server for a program's own pages.
///
/// ## Usage
/// ```swift
/// let server = try HTTPServer(
///   on: ListenAddress(host: "127.0.0.1", port: 0),
///   routes: [Route(.get, "/hello") { _ in HTTPResponse("hello\n") }])
/// print(server.address)  // 127.0.0.1:43210
/// try await server.run()  // until its task is cancelled
/// ```
public final class HTTPServer: Service {
  /// Where the server listens; the port is the one that the system chose.
  public var address: ListenAddress { socket.address }

  private let socket: ListeningSocket
  private let traffic: Traffic
  private let limits: HTTPLimits
  private let logger: Logger

  /// Creates a server and listens; clients wait until it runs.
  ///
  /// - Parameters:
  ///   - address: Where to listen; of a name that has several addresses, at the first.
  ///   - routes: The pages.
  ///   - limits: What a client may cost.
  ///   - logger: Told of the address, and of pages that take too long.
  /// - Throws: `HTTPServerError.cannotListen`.
  public init(
    on address: ListenAddress, routes: [Route], limits: HTTPLimits = HTTPLimits(),
    logger: Logger = .disabled
  ) throws(HTTPServerError) {
    socket = try ListeningSocket(address)
    traffic = Traffic(routes, limits, logger)
    self.limits = limits
    self.logger = logger
  }

  /// Serves until the task is cancelled; then finishes what is being answered and stops listening.
  ///
  /// Handlers have `HTTPLimits.stopTime` to finish; then their clients get 503 and they are
  /// cancelled and waited for. A server runs once.
  ///
  /// - Throws: `HTTPServerError` if it cannot start or has run before.
  public func run() async throws {
    let daemon = try Daemon(traffic, limits)
    let queue = DispatchQueue(label: "http")
    guard socket.accept(on: queue, daemon.add) else {
      await onOwnThread { daemon.stop() }
      throw HTTPServerError.hasRun
    }
    let timer = sweepTimer(on: queue)
    logger.notice("HTTP server listens", metadata: ["address": .string("\(address)")])
    await untilCancelled()
    // In a task of its own, for this one is cancelled and could not wait any more.
    await Task { await stop(daemon) }.value
    timer.cancel()
  }

  /// Stops in the one order that neither ends the process nor loses an answer: the library calls
  /// `abort` if it is stopped while a connection is suspended, and drops answers that it has not
  /// sent.
  private func stop(_ daemon: Daemon) async {
    traffic.beginStopping()
    await socket.close()
    await wait(atMost: limits.stopTime) { traffic.isHandling }
    traffic.giveUpHandlers()
    await wait(atMost: .milliseconds(250)) { traffic.hasExchanges }
    await onOwnThread { daemon.stop() }
    await traffic.waitForHandlers()
  }

  private func wait(atMost limit: Duration, while isSo: () -> Bool) async {
    let deadline = ContinuousClock.now + limit
    while isSo(), ContinuousClock.now < deadline {
      try? await Task.sleep(for: .milliseconds(2))
    }
  }

  private func sweepTimer(on queue: DispatchQueue) -> any DispatchSourceTimer {
    let shortest = min(limits.idleTime, limits.transferTime, limits.handlerTime)
    let period = min(max(shortest / 8, .milliseconds(5)), .seconds(1))
    let timer = DispatchSource.makeTimerSource(queue: queue)
    timer.schedule(
      deadline: .now(), repeating: .milliseconds(Int(period / .milliseconds(1))),
      leeway: .milliseconds(Int(period / .milliseconds(4))))
    timer.setEventHandler { @Sendable [traffic] in traffic.sweep() }
    timer.resume()
    return timer
  }
}
