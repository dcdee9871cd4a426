/// A pattern of paths: names with `*`, `?` and `[a-z]`, and `**` for any number of names.
///
/// As gitignore(5) has it, two stars beside letters are one; git 2.39 itself lets `a**/b` cross folders.
struct PathPattern: Hashable, Sendable {
  /// How far a path goes along with it.
  enum Fit {
    case none
    /// The path is the beginning of one that fits.
    case begun
    case whole
  }

  private let names: [[UInt8]]

  /// Reads a pattern, `nil` where a name is empty; one that is not anchored may begin in any folder.
  init?(_ text: ArraySlice<UInt8>, isAnchored: Bool = true) {
    var names = text.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).map {
      $0.count > 1 && $0.allSatisfy { $0 == UInt8(ascii: "*") } ? Self.anyNames : Array($0)
    }
    guard !names.contains([]) else { return nil }
    if !isAnchored { names.insert(Self.anyNames, at: 0) }
    self.names = names
  }

  private static let anyNames = Array("**".utf8)

  /// How far a path fits, given by its names; costs at most a look at each name by each name.
  func fit(of path: [[UInt8]]) -> Fit {
    // For each beginning of the path, whether the names so far are a pattern of it.
    var fits = [Bool](repeating: false, count: path.count + 1)
    fits[0] = true
    var isBegun = false
    for (position, name) in names.enumerated() {
      isBegun = isBegun || fits[path.count]
      var next = [Bool](repeating: false, count: path.count + 1)
      if name == Self.anyNames {
        // At the end it stands for what lies in a folder, not for the folder.
        let least = position == names.count - 1 && position > 0 ? 1 : 0
        var first: Int?
        for end in 0...path.count {
          if let first, end - first >= least { next[end] = true }
          if first == nil, fits[end] {
            first = end
            next[end] = least == 0
          }
        }
        isBegun = isBegun || first != nil
      } else {
        for end in path.indices where fits[end] {
          next[end + 1] = matchesName(path[end][...], name[...])
        }
      }
      fits = next
    }
    return fits[path.count] ? .whole : isBegun ? .begun : .none
  }
}

/// Whether a name fits a pattern of `*`, `?`, `[a-z]` and `\`; tries each `*` at each place once.
private func matchesName(_ name: ArraySlice<UInt8>, _ pattern: ArraySlice<UInt8>) -> Bool {
  var (rest, left) = (name, pattern)
  /// Where to go on if what follows the last `*` does not fit: one byte further.
  var retry: (name: ArraySlice<UInt8>, pattern: ArraySlice<UInt8>)?
  while true {
    if left.first == UInt8(ascii: "*") {
      left = left.drop { $0 == UInt8(ascii: "*") }
      retry = (rest, left)
      continue
    }
    if let byte = rest.first, let next = matchOne(byte, left) {
      rest.removeFirst()
      left = next
      continue
    }
    if rest.isEmpty, left.isEmpty { return true }
    guard var again = retry, !again.name.isEmpty else { return false }
    again.name.removeFirst()
    retry = again
    (rest, left) = again
  }
}

/// What of a pattern is left once its first element took a byte; `nil` where it does not.
private func matchOne(_ byte: UInt8, _ pattern: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
  switch pattern.first {
  case nil: return nil
  case UInt8(ascii: "?"): return pattern.dropFirst()
  case UInt8(ascii: "["): return matchSet(byte, pattern.dropFirst())
  case UInt8(ascii: "\\"):
    let escaped = pattern.dropFirst()
    return escaped.first == byte ? escaped.dropFirst() : nil
  case let first: return first == byte ? pattern.dropFirst() : nil
  }
}

/// The same of a set such as `[a-z]` or `[!a]`, from behind its bracket; one without an end fits nothing.
private func matchSet(_ byte: UInt8, _ pattern: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
  var rest = pattern
  let isNegated = rest.first == UInt8(ascii: "!") || rest.first == UInt8(ascii: "^")
  if isNegated { rest.removeFirst() }
  func take() -> UInt8? {
    if rest.first == UInt8(ascii: "\\") { rest.removeFirst() }
    return rest.popFirst()
  }
  var contains = false
  var isFirst = true
  while isFirst || rest.first != UInt8(ascii: "]") {
    isFirst = false
    guard let low = take() else { return nil }
    var high = low
    if rest.first == UInt8(ascii: "-"), let end = rest.dropFirst().first,
      end != UInt8(ascii: "]")
    {
      rest.removeFirst()
      guard let last = take() else { return nil }
      high = last
    }
    if low <= high, (low...high).contains(byte) { contains = true }
  }
  return contains != isNegated ? rest.dropFirst() : nil
}
