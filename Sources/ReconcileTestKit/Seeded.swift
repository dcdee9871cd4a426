/// Numbers that are the same for the same seed (SplitMix64).
public struct Seeded: RandomNumberGenerator, Sendable {
  private var state: UInt64

  /// Begins at a seed.
  ///
  /// - Parameter seed: What decides all numbers.
  public init(_ seed: UInt64) { state = seed &* 0xD1B5_4A32_D192_ED03 }

  /// Returns the next number.
  ///
  /// - Returns: Any number, each as likely as another.
  public mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }

  /// Returns whether something that happens so many times in a hundred happens now.
  ///
  /// - Parameter percent: How many times in a hundred.
  /// - Returns: Whether it happens.
  public mutating func chance(_ percent: UInt64) -> Bool { next() % 100 < percent }

  /// Returns a number of a range.
  ///
  /// - Parameter range: The numbers to choose from.
  /// - Returns: One of them.
  public mutating func number(_ range: ClosedRange<Int>) -> Int {
    range.lowerBound + Int(next() % UInt64(range.count))
  }

  /// Returns one of several.
  ///
  /// - Parameter elements: What to choose from; not empty.
  /// - Returns: One of them.
  public mutating func one<Element>(of elements: [Element]) -> Element {
    elements[number(0...(elements.count - 1))]
  }
}
