public import ServiceRuntime

/// Messages of one subscription, in batches; ends with the subscription.
public final class MessageBatches: AsyncSequence, Sendable {
  private let queue: BatchQueue<NATSMessage>
  private let cancel: @Sendable () -> Void

  /// Creates a sequence over a queue.
  ///
  /// - Parameters:
  ///   - queue: Where messages arrive.
  ///   - cancel: Ends the subscription; called once, at the latest when nobody holds the sequence.
  public init(_ queue: BatchQueue<NATSMessage>, cancel: @escaping @Sendable () -> Void) {
    self.queue = queue
    self.cancel = cancel
  }

  deinit { unsubscribe() }

  /// Ends the subscription; what has arrived is still delivered.
  public func unsubscribe() {
    cancel()
    queue.finish()
  }

  /// Takes one batch after another.
  public struct Iterator: AsyncIteratorProtocol {
    let batches: MessageBatches

    /// Waits for messages and takes all there are.
    ///
    /// - Returns: The batch, or `nil` once the subscription has ended.
    public func next() async -> BatchQueue<NATSMessage>.Batch? { await batches.queue.next() }
  }

  /// Returns an iterator; one at a time.
  ///
  /// - Returns: The iterator.
  public func makeAsyncIterator() -> Iterator { Iterator(batches: self) }
}
