/// What a person calls a commit: a branch, a tag, an id, `HEAD` or a full name under `refs/`.
public struct GitReference: Hashable, Sendable, CustomStringConvertible {
  /// The commit that is checked out, or a bare repository's main branch.
  public static let head = GitReference(unchecked: "HEAD")

  /// The name as written.
  public let description: String

  /// Reads a name.
  ///
  /// - Parameter text: The name; expressions such as `HEAD~1` or `main:path` are no names.
  /// - Throws: `GitError.unsupportedReference` if no branch, tag or commit can be called so.
  public init(_ text: String) throws(GitError) {
    let refused = "~^:?*[\\@{ ".unicodeScalars
    let isOdd =
      text.isEmpty || text.hasPrefix("-") || text.hasPrefix("/") || text.hasSuffix("/")
      || text.contains("..") || text.utf8.count > 1024
      || text.unicodeScalars.contains {
        $0.value < 0x20 || $0.value == 0x7F || refused.contains($0)
      }
    if isOdd { throw .unsupportedReference(text) }
    description = text
  }

  private init(unchecked text: String) { description = text }

  /// The full names that this one may stand for, and that all mean the same kind of thing.
  var candidates: [String] {
    let name = description
    if name == "HEAD" || name.hasPrefix("refs/") { return [name] }
    return ["refs/heads/\(name)", "refs/tags/\(name)", "refs/remotes/\(name)"]
  }

  /// Whether the name may be (the beginning of) a commit id.
  var isHexadecimal: Bool {
    let digits = description.utf8
    return (4...40).contains(digits.count)
      && digits.allSatisfy { byte in
        (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte | 0x20)
      }
  }
}
