import LatticeDialects
public import LatticeModel
public import NATSTransport
public import ServiceRuntime

/// The events of a lattice from the moment it is opened, decoded, each once.
///
/// Opened before anybody is asked for anything, so that nothing is lost in between. Messages that
/// cannot be read are counted and passed over.
public final class EventFeed: Sendable {
  /// What arrived: an event, or that some were lost.
  public enum Arrival: Hashable, Sendable {
    /// An event, when it arrived.
    case event(LatticeEvent, at: Timestamp)
    /// Some events were dropped: what is known may be out of date.
    case gap
  }

  private let batches: [MessageBatches]
  private let arrivals = BatchQueue<Arrival>(limit: 100_000)
  private let tasks: [Task<Void, Never>]

  /// Subscribes to the events of a lattice.
  ///
  /// - Parameters:
  ///   - lattice: The lattice.
  ///   - transport: What carries them.
  ///   - clock: The time of day.
  /// - Throws: `NATSError` if the subscription is refused.
  public init(_ lattice: LatticeName, over transport: any MessageTransport, clock: WallClock)
    async throws
  {
    let subject = ControlSubject.events(lattice)[0]
    let messages = try await transport.subscribe(to: subject, queue: nil, limit: 100_000)
    batches = [messages]
    let arrivals = arrivals
    tasks = [
      Task {
        var decoder = EventDecoder()
        for await batch in messages {
          if batch.dropped > 0 { arrivals.append(.gap) }
          let now = Timestamp(nanoseconds: clock.now)
          for message in batch.elements {
            guard let event = try? decoder.decode(message.payload) else { continue }
            arrivals.append(.event(event.event, at: now))
          }
        }
      }
    ]
  }

  deinit { close() }

  /// Waits for events and takes all there are; one consumer at a time.
  ///
  /// - Returns: What arrived, or `nil` once the feed is closed.
  public func next() async -> [Arrival]? {
    guard let batch = await arrivals.next() else { return nil }
    return batch.elements + (batch.dropped > 0 ? [.gap] : [])
  }

  /// Takes what has arrived, without waiting.
  ///
  /// - Returns: What arrived; nothing if nothing has.
  public func takeWaiting() -> [Arrival] { arrivals.takeWaiting()?.elements ?? [] }

  /// Ends the subscription.
  public func close() {
    for batch in batches { batch.unsubscribe() }
    arrivals.finish()
  }
}
