/// What a person calls a commit: a branch, a tag, an id, `HEAD` or a full name under `refs/`, and
/// steps back from it such as `~1` and `^2`; or the tag of the highest version in a range, as
/// `semver:>=1.2 <2`.
public struct GitReference: Hashable, Sendable, CustomStringConvertible {
  /// A step from a commit to one that it stands on.
  enum Step: Hashable, Sendable {
    /// So many times to the first parent, as `~2`.
    case ancestor(Int)
    /// To one of the parents, from 1, as `^2`.
    case parent(Int)
  }

  /// The commit that is checked out, or a bare repository's main branch.
  public static let head = GitReference(unchecked: "HEAD")

  /// The name as written.
  public let description: String
  /// The name without what follows it.
  let name: String
  /// The way from there.
  let steps: [Step]
  /// Which versions of tags are meant, where it is no name.
  let versions: VersionRange?

  /// What a range of versions begins with.
  static let rangeMark = "semver:"

  /// Reads a name.
  ///
  /// - Parameter text: The name; expressions such as `main:path` or `HEAD@{1}` are no names.
  /// - Throws: `GitError.unsupportedReference` if no branch, tag or commit can be called so.
  public init(_ text: String) throws(GitError) {
    if text.hasPrefix(Self.rangeMark) {
      guard let range = VersionRange(text.dropFirst(Self.rangeMark.count)) else {
        throw .unsupportedReference(text)
      }
      (description, name, steps, versions) = (text, text, [], range)
      return
    }
    let name = text.prefix { $0 != "~" && $0 != "^" }
    guard let steps = Self.steps(text[name.endIndex...]), Self.isName(name) else {
      throw .unsupportedReference(text)
    }
    description = text
    self.name = name == "@" ? "HEAD" : String(name)
    self.steps = steps
    versions = nil
  }

  private init(unchecked text: String) {
    (description, name, steps, versions) = (text, text, [], nil)
  }

  private static func isName(_ text: Substring) -> Bool {
    let refused = ":?*[\\ ".unicodeScalars
    return !text.isEmpty && !text.hasPrefix("-") && !text.hasPrefix("/") && !text.hasSuffix("/")
      && !text.contains("..") && !text.contains("@{") && text.utf8.count <= 1024
      && !text.unicodeScalars.contains {
        $0.value < 0x20 || $0.value == 0x7F || refused.contains($0)
      }
  }

  /// Reads what follows a name; `nil` where it leads to no commit.
  private static func steps(_ text: Substring) -> [Step]? {
    var (rest, steps) = (text, [] as [Step])
    while let sign = rest.popFirst() {
      if sign == "^", let same = ["{commit}", "{}"].first(where: rest.hasPrefix) {
        rest.removeFirst(same.count)
        continue
      }
      let digits = rest.prefix { $0.isASCII && $0.isNumber }
      rest.removeFirst(digits.count)
      guard let number = digits.isEmpty ? 1 : Int(digits), number <= 1_000_000 else { return nil }
      switch sign {
      case "~": steps.append(.ancestor(number))
      case "^": if number > 0 { steps.append(.parent(number)) }
      default: return nil
      }
    }
    return steps
  }

  /// The full names that this one may stand for, and that all mean the same kind of thing.
  var candidates: [String] {
    if name == "HEAD" || name.hasPrefix("refs/") { return [name] }
    let isOfGitItself = name.hasSuffix("_HEAD") && name.allSatisfy { $0.isUppercase || $0 == "_" }
    return (isOfGitItself ? [name] : []) + [
      "refs/heads/\(name)", "refs/tags/\(name)", "refs/remotes/\(name)", "refs/\(name)",
      "refs/remotes/\(name)/HEAD",
    ]
  }

  /// The digits, where the name may be (the beginning of) a commit id, or ends in one as
  /// `git describe` writes it.
  var digits: String? {
    if Self.isHexadecimal(name.utf8) { return name }
    guard let last = name.ranges(of: "-g").last else { return nil }
    let end = name[last.upperBound...]
    return Self.isHexadecimal(end.utf8) ? String(end) : nil
  }

  private static func isHexadecimal(_ digits: some Collection<UInt8>) -> Bool {
    (4...40).contains(digits.count)
      && digits.allSatisfy { byte in
        (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte | 0x20)
      }
  }
}
