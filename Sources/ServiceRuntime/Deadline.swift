import Dispatch

/// Something that happens at a moment unless it is cancelled before, on a thread of its own.
///
/// The pool that runs tasks may be the very thing that hangs.
public final class Deadline: Sendable {
  private let work: Lock<DispatchWorkItem>

  /// Begins to wait.
  ///
  /// - Parameters:
  ///   - span: How long.
  ///   - action: What happens then, on a thread of its own, unless it is cancelled.
  public init(after span: Duration, _ action: @escaping @Sendable () -> Void) {
    let item = DispatchWorkItem(block: action)
    let wait = DispatchTimeInterval.milliseconds(
      Int(clamping: max(0, milliseconds(of: min(span, .seconds(100_000_000))))))
    DispatchQueue(label: "deadline").asyncAfter(deadline: .now() + wait, execute: item)
    work = Lock(item)
  }

  /// Ends the waiting: nothing happens any more.
  public func cancel() { work.withLock { $0.cancel() } }
}
