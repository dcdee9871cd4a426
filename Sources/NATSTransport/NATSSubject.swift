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
    let dot = UInt8(ascii: ".")
    var before = dot
    for byte in subject.utf8 {
      guard byte > 0x20, byte != 0x7F, byte != dot || before != dot else { return false }
      before = byte
    }
    return before != dot
  }
}
