public import JSONCoding
public import LatticeModel
public import NATSTransport
public import ServiceRuntime
import TextForms

/// What others are told of, as one CloudEvent.
public struct SyncEvent: Hashable, Sendable {
  /// What happened: `change`, `sync`, `unknown`, `held`, `unplaceable`, `unreached` or `health`.
  public var type: String
  /// What it is about, such as `shop/actor/web`; `nil` where that is the lattice as a whole.
  public var subject: String?
  /// What tells it from the lattice's other events; made up where `nil`.
  public var id: String?
  /// The facts.
  public var data: [String: JSONValue]

  /// Creates an event.
  ///
  /// - Parameters:
  ///   - type: What happened.
  ///   - subject: What it is about.
  ///   - id: What tells it from the others.
  ///   - data: The facts.
  public init(
    _ type: String, about subject: String? = nil, id: String? = nil, _ data: [String: JSONValue]
  ) {
    (self.type, self.subject, self.id, self.data) = (type, subject, id, data)
  }
}

/// Tells others of what we do and see, as CloudEvents 1.0 on `reconcile.evt.<lattice>.<type>`.
///
/// Nobody is waited for; an event that cannot be sent is lost.
public struct SyncEventPublisher: Sendable {
  private let lattice: LatticeName
  private let transport: any MessageTransport
  private let clock: WallClock

  /// Creates a publisher; nothing is sent.
  ///
  /// - Parameters:
  ///   - lattice: The lattice.
  ///   - transport: What carries the events.
  ///   - clock: The time of day.
  public init(_ lattice: LatticeName, over transport: any MessageTransport, clock: WallClock) {
    self.lattice = lattice
    self.transport = transport
    self.clock = clock
  }

  /// Publishes an event.
  ///
  /// - Parameters:
  ///   - type: What happened.
  ///   - subject: What it is about; `nil` where that is the lattice as a whole.
  ///   - data: The facts.
  public func publish(
    _ type: String, about subject: String? = nil, _ data: [String: JSONValue]
  ) async {
    await publish([SyncEvent(type, about: subject, data)])
  }

  /// Publishes events, in their order.
  ///
  /// - Parameter events: The events.
  public func publish(_ events: [SyncEvent]) async {
    for event in events {
      try? await transport.publish(
        JSONValue.object(envelope(of: event)).bytes(),
        to: "reconcile.evt.\(lattice).\(event.type)",
        headers: ["content-type": "application/cloudevents+json"], replyTo: nil)
    }
  }

  private func envelope(of event: SyncEvent) -> [String: JSONValue] {
    var members: [String: JSONValue] = [
      "specversion": "1.0", "id": .string(event.id ?? madeUpID()),
      "source": .string("reconcile/\(lattice)"), "type": .string("dev.reconcile.\(event.type)"),
      "time": .string(formatTimestamp(clock.now)), "datacontenttype": "application/json",
      "data": .object(event.data),
    ]
    if let subject = event.subject { members["subject"] = .string(subject) }
    return members
  }

  private func madeUpID() -> String {
    var random = SystemRandomNumberGenerator()
    return String(random.next(), radix: 16) + String(random.next(), radix: 16)
  }
}
