/// Hosts with the lowest score first, then by position.
///
/// Scores only rise while a plan is made, so an entry's score may be too low but never too high:
/// `popFirst` puts a stale entry back where it belongs and looks again.
struct ScoreHeap {
  private struct Entry {
    var score: Int
    var host: Int32

    func comesBefore(_ other: Entry) -> Bool {
      score != other.score ? score < other.score : host < other.host
    }
  }

  private var entries: [Entry]

  init(_ hosts: [Int32], scores: [Int]) {
    entries = hosts.map { Entry(score: scores[Int($0)], host: $0) }
    for position in stride(from: entries.count / 2 - 1, through: 0, by: -1) { sink(position) }
  }

  mutating func popFirst(_ scores: [Int]) -> Int? {
    while let first = entries.first {
      let score = scores[Int(first.host)]
      guard score > first.score else {
        removeFirst()
        return Int(first.host)
      }
      entries[0].score = score
      sink(0)
    }
    return nil
  }

  mutating func push(_ host: Int, score: Int) {
    entries.append(Entry(score: score, host: Int32(host)))
    var position = entries.count - 1
    while position > 0 {
      let parent = (position - 1) / 2
      guard entries[position].comesBefore(entries[parent]) else { return }
      entries.swapAt(position, parent)
      position = parent
    }
  }

  private mutating func removeFirst() {
    entries.swapAt(0, entries.count - 1)
    entries.removeLast()
    if !entries.isEmpty { sink(0) }
  }

  /// Moves an entry down to where it belongs: the lesser children move up, and it is written once.
  private mutating func sink(_ start: Int) {
    entries.withUnsafeMutableBufferPointer { entries in
      let entry = entries[start]
      var position = start
      while true {
        var child = 2 * position + 1
        guard child < entries.count else { break }
        if child + 1 < entries.count, entries[child + 1].comesBefore(entries[child]) { child += 1 }
        guard entries[child].comesBefore(entry) else { break }
        entries[position] = entries[child]
        position = child
      }
      entries[position] = entry
    }
  }
}
