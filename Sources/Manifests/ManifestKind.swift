import Diagnostics
import TextForms
import YAMLTree

/// The kinds of documents.
enum ManifestKind: String, CaseIterable, Sendable {
  case application = "Application"
  case policy = "Policy"
  case hostProfile = "HostProfile"
  case lattice = "Lattice"
  case stream = "Stream"

  /// The words for them.
  static let names = allCases.map(\.rawValue)

  /// The kind that a document with an error was most likely meant to be: an application, unless
  /// it is nearly another word.
  init(meantBy node: YAMLNode) {
    let others = Self.names.filter { $0 != Self.application.rawValue }
    let word = node.kind == .scalar ? nearestWord(to: node.text, in: others) : nil
    self = word.flatMap(Self.init(rawValue:)) ?? .application
  }
}

/// The `apiVersion` of our documents.
let ownVersion: StaticString = "reconcile.dev/v1"
/// The `apiVersion` of wadm's.
let wadmVersion: StaticString = "core.oam.dev/v1beta1"
let manifestKeys = ["apiVersion", "kind", "metadata", "spec"]

/// Whether a document has one of the keys that make a manifest.
func isManifest(_ root: YAMLNode) -> Bool {
  root["apiVersion"] != nil || root["kind"] != nil || root["metadata"] != nil
    || root["spec"] != nil
}

/// What in a document without any key of a manifest says that it was meant to be one.
func manifestClue(in root: YAMLNode) -> String? {
  for entry in root.entries {
    let key = entry.key.text
    let meant = manifestKeys.first { $0.lowercased() == key.lowercased() }
    if let meant = meant ?? nearestWord(to: key, in: manifestKeys) {
      return "'\(excerpt(key))', which is nearly '\(meant)'"
    }
    let value = entry.value
    if value.text.hasPrefix("reconcile.dev/") || value.text.hasPrefix("core.oam.dev/") {
      return "'\(excerpt(key))' is \(describe(value))"
    }
    if value["actors"] != nil || value["providers"] != nil || value["components"] != nil {
      return "'\(excerpt(key))' is like a spec"
    }
  }
  return nil
}

/// What a document is, as its version and kind say together.
enum ManifestForm {
  case native(ManifestKind)
  /// An application of wadm.
  case wadm

  /// Whether a document calls itself one of wadm's.
  static func isWadm(_ root: YAMLNode) -> Bool { root["apiVersion"]?.hasText(wadmVersion) ?? false }
}

/// The form of a document, if its version and kind are ones that are read here; reports it where
/// they are not.
func checkedForm(of root: YAMLNode, _ findings: Findings) -> ManifestForm? {
  let isWadm = ManifestForm.isWadm(root)
  let isKnown = checkVersion(of: root, isWadm, findings)
  let kinds = isWadm ? [ManifestKind.application.rawValue] : ManifestKind.names
  guard let node = root["kind"] else {
    if isKnown { addMissing("kind", "Application", in: root, findings) }
    return nil
  }
  guard kinds.contains(node.text), let kind = ManifestKind(rawValue: node.text) else {
    let nearest = nearestWord(to: node.text, in: kinds)
    // What has neither version nor kind of ours is nearer to another tool's.
    guard isKnown || nearest != nil else { return nil }
    findings.add(
      .wrongKind, "kind is \(describe(node))",
      remedy: "write "
        + (nearest ?? "\(isWadm ? "" : "one of ")\(kinds.joined(separator: ", "))"),
      at: node.position(findings.path))
    return nil
  }
  guard isKnown else { return nil }
  return isWadm ? .wadm : .native(kind)
}

private func checkVersion(of root: YAMLNode, _ isWadm: Bool, _ findings: Findings) -> Bool {
  guard let version = root["apiVersion"] else {
    addMissing("apiVersion", "\(versionMeant(by: root))", in: root, findings)
    return false
  }
  guard isWadm || version.hasText(ownVersion) else {
    findings.add(
      .wrongVersion, "apiVersion is \(describe(version))",
      remedy: "write '\(versionMeant(by: root))'",
      at: version.position(findings.path))
    return false
  }
  if isWadm, Neighbours.isMixed(root) {
    findings.add(
      .otherDialect, "its components are of wadm and of KubeVela, which share this apiVersion",
      remedy: "keep each in a document of its own; nothing of it is touched meanwhile",
      at: version.position(findings.path))
    return false
  }
  return true
}

/// Reports a key that a document must have, where it is misspelt or at the beginning.
private func addMissing(
  _ key: String, _ value: String, in root: YAMLNode, _ findings: Findings
) {
  if let written = root.entries.lazy.map(\.key).first(where: {
    nearestWord(to: $0.text, in: [key]) != nil
  }) {
    return findings.add(
      .unknownKey, "the document has no key '\(excerpt(written.text))'", remedy: "write '\(key)'",
      at: written.position(findings.path))
  }
  findings.add(
    .missingKey, "the document has no '\(key)'", remedy: "write '\(key): \(value)'",
    at: root.position(findings.path))
}

/// The `apiVersion` that a document was meant to have: wadm's by its group, or by what stands in it.
private func versionMeant(by root: YAMLNode) -> StaticString {
  let group = root["apiVersion"]?.text.prefix { $0 != "/" } ?? ""
  let groups = ["reconcile.dev", "core.oam.dev", "reconcile", "oam.dev"]
  let near = nearestWord(to: String(group), in: groups)
  if let near { return near.hasSuffix("oam.dev") ? wadmVersion : ownVersion }
  return root["spec"]?["components"] == nil ? ownVersion : wadmVersion
}
