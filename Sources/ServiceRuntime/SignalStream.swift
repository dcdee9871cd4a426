import Dispatch
import Glibc

/// The signals that the program gets, as an asynchronous sequence.
///
/// The first `SIGTERM` or `SIGINT` is an element; the second ends the process at once with status
/// 128 plus the signal's number, for whoever does not want to wait.
public final class SignalStream: AsyncSequence, Sendable {
  /// The signals that ask a program to end: `SIGTERM` and `SIGINT`.
  public static let requestsToEnd = [SIGTERM, SIGINT]

  private let arrivals = BatchQueue<Int32>(limit: 16)
  private nonisolated(unsafe) let sources: [any DispatchSourceSignal]

  /// Begins to take signals, which from its return on no longer end the process by themselves.
  ///
  /// - Parameter signals: The signals' numbers.
  public init(_ signals: [Int32] = SignalStream.requestsToEnd) {
    let queue = DispatchQueue(label: "signals")
    let requests = Lock<UInt>(0)
    let registered = DispatchSemaphore(value: 0)
    let arrivals = arrivals
    sources = signals.map { number in
      let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
      source.setEventHandler { @Sendable in
        let requested = requests.withLock { count in
          if Self.requestsToEnd.contains(number) { count &+= 1 }
          return count
        }
        guard requested < 2 else { _exit(128 + number) }
        arrivals.append(number)
      }
      source.setRegistrationHandler { @Sendable in registered.signal() }
      source.resume()
      return source
    }
    for _ in sources { registered.wait() }
  }

  deinit { for source in sources { source.cancel() } }

  /// Returns an iterator; one at a time.
  ///
  /// - Returns: The iterator.
  public func makeAsyncIterator() -> Iterator { Iterator(stream: self) }

  /// Waits for one signal after the other.
  public struct Iterator: AsyncIteratorProtocol {
    fileprivate let stream: SignalStream
    private var waiting: ArraySlice<Int32> = []

    fileprivate init(stream: SignalStream) { self.stream = stream }

    /// Waits for the next signal.
    ///
    /// - Returns: Its number, or `nil` once the task is cancelled.
    public mutating func next() async -> Int32? {
      if let number = waiting.popFirst() { return number }
      guard let batch = await stream.arrivals.next() else { return nil }
      waiting = batch.elements[...]
      return waiting.popFirst()
    }
  }
}
