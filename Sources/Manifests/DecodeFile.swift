import Diagnostics
import LatticeModel
import TextForms
import YAMLTree

/// Decodes all documents of a file.
///
/// A document is passed over with a note only if it has none of `apiVersion`, `kind`, `metadata`
/// and `spec`, nor a key that is nearly one: a misspelt key must not look like a deletion. An application whose document has an
/// error is frozen by its name; one that cannot be named makes its place unreadable.
///
/// - Parameter file: The file.
/// - Returns: What it declares, and all findings.
public func decodeManifests(_ file: ManifestFile) -> DecodedFile {
  let findings = Findings(path: file.path)
  var decoded = DecodedFile()
  let reading = parseYAMLDocuments(file.bytes, path: file.path)
  if let error = reading.error {
    findings.add(error.diagnostics)
    for root in reading.damaged.compactMap(\.root) { freeze(root, findings, &decoded) }
    // What follows a syntax error is lost, and of two equal keys only one is seen: there may be
    // more applications here than those that could be named.
    let start = SourcePosition(path: file.path, line: 1, column: 1)
    decoded.unreadable.append(error.diagnostics.first?.location ?? start)
    decoded.isEmpty = false
  }
  for document in reading.documents {
    guard let root = document.root else { continue }
    decode(root, findings, &decoded)
  }
  decoded.diagnostics = findings.diagnostics
  return decoded
}

private let dialect = "reconcile.dev/v1"
private let wadmDialect = "core.oam.dev/v1beta1"
private let manifestKeys = ["apiVersion", "kind", "metadata", "spec"]
private let kinds = ["Application", "Policy", "HostProfile", "Lattice", "Stream"]

private func decode(_ root: YAMLNode, _ findings: Findings, _ decoded: inout DecodedFile) {
  let place = root.position(findings.path)
  guard root.kind == .mapping else {
    findings.add(
      .wrongType, "the document is \(describe(root)), not a mapping",
      remedy: "begin with apiVersion and kind", at: place)
    decoded.unreadable.append(place)
    return
  }
  let isManifest =
    root["apiVersion"] != nil || root["kind"] != nil || root["metadata"] != nil
    || root["spec"] != nil
  guard isManifest else {
    if let (key, meant) = misspeltKey(of: root) {
      findings.add(
        .unknownKey, "the document has no '\(meant)'", remedy: "write '\(meant)' for '\(key)'",
        at: place)
      decoded.isEmpty = false
      decoded.unreadable.append(place)
      return
    }
    findings.add(
      .documentSkipped, .note,
      "the document is no manifest: it has none of apiVersion, kind, metadata and spec", at: place)
    return
  }
  decoded.isEmpty = false
  let errors = findings.errors
  guard isOurs(root, findings) else { return freeze(root, findings, &decoded) }
  guard root["kind"]?.hasText("Application") == true else {
    decodeOther(root, findings)
    return
  }
  let manifest = decodeApplication(root, findings)
  guard findings.errors == errors, let manifest else {
    return freeze(root, findings, &decoded)
  }
  decoded.applications.append(manifest)
}

/// The first key that is nearly one of those that make a manifest.
private func misspeltKey(of root: YAMLNode) -> (key: String, meant: String)? {
  for entry in root.entries where entry.key.kind == .scalar {
    let key = entry.key.text
    let meant = manifestKeys.first { $0.lowercased() == key.lowercased() }
    if let meant = meant ?? nearestWord(to: key, in: manifestKeys) { return (key, meant) }
  }
  return nil
}

/// Whether version and kind are ones that are read here; reports it where they are not.
private func isOurs(_ root: YAMLNode, _ findings: Findings) -> Bool {
  let place = root.position(findings.path)
  guard let version = root["apiVersion"] else {
    findings.add(
      .missingKey, "the document has no 'apiVersion'",
      remedy: "write 'apiVersion: \(dialect)'", at: place)
    return false
  }
  guard version.hasText("reconcile.dev/v1") else {
    let isWadm = version.hasText("core.oam.dev/v1beta1")
    findings.add(
      isWadm ? .otherDialect : .wrongVersion,
      isWadm
        ? "manifests of wadm are not read yet" : "apiVersion is \(describe(version))",
      remedy: isWadm
        ? "write it with 'apiVersion: \(dialect)'; nothing of it is touched meanwhile"
        : "write '\(dialect)'", at: version.position(findings.path))
    return false
  }
  guard let kind = root["kind"] else {
    findings.add(
      .missingKey, "the document has no 'kind'", remedy: "write 'kind: Application'", at: place)
    return false
  }
  guard kind.kind == .scalar, kinds.contains(kind.text) else {
    findings.add(
      .wrongKind, "kind is \(describe(kind))",
      remedy: "write one of \(kinds.joined(separator: ", "))", at: kind.position(findings.path))
    return false
  }
  return true
}

/// Notes that a document cannot be used, by its application's name if it can be read.
///
/// A document of another kind declares no application and freezes none.
private func freeze(_ root: YAMLNode, _ findings: Findings, _ decoded: inout DecodedFile) {
  let place = root.position(findings.path)
  if let kind = root["kind"], kind.kind == .scalar, kinds.dropFirst().contains(kind.text) { return }
  let name = root["metadata"].flatMap { $0.kind == .mapping ? $0["name"] : nil }
  guard let name, name.kind == .scalar, !name.text.isEmpty else {
    decoded.unreadable.append(place)
    return
  }
  decoded.frozen.append(FrozenApplication(name: ApplicationName(name.text), origin: place))
}

/// Kinds beside applications: their names are checked, their content has no effect yet.
private func decodeOther(_ root: YAMLNode, _ findings: Findings) {
  let kind = root["kind"]?.text ?? ""
  guard var reader = ObjectReader(root, "the \(kind)", findings) else { return }
  _ = reader.field("apiVersion")
  _ = reader.field("kind")
  if let metadata = reader.required("metadata"),
    var inner = ObjectReader(metadata, "metadata of the \(kind)", findings)
  {
    _ = inner.name()
    _ = inner.field("annotations")
    inner.finish()
  }
  if let spec = reader.field("spec") {
    if kind == "Policy" { decodePolicy(spec, findings) }
    findings.add(
      .notActedOn, .warning, "the \(kind) is accepted, not acted on yet",
      at: root.position(findings.path))
  }
  reader.finish()
}

/// The fields of a policy, checked for their form.
private func decodePolicy(_ spec: YAMLNode, _ findings: Findings) {
  guard var reader = ObjectReader(spec, "spec of the Policy", findings) else { return }
  func lists(_ key: StaticString, _ names: [StaticString], flags: [StaticString] = []) {
    guard let node = reader.field(key),
      var inner = ObjectReader(node, "'\(key)' of the Policy", findings)
    else { return }
    for name in names { for element in inner.list(name) { _ = inner.text(element, "\(name)") } }
    for flag in flags { _ = inner.bool(flag) }
    inner.finish()
  }
  lists("contracts", ["allow", "deny"])
  lists("images", ["allow", "deny"], flags: ["requireDigest"])
  lists("issuers", ["allow", "deny"])
  lists("appliesTo", ["applications", "hosts"])
  _ = reader.field("network")
  if let actor = reader.field("actor"),
    var inner = ObjectReader(actor, "'actor' of the Policy", findings)
  {
    _ = inner.field("maxMemory")
    _ = inner.int("maxInstances", in: 0...4_294_967_295)
    inner.finish()
  }
  reader.finish()
}
