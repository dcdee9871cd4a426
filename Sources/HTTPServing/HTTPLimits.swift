/// What a client may cost.
///
/// The defaults suit a few pages for probes and collectors, and people who look at them.
public struct HTTPLimits: Hashable, Sendable {
  /// How many connections are open; one more closes the one that has been quiet longest.
  public var connections = 256
  /// How long a connection may stay open between two requests, or before the first.
  public var idleTime: Duration = .seconds(30)
  /// How long a request may take to arrive, and an answer to leave.
  public var transferTime: Duration = .seconds(10)
  /// How long a handler may take; then the client gets 503 and the handler is cancelled.
  public var handlerTime: Duration = .seconds(10)
  /// How many handlers may run; a request above that gets 503.
  public var handlers = 16
  /// How long a request target may be, in bytes; a longer one gets 414.
  public var targetBytes = 2 << 10
  /// How long the request line and header fields may be, in bytes; longer ones get 431.
  public var headerBytes = 8 << 10
  /// How long a body may be, in bytes; a longer one gets 413.
  public var bodyBytes = 64 << 10
  /// How long the bodies that have arrived may be together, in bytes; who brings more gets 429.
  public var allBodyBytes = 32 << 20
  /// How long requests that are being handled may take when the server stops; then they get 503.
  public var stopTime: Duration = .seconds(2)

  /// Creates the default limits.
  public init() {}
}
