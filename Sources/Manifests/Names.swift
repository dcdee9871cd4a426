import Diagnostics
import LatticeModel
import TextForms
import YAMLTree

/// Names in a lattice, made from names in manifests.
enum LatticeNames {
  /// One part of a name: lower case, every character outside a-z and 0-9 replaced by `_`.
  ///
  /// The parts are joined by `-`, which no part contains, so that `a-b` with `c` and `a` with
  /// `b-c` differ. The rule is wadm's.
  static func part(_ text: String) -> String { join(text) }

  /// A name of wadm as one of ours: a DNS label that becomes the same part; `nil` where there is none.
  static func label(_ text: String) -> String? {
    let label = String(part(text).map { $0 == "_" ? "-" : $0 })
    return isDNSLabel(label) ? label : nil
  }

  /// Why a text is no label of ours, as the end of a sentence.
  static func whyNoLabel(_ text: String) -> String {
    let label = part(text)
    if label.isEmpty { return "it is empty" }
    if label.allSatisfy({ $0 == "_" }) {
      return "nothing in it is one of a-z and 0-9, and every other character becomes '-'"
    }
    if label.utf8.count > 63 { return "it is longer than 63, the most that one may be" }
    return "characters other than a-z and 0-9 become '-', and none begins or ends with that"
  }

  /// A text as a token that becomes the same part; `nil` where there is none.
  static func token(_ text: String) -> String? {
    let bytes = text.unicodeScalars.map { scalar in
      UInt8(exactly: scalar.value).flatMap { isTokenByte($0) ? $0 : nil } ?? UInt8(ascii: "_")
    }
    let token = String(decoding: bytes, as: UTF8.self)
    return token.utf8.count <= 200 && isToken(token) ? token : nil
  }

  /// Other spellings of a token that become the same part.
  static func spellings(of token: String) -> some Sequence<String> {
    let scalars = Array(token.unicodeScalars)
    return scalars.indices.lazy.map { place in
      var other = scalars
      let properties = other[place].properties
      switch other[place] {
      case "-": other[place] = "_"
      case "_": other[place] = "-"
      case "a"..."z":
        other.replaceSubrange(place...place, with: properties.uppercaseMapping.unicodeScalars)
      case "A"..."Z":
        other.replaceSubrange(place...place, with: properties.lowercaseMapping.unicodeScalars)
      default: break
      }
      return other.reduce(into: "") { $0.unicodeScalars.append($1) }
    }.filter { $0 != token && isToken($0) }
  }

  /// Parts with `-` between them.
  static func join(_ texts: String...) -> String {
    let most = texts.reduce(0) { $0 + $1.utf8.count + 1 }
    return String(unsafeUninitializedCapacity: most) { name in
      var count = 0
      func append(_ byte: UInt8) {
        name[count] = byte
        count += 1
      }
      for (number, text) in texts.enumerated() {
        if number > 0 { append(dash) }
        for byte in text.utf8 {
          switch byte {
          case UInt8(ascii: "a")...UInt8(ascii: "z"), 0x30...0x39: append(byte)
          case UInt8(ascii: "A")...UInt8(ascii: "Z"): append(byte | 0x20)
          case 0x80...0xBF: break  // A character is one `_`, however many bytes it has.
          default: append(UInt8(ascii: "_"))
          }
        }
      }
      return count
    }
  }

  /// The config that holds a link's values.
  static func linkConfig(
    _ application: ApplicationName, _ source: String, _ target: String, _ link: LinkManifest
  ) -> ConfigName {
    let contract = part((link.interface?.contract ?? link.contract)?.description ?? "")
    return ConfigName(
      "\(join(application.rawValue, source, target))-\(contract)-\(part(link.name))")
  }
}

extension ObjectReader {
  /// A name that is a DNS label: lower-case letters, digits and `-`, at most 63 characters.
  func name(_ value: YAMLNode, _ key: StaticString) -> String? {
    guard let text = text(value, key.description) else { return nil }
    guard isDNSLabel(text) else {
      findings.add(
        .invalidName, "'\(excerpt(text))' is no name for \(what)",
        remedy: "write \(dnsLabelRule)", at: value.position(findings.path))
      return nil
    }
    return text
  }

  /// An id in the lattice or the name of a link or rule: one NATS token that is also a legal key.
  func token(_ value: YAMLNode, _ key: StaticString) -> String? {
    guard let text = text(value, key.description) else { return nil }
    guard text.utf8.count <= 200, isToken(text) else {
      findings.add(
        .invalidName, "'\(excerpt(text))' is no '\(key)' for \(what)",
        remedy: "write letters, digits, '-' and '_', at most 200, a letter or digit first",
        at: value.position(findings.path))
      return nil
    }
    return text
  }

  /// The name of a config, which may have full stops where others put it.
  func configName(_ value: YAMLNode, _ key: StaticString) -> String? {
    value.scalarType == .string && isConfigName(value.text) ? value.text : token(value, key)
  }

  func image(_ value: YAMLNode) -> ImageReference? {
    guard let written = text(value, "image") else { return nil }
    // Nobody sees a blank at the end.
    let text = written.utf8.contains(0x20) ? String(Substring(trimmed(written.utf8))) : written
    guard !hasPlaceholder(text) else {
      findings.add(
        .invalidValue, "'\(excerpt(text))' still has a place that is to be filled in",
        remedy: "write registry/repository:tag; nothing is filled in here",
        at: value.position(findings.path))
      return nil
    }
    guard !text.isEmpty, text.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F }) else {
      findings.add(
        .invalidValue, "'\(excerpt(text))' is no image", remedy: "write registry/repository:tag",
        at: value.position(findings.path))
      return nil
    }
    // What comes from no registry has no version to name.
    if !namesVersion(text), !text.hasPrefix("file://"), !ImageReference(text).isBuiltin {
      findings.add(
        .tagLatest, .warning, "'\(excerpt(text))' names no fixed version",
        remedy: "give a tag or digest: hosts refuse 'latest' unless told otherwise",
        at: value.position(findings.path))
    }
    return ImageReference(text)
  }

  /// What a contract is called by hosts before 1.0, such as `wasmcloud:keyvalue`.
  func contract(_ value: YAMLNode, _ key: StaticString) -> Contract? {
    guard let text = text(value, key.description) else { return nil }
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count >= 2, parts.allSatisfy(isToken) else {
      findings.add(
        .invalidValue, "'\(key)' of \(what) is '\(excerpt(text))'",
        remedy: "write namespace:contract, such as wasmcloud:keyvalue",
        at: value.position(findings.path))
      return nil
    }
    return Contract(text)
  }

  /// Labels or annotations, their keys by the rule of the Open Application Model.
  func labels(_ value: YAMLNode, _ key: StaticString, of texts: Texts) -> [String: String] {
    let labels = entries(value, key, of: texts)
    for label in labels.keys where !isLabelKey(label) {
      let entry = value.entries.first { $0.key.text == label }
      findings.add(
        .invalidName, "'\(excerpt(label))' is no key for '\(key)' of \(what)",
        remedy: "write letters, digits, '-', '_' and '.', at most 63, a letter or digit first and "
          + "last; a domain and '/' may stand before",
        at: (entry?.key ?? value).position(findings.path))
    }
    return labels
  }
}

/// Whether an image names one version for good: by a digest, or by a tag other than `latest`.
private func namesVersion(_ image: String) -> Bool {
  var image = image
  return image.withUTF8 { image in
    let name = image.suffix(after: UInt8(ascii: "/"))
    guard name.contains(UInt8(ascii: ":")) else { return image.contains(UInt8(ascii: "@")) }
    let tag = name.suffix(after: UInt8(ascii: ":"))
    return !tag.isEmpty && !tag.elementsEqual("latest".utf8)
  }
}

extension BidirectionalCollection<UInt8> {
  /// What stands behind the last of a byte; all where there is none.
  fileprivate func suffix(after byte: UInt8) -> SubSequence {
    lastIndex(of: byte).map { self[index(after: $0)...] } ?? self[...]
  }
}

/// Whether a text has `{{`, `${` or `<`.
private func hasPlaceholder(_ text: String) -> Bool {
  var before: UInt8 = 0
  for byte in text.utf8 {
    let opens = before == UInt8(ascii: "{") || before == UInt8(ascii: "$")
    if byte == UInt8(ascii: "<") || byte == UInt8(ascii: "{") && opens { return true }
    before = byte
  }
  return false
}

/// Letters, digits, `-` and `_`, a letter or digit first.
func isToken(_ text: some StringProtocol) -> Bool { isToken(text.utf8) }

/// The same of the bytes of a text.
func isToken(_ text: some Collection<UInt8>) -> Bool {
  text.first.map(isAlphanumeric) == true && text.allSatisfy(isTokenByte)
}

/// Tokens with full stops between: the name of a config that others put.
func isConfigName(_ text: String) -> Bool {
  text.utf8.count <= 200
    && text.split(separator: ".", omittingEmptySubsequences: false).allSatisfy(isToken)
}

private func isTokenByte(_ byte: UInt8) -> Bool {
  isAlphanumeric(byte) || byte == dash || byte == UInt8(ascii: "_")
}

/// `[prefix/]name`, where the parts of a prefix begin with a letter, unlike those of a domain.
private func isLabelKey(_ key: String) -> Bool {
  let halves = key.utf8.split(
    separator: UInt8(ascii: "/"), maxSplits: 1, omittingEmptySubsequences: false)
  guard let name = halves.last, (1...63).contains(name.count), isBounded(name),
    name.allSatisfy({ isTokenByte($0) || $0 == dot })
  else { return false }
  guard halves.count == 2 else { return true }
  let prefix = halves[0]
  return prefix.count <= 253
    && prefix.split(separator: dot, omittingEmptySubsequences: false).allSatisfy { part in
      (1...63).contains(part.count) && isBounded(part) && part.first.map(isDigit) == false
        && part.allSatisfy { isAlphanumeric($0) || $0 == dash }
    }
}

/// Whether a letter or digit stands first and last.
private func isBounded(_ bytes: some BidirectionalCollection<UInt8>) -> Bool {
  bytes.first.map(isAlphanumeric) == true && bytes.last.map(isAlphanumeric) == true
}

private let dash = UInt8(ascii: "-")
private let dot = UInt8(ascii: ".")

private func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

private func isAlphanumeric(_ byte: UInt8) -> Bool {
  isDigit(byte) || (0x61...0x7A).contains(byte) || (0x41...0x5A).contains(byte)
}

/// Whether a text is a time of day, `00:00` to `23:59`.
func isTimeOfDay(_ text: String) -> Bool {
  let parts = text.split(separator: ":", omittingEmptySubsequences: false)
  guard parts.count == 2, parts.allSatisfy({ $0.utf8.count == 2 && $0.utf8.allSatisfy(isDigit) })
  else { return false }
  return Int(parts[0]).map { $0 < 24 } ?? false && Int(parts[1]).map { $0 < 60 } ?? false
}

/// Whether a text is a name of the time zone database, as far as can be seen without it.
func isTimeZone(_ text: String) -> Bool {
  let parts = text.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
  let isWord = parts.allSatisfy { part in
    !part.isEmpty && part.allSatisfy { isAlphanumeric($0) || "_+-".utf8.contains($0) }
  }
  return isWord && text.utf8.first.map { isAlphanumeric($0) && !isDigit($0) } ?? false
}

/// Whether a text is a subject to subscribe to: tokens without blanks, `*` for one, `>` for the rest.
func isSubjectPattern(_ text: String) -> Bool {
  let tokens = text.split(separator: ".", omittingEmptySubsequences: false)
  return tokens.enumerated().allSatisfy { place, token in
    if token == "*" { return true }
    if token == ">" { return place == tokens.count - 1 }
    return !token.isEmpty
      && token.utf8.allSatisfy { $0 > 0x20 && $0 != 0x7F && !"*>".utf8.contains($0) }
  }
}
