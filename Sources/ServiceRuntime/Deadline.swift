import Dispatch

/// Something that happens at a moment unless it is cancelled before, on a thread of its own.
///
/// The pool that runs tasks may be the very thing that hangs.
final class Deadline: Sendable {
  private let work: Lock<DispatchWorkItem>

  init(after span: Duration, _ action: @escaping @Sendable () -> Void) {
    let item = DispatchWorkItem(block: action)
    let wait = DispatchTimeInterval.milliseconds(
      Int(clamping: max(0, milliseconds(of: min(span, .seconds(100_000_000))))))
    DispatchQueue(label: "deadline").asyncAfter(deadline: .now() + wait, execute: item)
    work = Lock(item)
  }

  func cancel() { work.withLock { $0.cancel() } }
}
