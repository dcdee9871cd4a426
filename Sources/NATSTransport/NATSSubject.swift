/// The grammar of subjects: tokens with dots between them.
///
/// In a pattern the token `*` stands for any one token, and `>` at the end for one or more.
public enum NATSSubject {
  /// Tells whether messages can be sent to a subject: tokens without spaces and wildcards.
  ///
  /// - Parameter subject: The subject.
  /// - Returns: Whether they can.
  public static func isPublishable(_ subject: String) -> Bool {
    isWellFormed(subject)
      && !subject.utf8.contains { $0 == UInt8(ascii: "*") || $0 == UInt8(ascii: ">") }
  }

  /// Tells whether one can listen on a pattern.
  ///
  /// - Parameter pattern: A subject, with wildcards or not.
  /// - Returns: Whether one can.
  public static func isPattern(_ pattern: String) -> Bool {
    guard isWellFormed(pattern) else { return false }
    let tokens = pattern.utf8.split(separator: UInt8(ascii: "."))
    return !tokens.dropLast().contains { $0.elementsEqual(">".utf8) }
  }

  private static func isWellFormed(_ subject: String) -> Bool {
    let tokens = subject.utf8.split(
      separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    return tokens.allSatisfy { !$0.isEmpty && !$0.contains { $0 <= 0x20 || $0 == 0x7F } }
  }
}
