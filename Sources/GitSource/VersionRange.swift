/// A version as semver.org has it: three numbers, and what comes before a release.
struct SemanticVersion: Hashable, Comparable, Sendable {
  var numbers: [Int]
  /// What makes it one before the release of these numbers; empty for the release.
  var prerelease: [String] = []

  /// Reads a version, with or without a `v` before it; what follows `+` says nothing of its rank.
  init?(_ text: Substring) {
    let core = text.hasPrefix("v") ? text.dropFirst() : text
    let named = core.prefix { $0 != "+" }
    let parts = named.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
    let numbers = parts[0].split(separator: ".", omittingEmptySubsequences: false).map(Self.number)
    guard numbers.count == 3, !numbers.contains(nil) else { return nil }
    self.numbers = numbers.compactMap(\.self)
    guard parts.count == 2 else { return }
    prerelease = parts[1].split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    guard prerelease.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy(Self.isPartOfName) }) else {
      return nil
    }
  }

  init(numbers: [Int]) { self.numbers = numbers }

  static func number(_ text: Substring) -> Int? {
    let isOneNumber = text == "0" || !text.hasPrefix("0")
    guard isOneNumber, text.allSatisfy({ $0.isASCII && $0.isNumber }), text.utf8.count <= 9 else {
      return nil
    }
    return Int(text)
  }

  private static func isPartOfName(_ byte: UInt8) -> Bool {
    isHexDigit(byte) || (0x41...0x5A).contains(byte & 0xDF) || byte == UInt8(ascii: "-")
  }

  static func < (left: Self, right: Self) -> Bool {
    if left.numbers != right.numbers {
      return left.numbers.lexicographicallyPrecedes(right.numbers)
    }
    guard !left.prerelease.isEmpty, !right.prerelease.isEmpty else {
      return !left.prerelease.isEmpty && right.prerelease.isEmpty
    }
    for (one, other) in zip(left.prerelease, right.prerelease) where one != other {
      switch (number(one[...]), number(other[...])) {
      case (let one?, let other?): return one < other
      case (_?, nil): return true
      case (nil, _?): return false
      case (nil, nil): return one < other
      }
    }
    return left.prerelease.count < right.prerelease.count
  }
}

/// Which versions are wanted, as `>=1.2 <2`, `^1.4`, `~1.4.2`, `1.x` or `1.2.3`; all of several.
struct VersionRange: Hashable, Sendable {
  private struct Bound: Hashable {
    var lower: SemanticVersion?
    var isLowerTaken = true
    var upper: SemanticVersion?
    var isUpperTaken = false
  }

  private var bounds: [Bound] = []

  /// Reads a range; `nil` where it is none.
  init?(_ text: Substring) {
    for word in text.split(separator: " ") {
      guard let bound = Self.bound(word) else { return nil }
      bounds.append(bound)
    }
    guard !bounds.isEmpty, bounds.count <= 16 else { return nil }
  }

  private static func bound(_ word: Substring) -> Bound? {
    let sign = [">=", "<=", ">", "<", "^", "~", "="].first { word.hasPrefix($0) } ?? ""
    let rest = word.dropFirst(sign.count)
    guard let (first, end, next) = versions(rest) else { return nil }
    switch sign {
    case ">=": return Bound(lower: first)
    case ">": return Bound(lower: end ?? first, isLowerTaken: end != nil)
    case "<": return Bound(upper: first)
    case "<=": return Bound(upper: end ?? first, isUpperTaken: end == nil)
    case "^": return Bound(lower: first, upper: next)
    case "~":
      let minor = SemanticVersion(numbers: [first.numbers[0], first.numbers[1] &+ 1, 0])
      let isMajorAlone = end.map { $0.numbers[0] > first.numbers[0] } ?? false
      return Bound(lower: first, upper: isMajorAlone ? end : minor)
    default: return Bound(lower: first, upper: end ?? first, isUpperTaken: end == nil)
    }
  }

  /// The first version that a text means, the first after all that it means where these are several,
  /// and the first that is not compatible with it.
  private static func versions(
    _ text: Substring
  ) -> (first: SemanticVersion, end: SemanticVersion?, next: SemanticVersion)? {
    if let version = SemanticVersion(text) {
      return (version, nil, incompatible(version.numbers, given: 3))
    }
    let plain = text.hasPrefix("v") ? text.dropFirst() : text
    var parts = plain.split(separator: ".", omittingEmptySubsequences: false)
    while let last = parts.last, ["x", "X", "*"].contains(last) { parts.removeLast() }
    let numbers = parts.compactMap(SemanticVersion.number)
    guard numbers.count == parts.count, (1...2).contains(numbers.count) else { return nil }
    let filled = numbers + Array(repeating: 0, count: 3 - numbers.count)
    var end = filled
    end[numbers.count - 1] &+= 1
    return (
      SemanticVersion(numbers: filled), SemanticVersion(numbers: end),
      incompatible(filled, given: numbers.count)
    )
  }

  /// The first number that is not 0, or else the last that was given, is one more.
  private static func incompatible(_ numbers: [Int], given: Int) -> SemanticVersion {
    let place = numbers.prefix(given).firstIndex { $0 > 0 } ?? given - 1
    var next = numbers.prefix(place) + [numbers[place] &+ 1]
    while next.count < 3 { next.append(0) }
    return SemanticVersion(numbers: Array(next))
  }

  /// Whether a version is wanted; one before a release only where a bound names one of that release.
  func contains(_ version: SemanticVersion) -> Bool {
    let named = bounds.flatMap { [$0.lower, $0.upper] }.compactMap(\.self)
    let isAskedFor =
      version.prerelease.isEmpty
      || named.contains { $0.numbers == version.numbers && !$0.prerelease.isEmpty }
    return isAskedFor
      && bounds.allSatisfy { bound in
        let isAbove = bound.lower.map { bound.isLowerTaken ? $0 <= version : $0 < version } ?? true
        let isBelow = bound.upper.map { bound.isUpperTaken ? version <= $0 : version < $0 } ?? true
        return isAbove && isBelow
      }
  }

  /// The tags whose versions are wanted, the highest first; names that are no versions are passed over.
  ///
  /// - Parameter tags: Names without `refs/tags/`, in any order.
  /// - Returns: The tags with their versions.
  func choose(among tags: [String]) -> [(tag: String, version: SemanticVersion)] {
    tags.compactMap { tag in SemanticVersion(tag[...]).map { (tag, $0) } }
      .filter { contains($0.1) }
      .sorted { $0.1 != $1.1 ? $0.1 > $1.1 : $0.0 < $1.0 }
  }
}
