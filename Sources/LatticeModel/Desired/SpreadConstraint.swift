/// Named label requirements with a weight that divide instances over hosts.
public struct SpreadConstraint: Hashable, Sendable {
  /// Its name, for reasons.
  public var name: String
  /// Its share against the weights of the other rules; 0 takes none.
  public var weight: Int
  /// What a host's labels must meet, all of it.
  public var requirements: [LabelRequirement]
  /// What a host's labels should meet; more matches come first.
  public var preferred: [LabelRequirement]
  /// How many instances of the actor a host that the rule admits takes at most.
  public var maxPerHost: Int?

  /// Creates a rule.
  ///
  /// - Parameters:
  ///   - name: Its name, for reasons.
  ///   - weight: Its share against the weights of the other rules.
  ///   - requirements: What a host's labels must meet.
  ///   - preferred: What a host's labels should meet.
  ///   - maxPerHost: How many instances of the actor one host takes at most.
  public init(
    name: String, weight: Int = 100, requirements: [LabelRequirement] = [],
    preferred: [LabelRequirement] = [], maxPerHost: Int? = nil
  ) {
    self.name = name
    self.weight = weight
    self.requirements = requirements.ordered(by: <)
    self.preferred = preferred.ordered(by: <)
    self.maxPerHost = maxPerHost
  }
}

/// One condition on a host's labels.
public struct LabelRequirement: Hashable, Sendable {
  /// How a label is compared.
  public enum Test: Hashable, Sendable {
    /// The label is there with this value.
    case equals(String)
    /// The label is there with one of these values.
    case isIn([String])
    /// The label is absent or has none of these values.
    case isNotIn([String])
    /// The label is there.
    case exists
    /// The label is absent.
    case doesNotExist
    /// The label is there and a whole number above this.
    case isGreaterThan(Int)
    /// The label is there and a whole number below this.
    case isLessThan(Int)
  }

  /// The key of the label.
  public var key: String
  /// How it is compared.
  public var test: Test

  /// Creates a condition.
  ///
  /// - Parameters:
  ///   - key: The key of the label.
  ///   - test: How it is compared.
  public init(_ key: String, _ test: Test) {
    self.key = key
    self.test = test
  }

  /// Returns whether a host with these labels meets the condition.
  ///
  /// - Parameter labels: All labels of a host.
  /// - Returns: Whether the condition holds.
  public func isMet(by labels: [String: String]) -> Bool {
    let value = labels[key]
    return switch test {
    case .equals(let wanted): value == wanted
    case .isIn(let wanted): value.map(wanted.contains) ?? false
    case .isNotIn(let unwanted): value.map { !unwanted.contains($0) } ?? true
    case .exists: value != nil
    case .doesNotExist: value == nil
    case .isGreaterThan(let bound): value.flatMap { Int($0) }.map { $0 > bound } ?? false
    case .isLessThan(let bound): value.flatMap { Int($0) }.map { $0 < bound } ?? false
    }
  }
}

extension LabelRequirement: Comparable, CustomStringConvertible {
  /// Orders conditions by key, then by their text.
  ///
  /// - Parameters:
  ///   - left: One condition.
  ///   - right: Another condition.
  /// - Returns: Whether `left` comes first.
  public static func < (left: LabelRequirement, right: LabelRequirement) -> Bool {
    (left.key, left.description) < (right.key, right.description)
  }

  /// The condition as a person writes it: `zone=eu-1`, `tier in (edge, cloud)`.
  public var description: String {
    switch test {
    case .equals(let value): "\(key)=\(value)"
    case .isIn(let values): "\(key) in (\(values.joined(separator: ", ")))"
    case .isNotIn(let values): "\(key) not in (\(values.joined(separator: ", ")))"
    case .exists: "\(key) exists"
    case .doesNotExist: "\(key) does not exist"
    case .isGreaterThan(let bound): "\(key) > \(bound)"
    case .isLessThan(let bound): "\(key) < \(bound)"
    }
  }
}
