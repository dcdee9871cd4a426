/// One kind of work that is measured; gives one or more lines of the table.
struct BenchRow: Sendable {
  var name: String
  var summary: String
  /// Whether it runs only where it is named.
  var isOnRequest = false
  var measure: @Sendable () async throws -> [Figure]
}

/// One line of the table.
struct Figure {
  var what: String
  var ours: String
  /// What it is held against: a bare C loop, or what the machine or the hosts need in any case.
  var beside = ""
  var ratio = ""
  var goal = ""
  /// Whether the goal is met, where there is one.
  var isMet: Bool?
}

/// Two lines about times, each with a goal in seconds: the middle, and how bad it gets.
func distribution(
  of times: [Double], _ what: String, middle goal: Double,
  end: (name: String, fraction: Double, goal: Double)
) -> [Figure] {
  let (middle, worst) = (percentile(0.5, of: times), percentile(end.fraction, of: times))
  return [
    Figure(
      what: what, ours: middle.milliseconds, beside: spread(of: times), goal: goal.milliseconds,
      isMet: middle <= goal),
    Figure(
      what: "the same, \(end.name)", ours: worst.milliseconds, goal: end.goal.milliseconds,
      isMet: worst <= end.goal),
  ]
}

/// Why a row has no figures.
struct BenchError: Error, CustomStringConvertible {
  var description: String

  init(_ description: String) { self.description = description }
}

/// The figures as aligned columns.
func table(_ figures: [Figure]) -> String {
  let rows =
    [["", "ours", "beside it", "ratio", "goal", ""]]
    + figures.map { figure in
      let verdict = figure.isMet.map { $0 ? "met" : "MISSED" } ?? ""
      return [figure.what, figure.ours, figure.beside, figure.ratio, figure.goal, verdict]
    }
  let widths = rows[0].indices.map { column in (rows.map { $0[column].count }.max() ?? 0) + 2 }
  return rows.map { row in
    let line = zip(row, widths).map { $0.padded(to: $1) }.joined()
    return String(line.reversed().drop { $0 == " " }.reversed())
  }.joined(separator: "\n")
}

extension String {
  func padded(to width: Int) -> String {
    self + String(repeating: " ", count: max(0, width - count))
  }
}
