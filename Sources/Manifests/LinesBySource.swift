/// The lines that were made of each line of another text.
struct LinesBySource {
  typealias Place = (source: Int, index: Int)

  /// In the order of the other text; the first line made of each of its, and the last.
  private var firsts: [Place] = []
  private var lasts: [Place] = []

  init(_ places: [Place]) {
    for place in places.sorted(by: { ($0.source, $0.index) < ($1.source, $1.index) }) {
      if firsts.last?.source == place.source {
        lasts[lasts.count - 1] = place
      } else {
        firsts.append(place)
        lasts.append(place)
      }
    }
  }

  /// The line made of a place of the other text, or of what comes next there.
  func first(from line: Int) -> Place? {
    let index = count(before: line)
    return firsts.indices.contains(index) ? firsts[index] : nil
  }

  /// The line made of what came last before a place of the other text, or of that place.
  func last(upTo line: Int) -> Place? {
    let index = count(before: line)
    if firsts.indices.contains(index), firsts[index].source == line { return lasts[index] }
    return index > 0 ? lasts[index - 1] : nil
  }

  /// How many lines of the other text come before one, of those that something was made of.
  private func count(before line: Int) -> Int {
    var range = 0..<firsts.count
    while !range.isEmpty {
      let middle = range.lowerBound + range.count / 2
      range =
        firsts[middle].source < line
        ? middle + 1..<range.upperBound : range.lowerBound..<middle
    }
    return range.lowerBound
  }
}
