public import ServiceRuntime

/// Why a server cannot serve.
public enum HTTPServerError: Error, Hashable, Sendable {
  /// The address cannot be listened on, with the system's words.
  case cannotListen(ListenAddress, String)
  /// The library could not start its thread.
  case cannotStart
  /// The server has run before; it runs once.
  case hasRun
}
