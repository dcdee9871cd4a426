import Diagnostics
import LatticeModel
import TextForms
import YAMLTree

/// What a link calls, in three words.
extension WadmDecoder {
  func readInterface(_ reader: ObjectReader) -> LinkInterface? {
    let namespace = reader[WadmLinkFields.namespace]
    let package = reader[WadmLinkFields.package]
    let interfaces = reader[WadmLinkFields.interfaces]
    let node = reader.node[WadmLinkFields.interfaces.key]
    var isSound = true
    for (text, key) in [
      (namespace, WadmLinkFields.namespace.key), (package, WadmLinkFields.package.key),
    ] {
      guard let text, let node = reader.node[key] else { continue }
      isSound = check(text, key, at: node) && isSound
    }
    let elements = node?.elements ?? .empty
    if let interfaces, let node {
      isSound = check(interfaces, of: elements, at: node) && isSound
    }
    guard let namespace, let package, let interfaces, isSound,
      interfaces.count == node?.count
    else { return nil }
    return LinkInterface(
      contract: Contract(namespace: namespace, package: package), interfaces: interfaces)
  }

  /// Whether each of the interfaces is one, and stands once; reports where not.
  private func check(_ interfaces: [String], of nodes: YAMLElements, at list: YAMLNode) -> Bool {
    guard list.count > 0 else {
      findings.add(
        .invalidValue, "the link names no interface, so nothing can be called",
        remedy: "write those that are called, such as [store, atomics]",
        at: list.position(findings.path))
      return false
    }
    // Where one is no text, that is reported, and no place is sure.
    guard interfaces.count == list.count else { return false }
    var seen: Set<String> = []
    var isSound = true
    for (interface, node) in zip(interfaces, nodes) {
      isSound = check(interface, WadmLinkFields.interfaces.key, at: node) && isSound
      guard !seen.insert(interface).inserted else { continue }
      isSound = false
      findings.add(
        .duplicateName, "'\(excerpt(interface))' stands twice in 'interfaces' of the link",
        remedy: "write it once", at: node.position(findings.path))
    }
    return isSound
  }

  /// Whether a word is one part of what is called; reports where not.
  private func check(_ text: String, _ key: StaticString, at node: YAMLNode) -> Bool {
    guard !isToken(text) else { return true }
    findings.add(
      .invalidValue, "'\(key)' of the link is '\(excerpt(text))', not one word",
      remedy: remedy(for: text, key), at: node.position(findings.path))
    return false
  }

  private func remedy(for text: String, _ key: StaticString) -> String {
    let bare = text.prefix { $0 != "@" }
    let halves = bare.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    let words = halves[0].split(separator: ":", omittingEmptySubsequences: false)
    let version = bare.count < text.count ? ", and leave the version out" : ""
    guard (words + halves.dropFirst()).allSatisfy(isToken), words.count <= 2 else {
      return "write letters, digits, '-' and '_', a letter or digit first"
    }
    guard words.count == 1, halves.count == 1 else {
      let namespace = words.count == 2 ? "namespace: \(words[0]), " : ""
      let package = words.count == 2 ? words[1] : words[0]
      let interfaces = halves.count == 2 ? ", interfaces: [\(halves[1])]" : ""
      return "write \(excerpt("\(namespace)package: \(package)\(interfaces)"))\(version)"
    }
    return "leave the version out: write '\(excerpt(String(bare)))'"
  }
}
