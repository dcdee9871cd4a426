import Diagnostics
import TextForms
import YAMLTree

extension ObjectReader {
  /// The entries of a config, with warnings of what others should not read, or would not expect.
  ///
  /// What an entry says is never shown.
  func configEntries(
    _ value: YAMLNode, _ key: StaticString, of texts: Texts = .scalars
  ) -> [String: String] {
    let entries = entries(value, key, of: texts)
    warnOfEntries(value, key) { entries[$0.key.text] }
    return entries
  }

  /// Warns of entries that others should not read, or would not expect; what they say is never shown.
  func warnOfEntries(_ value: YAMLNode, _ key: StaticString, text: (YAMLEntry) -> String?) {
    for entry in value.entries {
      let name = entry.key.text
      guard let text = text(entry) else { continue }
      func shown() -> String { "\(key).\(excerpt(name))" }
      if isLikelySecret(name, text) {
        findings.add(
          .likelySecret, .warning,
          "'\(shown())' of \(what) looks like a secret, which everybody in the lattice and in the "
            + "repository can read",
          remedy: "keep it in a store of secrets, and name it under 'secrets'",
          at: entry.value.position(findings.path))
      }
      if let reach = reach(name, text) {
        findings.add(
          .takesEverything, .warning, "'\(shown())' of \(what) takes \(reach)",
          remedy: "name the subjects that are meant, with '*' for one part",
          at: entry.value.position(findings.path))
      }
    }
  }
}

/// Whether an entry is one that tools keep in stores of secrets: by its name, or by a form that has no
/// other use.
private func isLikelySecret(_ key: String, _ value: String) -> Bool {
  guard !value.isEmpty else { return false }
  return isNameOfSecret(key) || value.hasPrefix("-----BEGIN ") || isSeed(value)
    || hasPassword(value)
}

private func isNameOfSecret(_ key: String) -> Bool {
  var key = key
  return key.withUTF8 { key in
    endsOfSecrets.contains { isEnd($0, of: key, isWhole: false) }
      || wordsForSecrets.contains { isEnd($0, of: key, isWhole: true) }
  }
}

private let endsOfSecrets: [StaticString] = [
  "password", "passwd", "passphrase", "apikey", "privatekey", "secretkey",
]
private let wordsForSecrets: [StaticString] = ["pwd", "secret", "token", "seed"]

/// Whether a key ends with a word, in whatever case: with anything between its letters, or as a whole
/// word that stands by itself.
private func isEnd(
  _ word: StaticString, of key: UnsafeBufferPointer<UInt8>, isWhole: Bool
) -> Bool {
  word.withUTF8Buffer { word in
    var rest = key[...]
    for letter in word.reversed() {
      if !isWhole { while let last = rest.last, !isLetter(last) { rest.removeLast() } }
      guard let last = rest.popLast(), last | 0x20 == letter else { return false }
    }
    return !isWhole || !(rest.last.map(isLetter) ?? false)
  }
}

private func isLetter(_ byte: UInt8) -> Bool {
  (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
}

/// Whether a text is a seed of an nkey: `S`, a kind, and 56 letters and digits of base 32.
private func isSeed(_ text: String) -> Bool {
  text.utf8.count == 58 && text.hasPrefix("S")
    && text.utf8.allSatisfy { (0x41...0x5A).contains($0) || (0x32...0x37).contains($0) }
}

/// Whether a URL has a password: `scheme://user:password@host`.
private func hasPassword(_ text: String) -> Bool {
  guard text.utf8.contains(UInt8(ascii: "@")),
    let start = text.firstRange(of: "://")?.upperBound
  else { return false }
  let authority = text[start...].prefix { !"/?#".contains($0) }
  guard let at = authority.lastIndex(of: "@") else { return false }
  let parts = authority[..<at].split(separator: ":", maxSplits: 1)
  return parts.count == 2 && !parts[1].hasPrefix("$")
}

/// What a subscription takes where that is everything, or everything below one word; what providers of
/// messaging subscribe to is between commas, each with a queue behind `|` or not.
private func reach(_ key: String, _ value: String) -> String? {
  guard key.utf8.first.map({ $0 | 0x20 }) == UInt8(ascii: "s"),
    ["subscriptions", "subscription"].contains(key.lowercased())
  else { return nil }
  let subjects = value.split { $0 == "," || $0 == " " }.map { subject in
    subject.prefix { $0 != "|" }.split(separator: ".", omittingEmptySubsequences: false)
  }
  let takesAll = subjects.contains { tokens in tokens.allSatisfy { $0 == "*" || $0 == ">" } }
  if takesAll { return "every message, whoever it is for" }
  let takesTree = subjects.contains { tokens in tokens.count == 2 && tokens[1] == ">" }
  return takesTree ? "every message whose subject begins with one word" : nil
}
