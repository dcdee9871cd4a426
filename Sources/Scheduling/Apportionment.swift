/// Divides a number over weights: each gets its share rounded down, and what remains goes one
/// each to the heaviest, the earlier of two equals first.
///
/// The rule is wadm's. Weights below 0 count as 0; where all weights are 0, nobody gets anything.
///
/// - Parameters:
///   - total: What is divided; below 0 counts as 0.
///   - weights: The weights, in the order of the rules.
/// - Returns: One share a weight, in the same order; they add up to `total` unless all weights
///   are 0.
public func apportion(_ total: Int, by weights: [Int]) -> [Int] {
  let weights = weights.map { UInt128(max(0, $0)) }
  let sum = weights.reduce(0, +)
  guard sum > 0, total > 0 else { return weights.map { _ in 0 } }
  var shares = weights.map { Int(UInt128(total) * $0 / sum) }
  var remainder = total - shares.reduce(0, +)
  let heaviestFirst = weights.indices.sorted {
    weights[$0] != weights[$1] ? weights[$0] > weights[$1] : $0 < $1
  }
  for rule in heaviestFirst where remainder > 0 && weights[rule] > 0 {
    shares[rule] += 1
    remainder -= 1
  }
  return shares
}

extension Int {
  /// The sum, or the largest number where it does not fit.
  func addingCapped(_ other: Int) -> Int {
    let (sum, overflow) = addingReportingOverflow(other)
    return overflow ? .max : sum
  }

  /// The product of two numbers of 0 or more, or the largest number where it does not fit.
  func multipliedCapped(by other: Int) -> Int {
    let (product, overflow) = multipliedReportingOverflow(by: other)
    return overflow ? .max : product
  }
}
