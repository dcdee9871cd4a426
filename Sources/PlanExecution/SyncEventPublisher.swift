public import JSONCoding
public import LatticeModel
public import NATSTransport
public import ServiceRuntime
import TextForms

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
  ///   - type: What happened: `sync`, `unknown`, `held`, `unplaceable`, `unreached` or `health`.
  ///   - data: The facts.
  public func publish(_ type: String, _ data: [String: JSONValue]) async {
    var random = SystemRandomNumberGenerator()
    let id = String(random.next(), radix: 16) + String(random.next(), radix: 16)
    let event: JSONValue = [
      "specversion": "1.0", "id": .string(id), "source": .string("reconcile/\(lattice)"),
      "type": .string("dev.reconcile.\(type)"), "time": .string(formatTimestamp(clock.now)),
      "datacontenttype": "application/json", "data": .object(data),
    ]
    try? await transport.publish(
      event.bytes(), to: "reconcile.evt.\(lattice).\(type)", replyTo: nil)
  }
}
