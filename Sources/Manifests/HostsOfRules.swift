import LatticeModel

/// Whether some host may meet a rule of each; no rules stand for any host.
func mayMeet(_ left: [SpreadConstraint], _ right: [SpreadConstraint]) -> Bool {
  guard !left.isEmpty, !right.isEmpty else { return true }
  return left.contains { one in
    right.contains { other in (one.requirements + other.requirements).mayBeMet }
  }
}

extension [LabelRequirement] {
  /// Whether a host may meet all of them; where that cannot be told, it may.
  var mayBeMet: Bool {
    if count < 2, allSatisfy({ if case .equals = $0.test { true } else { false } }) { return true }
    return Dictionary(grouping: self, by: \.key).values.allSatisfy { $0.mayBeMetByOneLabel }
  }

  /// The same of requirements for one label.
  private var mayBeMetByOneLabel: Bool {
    guard let key = first?.key else { return true }
    if allSatisfy({ $0.isMet(by: [:]) }) { return true }
    if let values = lazy.compactMap(\.values).first {
      return values.contains { value in allSatisfy { $0.isMet(by: [key: value]) } }
    }
    if contains(where: { $0.test == .doesNotExist }) { return false }
    let above = compactMap { if case .isGreaterThan(let bound) = $0.test { bound } else { nil } }
    let below = compactMap { if case .isLessThan(let bound) = $0.test { bound } else { nil } }
    if above.max() == Int.max || below.min() == Int.min { return false }
    guard let low = above.max(), let high = below.min() else { return true }
    return low < high && low + 1 < high
  }
}

extension LabelRequirement {
  /// The values that it admits, where they are few.
  fileprivate var values: [String]? {
    switch test {
    case .equals(let value): [value]
    case .isIn(let values): values
    case .isNotIn, .exists, .doesNotExist, .isGreaterThan, .isLessThan: nil
    }
  }
}
