import Diagnostics
import LatticeModel
import YAMLTree

/// Names in a lattice, made from names in manifests.
enum LatticeNames {
  /// One part of a name: lower case, every character outside a-z and 0-9 replaced by `_`.
  ///
  /// The parts are joined by `-`, which no part contains, so that `a-b` with `c` and `a` with
  /// `b-c` differ. The rule is wadm's.
  static func part(_ text: String) -> String {
    String(
      text.lowercased().unicodeScalars.map { scalar in
        switch scalar {
        case "a"..."z", "0"..."9": Character(scalar)
        default: "_"
        }
      })
  }

  static func join(_ parts: String...) -> String { parts.map(part).joined(separator: "-") }

  /// The config that holds a link's values.
  static func linkConfig(
    _ application: ApplicationName, _ source: String, _ target: String, _ link: LinkManifest
  ) -> ConfigName {
    let contract = "\(part(link.namespace))_\(part(link.package))"
    return ConfigName(
      "\(join(application.rawValue, source, target))-\(contract)-\(part(link.name))")
  }
}

extension ObjectReader {
  /// A name that is a DNS label: lower-case letters, digits and `-`, at most 63 characters.
  mutating func name(_ key: StaticString = "name") -> String? {
    guard let value = required(key), let text = text(value, key.description) else { return nil }
    guard isLabel(text) else {
      findings.add(
        .invalidName, "'\(safe(text))' is no name for \(what)",
        remedy: "write lower-case letters, digits and '-', at most 63, a letter or digit first and "
          + "last", at: value.position(findings.path))
      return nil
    }
    return text
  }

  /// An id in the lattice: one NATS token that is also a legal key.
  mutating func id() -> String? {
    guard let value = field("id"), let text = text(value, "id") else { return nil }
    let isLegal =
      !text.isEmpty && text.utf8.count <= 200
      && text.utf8.allSatisfy { isAlphanumeric($0) || $0 == 0x2D || $0 == 0x5F }
      && text.utf8.first.map(isAlphanumeric) == true
    guard isLegal else {
      findings.add(
        .invalidName, "'\(safe(text))' is no id for \(what)",
        remedy: "write letters, digits, '-' and '_', a letter or digit first",
        at: value.position(findings.path))
      return nil
    }
    return text
  }

  mutating func image() -> ImageReference? {
    guard let value = required("image"), let text = text(value, "image") else { return nil }
    guard !text.isEmpty, text.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F }) else {
      findings.add(
        .invalidValue, "'\(safe(text))' is no image", remedy: "write registry/repository:tag",
        at: value.position(findings.path))
      return nil
    }
    let name = text.split(separator: "/").last ?? ""
    let isFile = text.hasPrefix("file://")
    if name.hasSuffix(":latest") || (!isFile && !name.contains(":") && !text.contains("@")) {
      findings.add(
        .tagLatest, .warning, "'\(safe(text))' names no fixed version",
        remedy: "give a tag or digest: hosts refuse 'latest' unless told otherwise",
        at: value.position(findings.path))
    }
    return ImageReference(text)
  }

  private func isLabel(_ text: String) -> Bool {
    (1...63).contains(text.utf8.count)
      && text.utf8.allSatisfy { isLowerOrDigit($0) || $0 == 0x2D }
      && text.utf8.first.map(isLowerOrDigit) == true
      && text.utf8.last.map(isLowerOrDigit) == true
  }

  private func isLowerOrDigit(_ byte: UInt8) -> Bool {
    (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte)
  }

  private func isAlphanumeric(_ byte: UInt8) -> Bool {
    isLowerOrDigit(byte) || (0x41...0x5A).contains(byte)
  }
}
