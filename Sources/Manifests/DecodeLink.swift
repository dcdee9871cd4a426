import Diagnostics
import LatticeModel
import YAMLTree

/// Decodes one link; whether its ends exist is seen once all files are read.
func decodeLink(_ node: YAMLNode, _ findings: Findings) -> LinkManifest? {
  guard var reader = ObjectReader(node, "the link", findings) else { return nil }
  let source = reader.required("source").flatMap { reader.text($0, "source") }
  let target = decodeTarget(&reader, findings)
  let contract = reader.required("interface").flatMap { decodeInterface($0, findings) }
  let name = reader.string("name") ?? "default"
  let values = reader.field("values").map { reader.texts($0, "values") } ?? [:]
  reader.notActedOn("contract", "timeout", "retry")
  reader.finish()
  guard let source, let target, let contract else { return nil }
  return LinkManifest(
    source: source, target: target.target, namespace: contract.namespace,
    package: contract.package, interfaces: contract.interfaces, name: name, values: values,
    origin: node.position(findings.path), targetPosition: target.position)
}

private func decodeTarget(
  _ reader: inout ObjectReader, _ findings: Findings
) -> (target: LinkManifest.Target, position: SourcePosition)? {
  let local = reader.field("target")
  let shared = reader.field("provider")
  switch (local, shared) {
  case (let node?, nil):
    return reader.text(node, "target").map { (.local($0), node.position(findings.path)) }
  case (nil, let node?):
    guard var inner = ObjectReader(node, "'provider' of the link", findings) else { return nil }
    let application = inner.required("application").flatMap { inner.text($0, "application") }
    let provider = inner.required("name").flatMap { inner.text($0, "name") }
    inner.finish()
    guard let application, let provider else { return nil }
    return (
      .shared(application: ApplicationName(application), provider: provider),
      node.position(findings.path)
    )
  case (nil, nil):
    findings.add(
      .missingKey, "the link has no 'target'",
      remedy: "add 'target', or 'provider' with application and name", at: reader.position)
  case (let node?, _?):
    findings.add(
      .invalidValue, "the link has both 'target' and 'provider'", remedy: "keep one of them",
      at: node.position(findings.path))
  }
  return nil
}

/// `namespace:package/interface,interface`; a version behind `@` is left out, since links on the
/// wire carry none.
private func decodeInterface(
  _ node: YAMLNode, _ findings: Findings
) -> (namespace: String, package: String, interfaces: [String])? {
  let text = node.kind == .scalar ? node.text : ""
  let whole = text.split(separator: "@", maxSplits: 1).first.map(String.init) ?? ""
  let halves = whole.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
  let names = halves.first?.split(separator: ":", omittingEmptySubsequences: false) ?? []
  let interfaces =
    halves.count == 2
    ? halves[1].split(separator: ",", omittingEmptySubsequences: false).map(trimmed) : []
  let parts = names.map(String.init) + interfaces
  let isSound =
    names.count == 2 && !interfaces.isEmpty
    && parts.allSatisfy { part in
      !part.isEmpty && part.utf8.allSatisfy { isWord($0) }
    }
  guard isSound else {
    findings.add(
      .invalidValue, "'interface' is \(describe(node))",
      remedy: "write namespace:package/interface, such as wasi:keyvalue/store,atomics",
      at: node.position(findings.path))
    return nil
  }
  return (String(names[0]), String(names[1]), interfaces)
}

private func trimmed(_ text: Substring) -> String {
  String(text.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
}

private func isWord(_ byte: UInt8) -> Bool {
  switch byte {
  case 0x61...0x7A, 0x41...0x5A, 0x30...0x39, 0x2D, 0x5F: true
  default: false
  }
}
