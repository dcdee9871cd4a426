import Glibc

/// What a file is that is called a YAML file and is something else, or more than one thing.
public enum ForeignText: Hashable, Sendable {
  /// Text in UTF-16 or UTF-32, as its byte order mark tells.
  case wideText
  /// What Git LFS keeps in place of a file.
  case pointer
  /// A merge that was committed unfinished.
  case conflict
  /// A byte of zero within the first 8,000, by which git tells a binary file too.
  case binary
  /// Files that were joined, the second with its byte order mark.
  case joined
  /// What `ansible-vault` makes of a file.
  case vault
  /// A message, a key or a certificate between lines of dashes.
  case armored
  /// A page for a browser, such as a failed download.
  case page
  /// A symbolic link that was committed, or checked out, as the text of its target.
  case link

  var problem: String {
    switch self {
    case .wideText: "the text is UTF-16 or UTF-32, not UTF-8"
    case .pointer: "this is a pointer of Git LFS, not the file that it stands for"
    case .conflict: "a merge conflict begins here"
    case .binary: "the file is binary: a byte of zero stands here"
    case .joined: "a byte order mark stands within the text"
    case .vault: "the file is a vault of Ansible, which is not opened here"
    case .armored: "the file begins with '-----BEGIN': it is a key, or an encrypted or signed text"
    case .page: "the file is a page of HTML"
    case .link: "the file is a symbolic link as a text: the path of another file and nothing else"
    }
  }

  var remedy: String {
    switch self {
    case .wideText: "save the file as UTF-8"
    case .pointer:
      "keep manifests in git itself: take them out of .gitattributes, then `git add --renormalize .`"
    case .conflict: "settle the conflict, and remove the lines <<<<<<<, ======= and >>>>>>>"
    case .binary: "move it out of the selected path, or give it another ending than a manifest's"
    case .joined: "remove it; files that were joined keep the mark of the second"
    case .vault, .armored:
      "move it out of the selected path; manifests are read as they are, and name secrets by references"
    case .page: "move it out of the selected path, or download the file anew"
    case .link: "commit the file itself here, or select the path that it names"
    }
  }
}

/// What a text is by its first bytes, where that is something else than YAML.
func foreignText(_ input: UnsafeBufferPointer<UInt8>) -> ForeignText? {
  if input.starts(with: [0xFE, 0xFF]) || input.starts(with: [0xFF, 0xFE])
    || input.starts(with: [0x00, 0x00, 0xFE, 0xFF])
  {
    return .wideText
  }
  let begins = { (text: StaticString) in input.starts(with: text.description.utf8) }
  if begins("version https://git-lfs.github.com/spec/") { return .pointer }
  if begins("$ANSIBLE_VAULT;") { return .vault }
  if begins("-----BEGIN ") { return .armored }
  if isPage(input) { return .page }
  return isPath(input) ? .link : nil
}

/// Whether the first that is no blank is a tag of HTML.
private func isPage(_ input: UnsafeBufferPointer<UInt8>) -> Bool {
  let start = input.prefix(1_024).drop { $0 <= 0x20 }.prefix(9)
  guard start.first == UInt8(ascii: "<") else { return false }
  let word = String(decoding: start, as: UTF8.self).lowercased()
  return word == "<!doctype" || word.hasPrefix("<html")
}

/// Whether all there is is one path of a manifest.
private func isPath(_ input: UnsafeBufferPointer<UInt8>) -> Bool {
  // Longer paths than this no system takes.
  guard input.count <= 4_096 else { return false }
  var text = String(decoding: input, as: UTF8.self)
  if text.hasSuffix("\n") { text.removeLast() }
  return [".yaml", ".yml", ".json"].contains { text.hasSuffix($0) }
    && text.utf8.allSatisfy { $0 > 0x20 && !"\"'#,[]{}&*!|>%@`".utf8.contains($0) }
}

/// Where the byte order mark of a second file begins: at the beginning of a line, where no text of a
/// scalar may stand.
func joint(in input: UnsafeBufferPointer<UInt8>) -> Int? {
  guard let base = input.baseAddress else { return nil }
  var offset = 0
  while let found = memchr(base + offset, Int32(byteOrderMark[0]), input.count - offset) {
    let start = UnsafeRawPointer(found) - UnsafeRawPointer(base)
    offset = start + 1
    guard input[start...].starts(with: byteOrderMark) else { continue }
    if start == 0 || input[start - 1] == UInt8(ascii: "\n") { return start }
  }
  return nil
}

/// What a byte shows a text to be that no YAML parser takes; `nil` where it is a slip in a text.
func foreignText(
  at offset: Int, in input: UnsafeBufferPointer<UInt8>
) -> (what: ForeignText, offset: Int)? {
  if let zero = input.prefix(8_000).firstIndex(of: 0) { return (.binary, zero) }
  guard offset < input.count else { return nil }
  return input[offset...].starts(with: byteOrderMark) ? (.joined, offset) : nil
}

/// The byte order mark of UTF-8.
let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]

/// Where a merge conflict begins: a line of seven `<` and a name, with one of seven `>` after it.
func conflict(in lines: [Slice<UnsafeBufferPointer<UInt8>>]) -> Int? {
  func isMarker(_ line: Slice<UnsafeBufferPointer<UInt8>>, _ sign: Unicode.Scalar) -> Bool {
    line.starts(with: repeatElement(UInt8(ascii: sign), count: 7))
      && line.dropFirst(7).first.map { $0 == 0x20 || $0 == 0x0D } ?? true
  }
  guard let start = lines.firstIndex(where: { isMarker($0, "<") }),
    lines[start...].contains(where: { isMarker($0, ">") })
  else { return nil }
  return start
}
