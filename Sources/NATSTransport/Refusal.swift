/// What a server's "Permissions Violation" names.
///
/// The texts are `Permissions Violation for Publish to "a.b"` and `Permissions Violation for
/// Subscription to "a.*"`, the latter with a queue group behind it where there is one. The library
/// keeps 255 bytes of them, so that a long subject is cut.
struct Refusal: Hashable, Sendable {
  enum Verb: Hashable, Sendable { case publish, subscribe }

  let verb: Verb
  private let subject: Substring
  private let isCut: Bool

  init?(_ text: String) {
    let parts = text.split(separator: "\"", maxSplits: 2, omittingEmptySubsequences: false)
    guard parts.count >= 2, let words = parts.first?.lowercased(), words.contains("permissions")
    else { return nil }
    verb = words.contains("publish") ? .publish : .subscribe
    subject = parts[1]
    isCut = parts.count < 3
  }

  /// Whether a subject is the one that the server refuses.
  func names(_ other: String) -> Bool {
    isCut ? other.hasPrefix(subject) : other == subject
  }
}
