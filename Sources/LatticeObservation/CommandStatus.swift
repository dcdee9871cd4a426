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

/// What may be sent just now.
public enum CommandPermission: Hashable, Sendable {
  /// Whatever the plan asks for.
  case all
  /// Only what ends a step that has begun: we were told to stop.
  case finishing
  /// Nothing: somebody else may command now, or a person has halted it.
  case none
}

/// What was learnt while a plan was carried out.
public struct ExecutionTrace: Sendable {
  /// Why the rest of the plan was dropped, where it was.
  public var preemption: String?
  /// How many inventories and stored records were read to confirm commands.
  public var reads = 0
  /// Whether the connection was lost meanwhile.
  public var wasDisconnected = false

  /// Creates a trace of nothing.
  public init() {}
}
