import TextForms

/// A number of bytes, given as `64Mi`, `1.5G` or `1048576`.
public struct ByteSize: OptionValue, Hashable, Comparable {
  /// The bytes.
  public var bytes: Int

  /// Creates a size.
  ///
  /// - Parameter bytes: The bytes.
  public init(_ bytes: Int) { self.bytes = bytes }

  /// The name of the type in help texts.
  public static var valueName: String? { "size" }
  /// Digits with or without a unit.
  public static var expectation: String? { "a size such as 64Mi or 1048576" }

  /// Reads a size.
  ///
  /// - Parameter text: The text as given.
  /// - Returns: The size.
  public static func parse(_ text: String) -> ByteSize? { parseByteSize(text).map(ByteSize.init) }

  /// The size in its largest exact unit.
  public var optionText: String? { formatByteSize(bytes) }

  /// Whether a size is smaller than another.
  ///
  /// - Parameters:
  ///   - left: A size.
  ///   - right: Another.
  /// - Returns: Whether the left one is smaller.
  public static func < (left: ByteSize, right: ByteSize) -> Bool { left.bytes < right.bytes }
}
