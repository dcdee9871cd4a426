import LatticeDialects
import LatticeModel
import NATSTransport
import ServiceRuntime

/// The events of a lattice from the moment it is opened, decoded, each once.
///
/// Opened before anybody is asked for anything, so that nothing is lost in between. Messages that
/// cannot be read are counted and passed over.
final class EventFeed: Sendable {
  /// What arrived: an event, or that some were lost.
  enum Arrival: Hashable, Sendable {
    /// An event, when it arrived.
    case event(LatticeEvent, at: Timestamp)
    /// Some events were dropped: what is known may be out of date.
    case gap
  }

  private let messages: MessageBatches
  private let arrivals = BatchQueue<Arrival>(limit: 100_000)

  /// Subscribes to the events of a lattice.
  ///
  /// - Parameters:
  ///   - lattice: The lattice.
  ///   - dialect: How its hosts speak.
  ///   - transport: What carries them.
  ///   - clock: The time of day.
  /// - Throws: `NATSError` if the subscription is refused.
  init(
    _ lattice: LatticeName, in dialect: any LatticeDialect, over transport: any MessageTransport,
    clock: WallClock
  ) async throws {
    let messages = try await transport.subscribe(
      to: dialect.eventSubject(in: lattice), queue: nil, limit: 100_000)
    self.messages = messages
    Task { [arrivals] in
      var reader = dialect.eventReader()
      for await batch in messages {
        if batch.dropped > 0 { arrivals.append(.gap) }
        let now = Timestamp(nanoseconds: clock.now)
        for message in batch.elements {
          guard let event = try? reader.read(message.payload) else { continue }
          arrivals.append(.event(event, at: now))
        }
      }
    }
  }

  deinit { close() }

  /// Waits for events and takes all there are; one consumer at a time.
  ///
  /// - Returns: What arrived, or `nil` once the feed is closed.
  func next() async -> [Arrival]? {
    guard let batch = await arrivals.next() else { return nil }
    return batch.elements + (batch.dropped > 0 ? [.gap] : [])
  }

  /// Takes what has arrived, without waiting.
  ///
  /// - Returns: What arrived; nothing if nothing has.
  func takeWaiting() -> [Arrival] { arrivals.takeWaiting()?.elements ?? [] }

  /// Ends the subscription.
  func close() {
    messages.unsubscribe()
    arrivals.finish()
  }
}
