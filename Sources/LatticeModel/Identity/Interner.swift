/// A string as a small dense number, meaningful only together with its `Interner`.
public struct Symbol: Hashable, Comparable, Sendable {
  /// The position in the interner, from 0 without gaps.
  public let index: Int32

  /// Creates a symbol from a position that its interner gave out.
  ///
  /// - Parameter index: The position in the interner.
  public init(index: Int32) { self.index = index }

  /// Orders symbols by when they were first seen.
  ///
  /// - Parameters:
  ///   - left: One symbol.
  ///   - right: Another symbol.
  /// - Returns: Whether `left` was seen first.
  public static func < (left: Symbol, right: Symbol) -> Bool { left.index < right.index }
}

/// Strings and their dense numbers, both ways.
///
/// The planner works on numbers alone: with strings as keys, a plan over a hundred thousand
/// instances takes a thousand times as long.
public struct Interner: Sendable {
  private var symbols: [String: Int32] = [:]
  private var strings: [String] = []

  /// Creates an interner that knows nothing.
  public init() {}

  /// How many different strings have been seen.
  public var count: Int { strings.count }

  /// Returns the symbol of a string, making one if it is new.
  ///
  /// - Parameter string: The string.
  /// - Returns: Its symbol, the same for equal strings.
  public mutating func intern(_ string: String) -> Symbol {
    if let index = symbols[string] { return Symbol(index: index) }
    let index = Int32(truncatingIfNeeded: strings.count)
    symbols[string] = index
    strings.append(string)
    return Symbol(index: index)
  }

  /// Returns the symbol of a string that has been seen.
  ///
  /// - Parameter string: The string.
  /// - Returns: Its symbol, or `nil` if it has never been seen.
  public func symbol(of string: String) -> Symbol? {
    symbols[string].map(Symbol.init(index:))
  }

  /// Returns the string of a symbol.
  ///
  /// - Parameter symbol: A symbol of this interner.
  /// - Returns: Its string.
  public subscript(symbol: Symbol) -> String { strings[Int(symbol.index)] }
}
