/// A path from the root of a repository, checked.
struct RepositoryPath {
  /// The names from the root on; none means the root itself.
  let components: [String]

  /// Reads a path as a person writes it: `manifests/`, `./manifests`, `.` and the empty path.
  init(_ text: String) throws(GitError) {
    guard !text.hasPrefix("/") else { throw .invalidPath(text) }
    components = text.split(separator: "/").map(String.init).filter { $0 != "." }
    for name in components where isOddName(Array(name.utf8)) { throw .invalidPath(text) }
  }

  /// The names before the first that is a pattern, and what the whole is a pattern of; `nil` where no
  /// name is one.
  var asPattern: (base: RepositoryPath, pattern: PathPattern)? {
    guard let first = components.firstIndex(where: { $0.contains { "*?[".contains($0) } }),
      let pattern = PathPattern(Array(description.utf8)[...])
    else { return nil }
    return (RepositoryPath(components: Array(components[..<first])), pattern)
  }

  private init(components: [String]) { self.components = components }

  var isRoot: Bool { components.isEmpty }
  var description: String { components.joined(separator: "/") }
}

/// Whether a name of a file or folder means something else on another system, or hides itself.
///
/// `.git` is matched as NTFS and HFS+ match it: `.GIT`, `git~1`, `.git.`, `.git::$DATA`, and with
/// code points that those file systems leave out.
func isOddName(_ name: [UInt8]) -> Bool {
  guard let first = name.first else { return true }
  let refused = name.contains {
    $0 < 0x20 || $0 == 0x7F || $0 == UInt8(ascii: "\\") || $0 == UInt8(ascii: "/")
  }
  guard !refused else { return true }
  let mayHide = first == UInt8(ascii: ".") || first | 0x20 == UInt8(ascii: "g")
  guard mayHide || name.contains(where: { $0 >= 0x80 }) else { return false }
  guard let text = String(validating: name, as: UTF8.self) else { return true }
  return text == "." || text == ".." || isGit(text.unicodeScalars.filter { !isIgnored($0) })
}

private func isGit(_ name: String.UnicodeScalarView) -> Bool {
  let stem = String(name.prefix { $0 != ":" }).lowercased()
  let end = stem.lastIndex { $0 != "." && $0 != " " }
  let bare = end.map { stem[...$0] } ?? ""
  return bare == ".git" || bare == "git~1"
}

/// Code points that HFS+ leaves out when it compares names.
private func isIgnored(_ scalar: Unicode.Scalar) -> Bool {
  switch scalar.value {
  case 0x200C...0x200F, 0x202A...0x202E, 0x206A...0x206F, 0xFEFF: true
  default: false
  }
}
