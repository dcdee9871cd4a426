import ReconcileTestKit
import Testing

@testable import Scheduling

@Suite("Shares by weight")
struct ApportionmentTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var total: Int
    var weights: [Int]
    var shares: [Int]
    var testDescription: String { "\(total) by \(weights)" }
  }

  @Test(
    "each weight gets its share rounded down, and the rest goes one each to the heaviest",
    arguments: [
      Case(total: 10, weights: [80, 20], shares: [8, 2]),
      Case(total: 5, weights: [1, 1, 1], shares: [2, 2, 1]),
      Case(total: 5, weights: [20, 80], shares: [1, 4]),
      Case(total: 1, weights: [10, 30, 60], shares: [0, 0, 1]),
      Case(total: 8, weights: [33, 33, 34], shares: [3, 2, 3]),
      Case(total: 3, weights: [0, 100], shares: [0, 3]),
      Case(total: 3, weights: [-5, 100], shares: [0, 3]),
      Case(total: 7, weights: [0, 0], shares: [0, 0]),
      Case(total: 7, weights: [], shares: []),
      Case(total: 0, weights: [1, 2], shares: [0, 0]),
      Case(total: -1, weights: [1, 2], shares: [0, 0]),
      Case(total: 4_294_967_295, weights: [50, 50], shares: [2_147_483_648, 2_147_483_647]),
      Case(total: 3, weights: [.max, .max], shares: [2, 1]),
      Case(total: .max, weights: [.max, 1], shares: [.max, 0]),
    ])
  func shares(_ test: Case) {
    #expect(apportion(test.total, by: test.weights) == test.shares)
  }

  @Test("shares add up, follow the weights and stay within one of the exact part")
  func properties() {
    var random = Seeded(7)
    for _ in 0..<2_000 {
      let total = random.one(of: [0, 1, 7, 100, 4_294_967_295, .max])
      let weights = (0..<random.number(0...4)).map { _ in
        random.one(of: [0, 1, 20, 50, 1_000_000, .max])
      }
      let shares = apportion(total, by: weights)
      let sum = weights.reduce(UInt128(0)) { $0 + UInt128($1) }
      guard sum > 0 else {
        #expect(shares.allSatisfy { $0 == 0 })
        continue
      }
      #expect(shares.reduce(UInt128(0)) { $0 + UInt128($1) } == UInt128(total))
      for (weight, share) in zip(weights, shares) {
        let exact = UInt128(total) * UInt128(weight) / sum
        #expect(UInt128(share) == exact || UInt128(share) == exact + 1)
        #expect(weight > 0 || share == 0)
      }
    }
  }
}
