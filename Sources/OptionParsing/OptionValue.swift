import TextForms

/// A type that an option's text is read into.
public protocol OptionValue: Sendable {
  /// The name of the type in help texts, such as `duration`; `nil` for flags.
  static var valueName: String? { get }
  /// Whether a repeated option adds to what is there.
  static var isList: Bool { get }

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
  /// The value with another one added, where it is a list.
  ///
  /// - Parameter other: The other value.
  /// - Returns: The other one.
  public func adding(_ other: Self) -> Self { other }
}

extension String: OptionValue {
  /// The name of the type in help texts.
  public static var valueName: String? { "text" }
  /// Reads a text.
  ///
  /// - Parameter text: The text as given.
  /// - Returns: The text.
  public static func parse(_ text: String) -> String? { text }
  /// The text itself.
  public var optionText: String? { self }
}

extension Int: OptionValue {
  /// The name of the type in help texts.
  public static var valueName: String? { "number" }
  /// Reads a whole number.
  ///
  /// - Parameter text: The text as given.
  /// - Returns: The number.
  public static func parse(_ text: String) -> Int? { Int(text) }
  /// The number's digits.
  public var optionText: String? { String(self) }
}

extension Bool: OptionValue {
  /// Flags have no value.
  public static var valueName: String? { nil }
  /// Reads `true` or `false`.
  ///
  /// - Parameter text: The text as given.
  /// - Returns: The flag.
  public static func parse(_ text: String) -> Bool? { Bool(text) }
  /// `true` or `false`.
  public var optionText: String? { self ? "true" : "false" }
}

extension Duration: OptionValue {
  /// The name of the type in help texts.
  public static var valueName: String? { "duration" }
  /// Reads a duration with its unit.
  ///
  /// - Parameter text: The text as given.
  /// - Returns: The duration.
  public static func parse(_ text: String) -> Duration? { parseDuration(text) }
  /// The duration in its largest exact units.
  public var optionText: String? { formatDuration(self) }
}

extension Optional: OptionValue where Wrapped: OptionValue {
  /// The name of the wrapped type in help texts.
  public static var valueName: String? { Wrapped.valueName }
  /// Reads a value.
  ///
  /// - Parameter text: The text as given.
  /// - Returns: The value.
  public static func parse(_ text: String) -> Wrapped?? { Wrapped.parse(text).map { .some($0) } }
  /// The value's text, or `nil` where it is absent.
  public var optionText: String? { flatMap(\.optionText) }
}

extension Array: OptionValue where Element: OptionValue {
  /// The name of the element's type in help texts.
  public static var valueName: String? { Element.valueName }
  /// A repeated option adds to the list.
  public static var isList: Bool { true }
  /// Reads one element.
  ///
  /// - Parameter text: The text as given.
  /// - Returns: A list of that element.
  public static func parse(_ text: String) -> [Element]? { Element.parse(text).map { [$0] } }
  /// The elements with commas, or `nil` where there are none.
  public var optionText: String? {
    isEmpty ? nil : compactMap(\.optionText).joined(separator: ",")
  }
  /// The list with another one behind it.
  ///
  /// - Parameter other: The other list.
  /// - Returns: Both.
  public func adding(_ other: [Element]) -> [Element] { self + other }
}

/// A choice of words.
public protocol OptionWord: OptionValue, CaseIterable, RawRepresentable where RawValue == String {}

extension OptionWord {
  /// The words, separated by bars.
  public static var valueName: String? { allCases.map(\.rawValue).joined(separator: "|") }
  /// Reads one of the words.
  ///
  /// - Parameter text: The text as given.
  /// - Returns: The choice.
  public static func parse(_ text: String) -> Self? { Self(rawValue: text) }
  /// The word.
  public var optionText: String? { rawValue }
}
