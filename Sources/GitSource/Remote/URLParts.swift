/// The parts of a URL with a host, taken apart strictly: what libgit2 and we could read in two ways
/// is refused.
struct URLParts {
  /// In lower case.
  let scheme: String
  let user: String?
  let password: String?
  /// Without brackets, in lower case.
  let host: String
  let port: Int?
  /// With a slash at its beginning; as written.
  let path: String

  /// Takes a URL apart.
  ///
  /// - Parameters:
  ///   - text: The URL, with `://` in it.
  ///   - shown: What may be shown of it.
  /// - Throws: `GitError.unreadableAddress`.
  init(_ text: String, shown: String) throws(GitError) {
    func refuse(_ why: String, _ remedy: String? = nil) -> GitError {
      .unreadableAddress(shown, why: why, remedy: remedy)
    }
    guard let mark = text.firstRange(of: "://") else { throw refuse("it is no URL") }
    guard !hasOddCharacters(text), !text.contains("\\") else {
      throw refuse("it has a space, a backslash or a control character")
    }
    scheme = text[..<mark.lowerBound].lowercased()
    let rest = text[mark.upperBound...]
    guard !rest.contains(where: { "?#".contains($0) }) else {
      throw refuse("it has a '?' or a '#'", "leave out what begins there")
    }
    let authority = rest.prefix { $0 != "/" }
    path = String(rest.dropFirst(authority.count))
    let signs = authority.indices.filter { authority[$0] == "@" }
    guard signs.count <= 1 else {
      throw refuse("it has more than one '@'", "write %40 for one in a user or password")
    }
    if let sign = signs.first {
      let names = authority[..<sign].split(
        separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
      let decoded = names.map(percentDecoded)
      guard decoded.allSatisfy({ $0 != nil }) else {
        throw refuse("its user or password has a '%' that two hexadecimal digits do not follow")
      }
      user = decoded.first.flatMap(\.self)
      password = decoded.count > 1 ? decoded[1] : nil
    } else {
      (user, password) = (nil, nil)
    }
    let place = signs.first.map { authority[authority.index(after: $0)...] } ?? authority
    let isBracketed = place.hasPrefix("[")
    let end = isBracketed ? place.firstIndex(of: "]") : place.firstIndex(of: ":") ?? place.endIndex
    guard let end else { throw refuse("its '[' has no ']'") }
    let name = isBracketed ? place[..<end].dropFirst() : place[..<end]
    guard isBracketed == name.contains(":") else {
      throw refuse("what stands in brackets is no IPv6 address")
    }
    host = name.lowercased()
    let tail = isBracketed ? place[end...].dropFirst() : place[end...]
    guard !tail.isEmpty else {
      port = nil
      return
    }
    let digits = tail.dropFirst()
    guard tail.hasPrefix(":"), digits.allSatisfy({ $0.isASCII && $0.isNumber }),
      let number = Int(digits), (1...65535).contains(number)
    else { throw refuse("its port is none", "write a number from 1 to 65535") }
    port = number
  }
}

/// A text with each `%` and two digits replaced by the byte that they mean; `nil` where digits are
/// missing, or where it is no UTF-8 then.
func percentDecoded(_ text: some StringProtocol) -> String? {
  var bytes: [UInt8] = []
  var rest = Array(text.utf8)[...]
  while let byte = rest.popFirst() {
    guard byte == UInt8(ascii: "%") else {
      bytes.append(byte)
      continue
    }
    let digits = rest.prefix(2)
    guard digits.count == 2, digits.allSatisfy(isHexDigit),
      let value = UInt8(String(decoding: digits, as: UTF8.self), radix: 16)
    else { return nil }
    bytes.append(value)
    rest = rest.dropFirst(2)
  }
  return String(validating: bytes, as: UTF8.self)
}
