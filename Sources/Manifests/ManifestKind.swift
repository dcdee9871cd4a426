import Diagnostics
import TextForms
import YAMLTree

/// The kinds of documents.
enum ManifestKind: String, CaseIterable {
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
private let manifestKeys = ["apiVersion", "kind", "metadata", "spec"]

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

/// The kind of a document, if its version and kind are ones that are read here; reports it where
/// they are not.
func checkedKind(of root: YAMLNode, _ findings: Findings) -> ManifestKind? {
  let place = root.position(findings.path)
  guard let version = root["apiVersion"] else {
    findings.add(
      .missingKey, "the document has no 'apiVersion'",
      remedy: "write 'apiVersion: \(ownVersion)'", at: place)
    return nil
  }
  guard version.hasText(ownVersion) else {
    let isWadm = version.hasText("core.oam.dev/v1beta1")
    if isWadm, Neighbours.isMixed(root) {
      findings.add(
        .otherDialect, "its components are of wadm and of KubeVela, which share this apiVersion",
        remedy: "keep each in a document of its own; nothing of it is touched meanwhile",
        at: version.position(findings.path))
      return nil
    }
    findings.add(
      isWadm ? .otherDialect : .wrongVersion,
      isWadm ? "manifests of wadm are not read yet" : "apiVersion is \(describe(version))",
      remedy: isWadm
        ? "write it with 'apiVersion: \(ownVersion)'; nothing of it is touched meanwhile"
        : "write '\(ownVersion)'", at: version.position(findings.path))
    return nil
  }
  guard let node = root["kind"] else {
    findings.add(
      .missingKey, "the document has no 'kind'", remedy: "write 'kind: Application'", at: place)
    return nil
  }
  guard let kind = ManifestKind(rawValue: node.text) else {
    findings.add(
      .wrongKind, "kind is \(describe(node))",
      remedy: "write one of \(ManifestKind.names.joined(separator: ", "))",
      at: node.position(findings.path))
    return nil
  }
  return kind
}
