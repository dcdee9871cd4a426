/// What the observed state says about a command that was sent.
public enum CommandStatus: Hashable, Sendable {
  /// Its effect is there.
  case confirmed
  /// Its effect is not there yet.
  case pending
  /// Nobody waits for its effect any more.
  case abandoned
  /// A host has said that it failed.
  case failed(String)
  /// Its host cannot be heard any more; it may go on with it all the same.
  case unheard(String)
  /// The connection went away, or its host began anew.
  case lost(String)
}
