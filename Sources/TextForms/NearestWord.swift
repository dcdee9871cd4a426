/// Returns the known word that a misspelt one most likely stands for.
///
/// The distance counts insertions, deletions, changes and swaps of neighbours; a word further away
/// than a third of its length, and at least one step, is not proposed. Of two equally near words
/// the earlier in the list wins.
///
/// - Parameters:
///   - word: The word as written.
///   - known: The words that would be understood.
/// - Returns: The nearest known word, or `nil` if none is near.
public func nearestWord(to word: String, in known: some Sequence<String>) -> String? {
  let most = max(1, word.count / 3)
  let written = Array(word.lowercased().unicodeScalars)
  var best: (distance: Int, word: String)?
  for candidate in known {
    let letters = Array(candidate.lowercased().unicodeScalars)
    // So many have to be put in or left out at least.
    guard abs(letters.count - written.count) <= most else { continue }
    let distance = editDistance(written, letters)
    guard distance <= most, best.map({ distance < $0.distance }) ?? true else { continue }
    best = (distance, candidate)
  }
  return best?.word
}

/// Looks for nearest words as long as that costs little.
///
/// Where thousands of words are wrong and thousands are known, the first few proposals serve as well
/// as all would, and these cost minutes.
public struct WordSearch: Sendable {
  /// How many words may still be held against one another; each takes about a microsecond.
  private var left = 50_000

  /// Whether nothing is proposed any more.
  public var isSpent: Bool { left <= 0 }

  /// Creates a search that has cost nothing yet.
  public init() {}

  /// Returns the known word that a misspelt one most likely stands for.
  ///
  /// - Parameters:
  ///   - word: The word as written.
  ///   - known: The words that would be understood.
  /// - Returns: The nearest known word, or `nil` if none is near or the search has cost enough.
  public mutating func nearest(to word: String, in known: some Collection<String>) -> String? {
    guard !isSpent else { return nil }
    left -= min(left, known.count)
    return nearestWord(to: word, in: known)
  }
}

private func editDistance(_ left: [Unicode.Scalar], _ right: [Unicode.Scalar]) -> Int {
  guard left.count <= 64, right.count <= 64 else { return .max }
  var rows = [Array(0...right.count)]
  for (row, mine) in left.enumerated() {
    var next = [row + 1]
    for (column, theirs) in right.enumerated() {
      var least = min(
        rows[row][column + 1] + 1, next[column] + 1, rows[row][column] + (mine == theirs ? 0 : 1))
      if row > 0, column > 0, mine == right[column - 1], left[row - 1] == theirs {
        least = min(least, rows[row - 1][column - 1] + 1)
      }
      next.append(least)
    }
    rows.append(next)
  }
  return rows[left.count][right.count]
}
