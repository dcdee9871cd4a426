import Dispatch
import Testing

@testable import ServiceRuntime

/// Blocks in its calls, on a thread of its own.
private actor Blocker {
  private let executor = BlockingExecutor(label: "test")
  nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

  func block(on semaphore: DispatchSemaphore) { semaphore.waitHere() }
}

extension DispatchSemaphore {
  fileprivate func waitHere() { wait() }
}

@Suite("BlockingExecutor and WallClock")
struct RuntimeTests {
  @Test("blocked actors leave the pool to the others")
  func blocking() async {
    let semaphore = DispatchSemaphore(value: 0)
    let blockers = (0..<16).map { _ in Blocker() }
    await withTaskGroup(of: Void.self) { group in
      for blocker in blockers { group.addTask { await blocker.block(on: semaphore) } }
      group.addTask { for _ in blockers { semaphore.signal() } }
    }
  }

  @Test("a manual clock shows what a test writes")
  func clock() {
    let moment = Lock<Int64>(5)
    let clock = WallClock.manual(moment)
    moment.withLock { $0 += 1 }
    #expect(clock.now == 6)
    #expect(WallClock.fixed(9).now == 9)
    #expect(WallClock.system.now > 1_700_000_000_000_000_000)
  }

  @Test("a second consumer gets nothing and leaves the first waiting")
  func secondConsumer() async {
    let queue = BatchQueue<Int>(limit: 2)
    async let first = queue.next()
    async let second = queue.next()
    queue.append(1)
    queue.finish()
    let all = await [first, second].compactMap { $0 }.flatMap(\.elements)
    #expect(all == [1])
  }
}
