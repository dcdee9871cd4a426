import TextForms

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
  /// Digits.
  public static var expectation: String? { "a whole number" }
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
  /// One of two words.
  public static var expectation: String? { "true or false" }
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
  /// Digits with a unit.
  public static var expectation: String? { "a duration with its unit, such as 30s or 1m30s" }
  /// Reads a duration with its unit, which nothing alone can do without.
  ///
  /// - Parameter text: The text as given.
  /// - Returns: The duration.
  public static func parse(_ text: String) -> Duration? {
    text == "0" ? .zero : parseDuration(text)
  }
  /// The duration in its largest exact units.
  public var optionText: String? { formatDuration(self) }
}

extension Optional: OptionValue where Wrapped: OptionValue {
  /// The name of the wrapped type in help texts.
  public static var valueName: String? { Wrapped.valueName }
  /// What the wrapped type expects.
  public static var expectation: String? { Wrapped.expectation }
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
  /// What the element's type expects.
  public static var expectation: String? { Element.expectation }
  /// Reads elements with commas between them.
  ///
  /// - Parameter text: The text as given.
  /// - Returns: The elements, or `nil` if one of them is none or there is none.
  public static func parse(_ text: String) -> [Element]? {
    let elements = text.split(separator: ",").map { Element.parse(String($0)) }
    let readable = elements.compactMap { $0 }
    return readable.count == elements.count && !readable.isEmpty ? readable : nil
  }
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
