import JSONCoding
public import LatticeModel

/// Something that reaches a simulated host.
public enum HostInput: Sendable {
  /// A request on a subject of the control interface; the verb is what stands behind the lattice.
  case request(verb: String, payload: [UInt8], reply: String?)
  /// The record of a source was written, as every host sees it by its watch.
  case recordWritten(source: String, links: [LinkDefinition])
  /// A host tells whoever has this id that a link is deleted.
  case linkDropped(provider: String, LinkDefinition)
  /// Somebody asks a provider for its health.
  case health(provider: String, reply: String?)
  /// The time for a heartbeat has come.
  case heartbeat
}

/// What follows once a store has answered.
public typealias StoreContinuation =
  @Sendable (inout SimulatedHost, _ value: [UInt8]?, _ now: Int64) -> [HostOutput]

/// Something that a simulated host does; a carrier carries it out.
public enum HostOutput: Sendable {
  /// Answers a request.
  case reply(to: String, payload: [UInt8])
  /// Publishes a message.
  case publish(subject: String, payload: [UInt8])
  /// Reads a key of a bucket.
  case read(bucket: String, key: String, then: StoreContinuation)
  /// Writes a key of a bucket; `nil` purges it.
  case write(bucket: String, key: String, value: [UInt8]?, then: StoreContinuation)
  /// Goes on by itself after a time.
  case later(after: Duration, then: StoreContinuation)
  /// Notes what a command did.
  case note(LedgerEntry)
  /// A provider's process listens, or does no more.
  case listening(provider: String, Bool)
  /// A link came into force, or went.
  case force(ForceEntry)
  /// Ends the host in order: its subscriptions go, and its providers with it.
  case leave
  /// Ends the host's process: its providers from archives run on.
  case crash
}

extension ForceEntry {
  /// The entry as one line of JSON, in UTF-8 without a line feed.
  public var line: [UInt8] {
    JSONValue.object([
      "time": .int(Int(time)), "host": .string(host), "provider": .string(provider),
      "source": .string(link.link.key.source), "target": .string(link.link.target),
      "link": .string(link.link.key.name),
      "interface": .string("\(link.link.key.contract)"),
      "source_values": strings(link.sourceValues), "target_values": strings(link.targetValues),
      "in_force": .bool(isInForce),
    ]).bytes()
  }
}

/// A command that a simulated host received, and what it did.
public struct LedgerEntry: Hashable, Sendable {
  /// What a command did.
  public enum Effect: String, Hashable, Sendable {
    /// Something runs that did not.
    case started
    /// A set has another number of instances, on the old code.
    case rescaled
    /// Other code runs in place of what ran.
    case updated
    /// Something runs no more.
    case stopped
    /// A link or config is stored that was not, or was different.
    case stored
    /// A link or config is stored no more.
    case deleted
    /// An image that takes long is being fetched.
    case fetched
    /// Nothing changed: all was so already.
    case nothing = "none"
    /// It could not be done.
    case failed
    /// The host did not accept it.
    case refused
    /// The host's process ended of it.
    case crashed
    /// The host does nothing any more because of it.
    case hung
  }

  /// When the effect was there, in nanoseconds since 1970.
  public var time: Int64
  /// The host that carried it out.
  public var host: String
  /// The verb, such as `component.scale`.
  public var verb: String
  /// The id, name or key that it is about.
  public var subject: String
  /// The number of instances asked for, where there is one.
  public var count: Int?
  /// The image asked for, where there is one.
  public var image: String?
  /// What it did.
  public var effect: Effect

  /// The entry as one line of JSON, in UTF-8 without a line feed.
  public var line: [UInt8] {
    var members: [String: JSONValue] = [
      "time": .int(Int(time)), "host": .string(host), "verb": .string(verb),
      "subject": .string(subject), "effect": .string(effect.rawValue),
    ]
    if let count { members["count"] = .int(count) }
    if let image { members["image"] = .string(image) }
    return JSONValue.object(members).bytes()
  }
}
