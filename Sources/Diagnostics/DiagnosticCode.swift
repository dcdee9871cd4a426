/// The stable name of a kind of finding, such as `MAN-12`.
///
/// A code is a promise: it is never reused for another meaning and never renumbered.
public struct DiagnosticCode: Hashable, Sendable {
  /// The room that reports it, in three capital letters.
  public let area: String
  /// The number within the area, from 1.
  public let number: Int

  /// Creates a code.
  ///
  /// - Parameters:
  ///   - area: The room that reports it, in three capital letters.
  ///   - number: The number within the area, from 1.
  public init(_ area: StaticString, _ number: Int) {
    self.area = area.description
    self.number = number
  }
}

extension DiagnosticCode: Comparable, CustomStringConvertible {
  /// Orders codes by area, then number.
  ///
  /// - Parameters:
  ///   - left: One code.
  ///   - right: Another code.
  /// - Returns: Whether `left` comes first.
  public static func < (left: DiagnosticCode, right: DiagnosticCode) -> Bool {
    (left.area, left.number) < (right.area, right.number)
  }

  /// The form `MAN-12`.
  public var description: String { "\(area)-\(number)" }
}
