/// Lets commands through where they may go: so many at once in all, so many on one host, one at a
/// time for one link source.
///
/// Lanes are entered in the order of their names, so that nobody who is in one waits for another who
/// waits for it. What may take long leaves its lanes early, but for those that are kept.
///
/// Whoever waits for a lane goes in the order of asking.
actor LaneGate {
  /// Where commands must go one after another, or a few at a time.
  struct Lane: Hashable, Sendable {
    var name: String
    var width: Int
    /// Whether it is left only once all is over.
    var isKept = false
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

    /// Gives the place back, but in lanes that are kept; once is enough.
    func end() async { await leave { !$0.isKept } }

    fileprivate func leave(where mayLeave: (Lane) -> Bool) async {
      let left = lanes.filter(mayLeave)
      lanes.removeAll(where: mayLeave)
      for lane in left.reversed() { await gate.leave(lane) }
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
    await turn.leave { _ in true }
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
