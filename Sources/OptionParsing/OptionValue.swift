/// A type that an option's text is read into.
public protocol OptionValue: Sendable {
  /// The name of the type in help texts, such as `duration`; `nil` for flags.
  static var valueName: String? { get }
  /// Whether a repeated option adds to what is there.
  static var isList: Bool { get }
  /// What a text must be, such as `a whole number`; `nil` where every text will do.
  static var expectation: String? { get }

  /// Reads a text.
  ///
  /// - Parameter text: The text as given.
  /// - Returns: The value, or `nil` if the text is none.
  static func parse(_ text: String) -> Self?

  /// The value as a text that `parse` reads back, or `nil` where it is absent.
  var optionText: String? { get }

  /// The value with another one added, where it is a list.
  ///
  /// - Parameter other: The other value.
  /// - Returns: Both, or the other one.
  func adding(_ other: Self) -> Self
}

extension OptionValue {
  /// Whether a repeated option adds to what is there.
  public static var isList: Bool { false }
  /// Every text will do.
  public static var expectation: String? { nil }
  /// The value with another one added, where it is a list.
  ///
  /// - Parameter other: The other value.
  /// - Returns: The other one.
  public func adding(_ other: Self) -> Self { other }
}

/// A choice of words.
public protocol OptionWord: OptionValue, CaseIterable, RawRepresentable where RawValue == String {}

extension OptionWord {
  /// The words, separated by bars.
  public static var valueName: String? { allCases.map(\.rawValue).joined(separator: "|") }
  /// One of the words.
  public static var expectation: String? {
    "one of " + allCases.map(\.rawValue).joined(separator: ", ")
  }
  /// Reads one of the words.
  ///
  /// - Parameter text: The text as given.
  /// - Returns: The choice.
  public static func parse(_ text: String) -> Self? { Self(rawValue: text) }
  /// The word.
  public var optionText: String? { rawValue }
}
