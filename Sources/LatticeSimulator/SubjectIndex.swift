/// Who listens on which pattern, as a tree of tokens.
///
/// A look-up costs by the length of the subject, not by the number of listeners: a thousand hosts
/// listen on some thousands of patterns.
struct SubjectIndex: Sendable {
  private struct Node: Sendable {
    var children: [Substring: Node] = [:]
    /// Those whose pattern ends here.
    var here: Set<UInt64> = []
    /// Those whose pattern goes on with `>`.
    var beyond: Set<UInt64> = []

    var isEmpty: Bool { children.isEmpty && here.isEmpty && beyond.isEmpty }
  }

  private var root = Node()

  /// Adds a listener.
  mutating func insert(_ number: UInt64, on pattern: String) {
    Self.update(&root, Self.tokens(of: pattern)[...]) { $0.insert(number) }
  }

  /// Removes a listener.
  mutating func remove(_ number: UInt64, from pattern: String) {
    Self.update(&root, Self.tokens(of: pattern)[...]) { $0.remove(number) }
  }

  /// The listeners that a message to a subject reaches, in the order in which they came.
  func listeners(for subject: String) -> [UInt64] {
    var found: Set<UInt64> = []
    Self.collect(root, Self.tokens(of: subject)[...], into: &found)
    return found.sorted()
  }

  private static func tokens(of subject: String) -> [Substring] {
    subject.utf8.split(separator: UInt8(ascii: ".")).map { Substring($0) }
  }

  private static func update(
    _ node: inout Node, _ tokens: ArraySlice<Substring>, _ change: (inout Set<UInt64>) -> Void
  ) {
    guard let token = tokens.first else { return change(&node.here) }
    guard token != ">" else { return change(&node.beyond) }
    var child = node.children.removeValue(forKey: token) ?? Node()
    update(&child, tokens.dropFirst(), change)
    if !child.isEmpty { node.children[token] = child }
  }

  private static func collect(
    _ node: Node, _ tokens: ArraySlice<Substring>, into found: inout Set<UInt64>
  ) {
    guard let token = tokens.first else { return found.formUnion(node.here) }
    found.formUnion(node.beyond)
    for step in [token, "*"] {
      if let child = node.children[step] { collect(child, tokens.dropFirst(), into: &found) }
    }
  }
}
