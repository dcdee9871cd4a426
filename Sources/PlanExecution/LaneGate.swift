/// Lets commands through where they may go: so many at once in all, so many on one host, one at a
/// time for one link source.
///
/// Lanes are entered in the order of their names, so that nobody who is in one waits for another who
/// waits for it. What may take long leaves its lanes early.
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

  /// A place inside lanes, held until it is given back.
  actor Turn {
    private let gate: LaneGate
    private var lanes: [Lane]

    fileprivate init(_ gate: LaneGate, _ lanes: [Lane]) { (self.gate, self.lanes) = (gate, lanes) }

    /// Gives the place back; once is enough.
    func end() async {
      let held = lanes
      lanes = []
      for lane in held.reversed() { await gate.leave(lane) }
    }
  }

  /// Does something inside lanes.
  ///
  /// - Parameters:
  ///   - lanes: The lanes.
  ///   - body: What is done; it may end its turn before it is over.
  /// - Returns: What `body` returns.
  nonisolated func pass<Result: Sendable>(
    _ lanes: [Lane], _ body: @Sendable (Turn) async -> Result
  ) async -> Result {
    let all = lanes.sorted { $0.name < $1.name } + [everybody]
    for lane in all { await enter(lane) }
    let turn = Turn(self, all)
    let result = await body(turn)
    await turn.end()
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
