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

  var problem: String {
    switch self {
    case .wideText: "the text is UTF-16 or UTF-32, not UTF-8"
    case .pointer: "this is a pointer of Git LFS, not the file that it stands for"
    case .conflict: "a merge conflict begins here"
    case .binary: "the file is binary: a byte of zero stands here"
    case .joined: "a byte order mark stands within the text"
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
  return input.starts(with: "version https://git-lfs.github.com/spec/".utf8) ? .pointer : nil
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
