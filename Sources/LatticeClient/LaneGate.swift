/// Lets commands through where they may go: so many at once in all, so many on one host, one at a
/// time for one link source.
///
/// Whoever waits for a lane goes in the order of asking.
actor LaneGate {
  /// Where commands must go one after another, or a few at a time.
  struct Lane: Hashable, Sendable {
    var name: String
    var width: Int
  }

  private struct Queue {
    var inside = 0
    var waiting: [CheckedContinuation<Void, Never>] = []
    var next = 0
  }

  private let everybody: Lane
  private var queues: [Lane: Queue] = [:]

  /// Creates a gate.
  ///
  /// - Parameter limit: How many may be inside at once.
  init(limit: Int) { everybody = Lane(name: "", width: limit) }

  /// Does something inside a lane.
  nonisolated func pass<Result: Sendable>(
    _ lane: Lane?, _ body: @Sendable () async -> Result
  ) async -> Result {
    if let lane { await enter(lane) }
    await enter(everybody)
    let result = await body()
    await leave(everybody)
    if let lane { await leave(lane) }
    return result
  }

  private func enter(_ lane: Lane) async {
    if queues[lane, default: Queue()].inside < lane.width {
      queues[lane, default: Queue()].inside += 1
      return
    }
    await withCheckedContinuation { queues[lane, default: Queue()].waiting.append($0) }
  }

  /// Leaves a lane, or hands the place to whoever waits longest.
  private func leave(_ lane: Lane) {
    guard var queue = queues[lane] else { return }
    if queue.next < queue.waiting.count {
      queue.waiting[queue.next].resume()
      queue.next += 1
      queues[lane] = queue
    } else if queue.inside > 1 {
      queue.inside -= 1
      (queue.waiting, queue.next) = ([], 0)
      queues[lane] = queue
    } else {
      queues[lane] = nil
    }
  }
}
