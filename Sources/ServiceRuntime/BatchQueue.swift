/// A bounded queue from any thread to one asynchronous consumer, who takes all there is at once.
///
/// Taking whole batches costs one wake-up for many elements; a stream of single elements is three
/// times slower. When the queue is full the newest element is dropped and counted, and the
/// consumer is told with its next batch.
public final class BatchQueue<Element: Sendable>: Sendable {
  /// What the consumer takes at once.
  public struct Batch: Sendable {
    /// The elements in the order of their arrival.
    public var elements: [Element]
    /// How many were dropped since the last batch because the queue was full.
    public var dropped: Int
  }

  private struct State {
    var elements: [Element] = []
    var dropped = 0
    var isFinished = false
    var consumer: CheckedContinuation<Batch?, Never>?
  }

  private let state = Lock(State())
  private let limit: Int

  /// Creates a queue.
  ///
  /// - Parameter limit: How many elements may wait, at least 1.
  public init(limit: Int) { self.limit = max(1, limit) }

  /// Adds an element, or drops it if the queue is full or finished; never blocks.
  ///
  /// - Parameter element: The element.
  public func append(_ element: Element) {
    let wake = state.withLock { state -> (CheckedContinuation<Batch?, Never>, Batch)? in
      guard !state.isFinished else { return nil }
      guard let consumer = state.consumer else {
        if state.elements.count < limit {
          state.elements.append(element)
        } else {
          state.dropped &+= 1
        }
        return nil
      }
      state.consumer = nil
      return (consumer, Batch(elements: [element], dropped: 0))
    }
    if let (consumer, batch) = wake { consumer.resume(returning: batch) }
  }

  /// Ends the queue: what waits is still taken, then the consumer gets `nil`.
  public func finish() {
    let consumer = state.withLock { state in
      state.isFinished = true
      defer { state.consumer = nil }
      return state.consumer
    }
    consumer?.resume(returning: nil)
  }

  /// Takes what is there, without waiting.
  ///
  /// - Returns: The batch, or `nil` where nothing is there.
  public func takeWaiting() -> Batch? {
    state.withLock { state in
      guard !state.elements.isEmpty || state.dropped > 0 else { return nil }
      defer {
        state.elements = []
        state.dropped = 0
      }
      return Batch(elements: state.elements, dropped: state.dropped)
    }
  }

  /// Waits until something is there and takes it all; one consumer at a time.
  ///
  /// - Returns: The batch, or `nil` once the queue is finished and empty, the task is cancelled,
  ///   or another consumer waits already.
  public func next() async -> Batch? {
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let batch = state.withLock { state -> Batch?? in
          if !state.elements.isEmpty || state.dropped > 0 {
            let batch = Batch(elements: state.elements, dropped: state.dropped)
            state.elements = []
            state.dropped = 0
            return .some(batch)
          }
          if state.isFinished || state.consumer != nil || Task.isCancelled { return .some(nil) }
          state.consumer = continuation
          return nil
        }
        if let batch { continuation.resume(returning: batch) }
      }
    } onCancel: {
      let consumer = state.withLock { state in
        defer { state.consumer = nil }
        return state.consumer
      }
      consumer?.resume(returning: nil)
    }
  }
}
