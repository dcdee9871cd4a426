import Testing

@testable import ServiceRuntime

@Suite("BatchQueue")
struct BatchQueueTests {
  @Test("a consumer takes all that waits, in order, and then the end")
  func order() async {
    let queue = BatchQueue<Int>(limit: 10)
    for number in 0..<3 { queue.append(number) }
    queue.finish()
    #expect(await queue.next()?.elements == [0, 1, 2])
    #expect(await queue.next() == nil)
  }

  @Test("a full queue drops the newest and says how many")
  func overflow() async {
    let queue = BatchQueue<Int>(limit: 2)
    for number in 0..<5 { queue.append(number) }
    let batch = await queue.next()
    #expect(batch?.elements == [0, 1])
    #expect(batch?.dropped == 3)
  }

  @Test("nothing is lost between many senders and one consumer")
  func senders() async {
    let queue = BatchQueue<Int>(limit: 100_000)
    await withTaskGroup(of: Void.self) { group in
      for sender in 0..<8 {
        group.addTask { for number in 0..<1_000 { queue.append(sender * 1_000 + number) } }
      }
      group.addTask {
        var seen: Set<Int> = []
        while seen.count < 8_000, let batch = await queue.next() { seen.formUnion(batch.elements) }
        #expect(seen.count == 8_000)
      }
    }
  }

  @Test("a waiting consumer wakes up when its task is cancelled")
  func cancellation() async {
    let queue = BatchQueue<Int>(limit: 2)
    let consumer = Task { await queue.next()?.elements }
    consumer.cancel()
    #expect(await consumer.value == nil)
  }
}
