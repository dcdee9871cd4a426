/// Something that happened to a connection.
public enum ConnectionEvent: Hashable, Sendable {
  /// The connection was lost; it is tried again for ever.
  case disconnected
  /// The connection is back; what was sent meanwhile is lost.
  case reconnected
  /// The server is about to leave: it takes no new connections, and its JetStream may be gone already.
  case leaving
  /// The connection has ended for good.
  case closed
  /// The server refused to pass something on; its text names the subject.
  case refused(String)
}
