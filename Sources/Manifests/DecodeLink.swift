import Diagnostics
import LatticeModel
import TextForms
import YAMLTree

/// Decodes one link; whether its ends exist is seen once all files are read.
func decodeLink(_ node: YAMLNode, _ findings: Findings) -> LinkManifest? {
  guard var reader = ObjectReader(node, "the link", findings) else { return nil }
  let ends = decodeEnds(&reader, findings)
  let contract = reader.required("interface").flatMap { decodeInterface($0, findings) }
  let name = reader.token("name") ?? "default"
  let values = reader.field("values").map { reader.texts($0, "values") } ?? [:]
  reader.notActedOn("contract") { $0.contract($1) }
  reader.notActedOn("timeout") { $0.duration($1) }
  reader.notActedOn("retry") { reader, key in
    guard var retry = reader.object(key) else { return }
    _ = retry.int("count", in: 0...1_000)
    _ = retry.duration("delay", orZero: true)
    retry.finish()
  }
  reader.finish()
  guard let ends, let contract else { return nil }
  return LinkManifest(
    source: ends.source, target: ends.target, namespace: contract.namespace,
    package: contract.package, interfaces: contract.interfaces, name: name, values: values,
    origin: node.position(findings.path))
}

/// The ends of a link: `provider` stands for whichever of `source` and `target` is left out.
private func decodeEnds(
  _ reader: inout ObjectReader, _ findings: Findings
) -> (source: LinkManifest.End, target: LinkManifest.End)? {
  let source = reader.field("source")
  let target = reader.field("target")
  let provider = reader.field("provider")
  if source != nil, target != nil, let provider {
    findings.add(
      .invalidValue, "the link has 'source', 'target' and 'provider'",
      remedy: "keep two of them: 'provider' stands for the end that is left out",
      at: provider.position(findings.path))
    return nil
  }
  for (key, isMissing) in [
    ("source", source == nil && (provider == nil || target == nil)),
    ("target", target == nil && provider == nil),
  ] where isMissing {
    findings.add(
      .missingKey, "the link has no '\(key)'",
      remedy: "add '\(key)', or 'provider' with application and name", at: reader.position)
  }
  let shared = provider.flatMap { decodeShared($0, findings) }
  let from = source.map { own($0, "source", reader) } ?? shared
  let to = target.map { own($0, "target", reader) } ?? shared
  guard let from, let to else { return nil }
  return (from, to)
}

private func own(_ node: YAMLNode, _ key: String, _ reader: ObjectReader) -> LinkManifest.End? {
  reader.text(node, key).map {
    LinkManifest.End(name: $0, position: node.position(reader.findings.path))
  }
}

private func decodeShared(_ node: YAMLNode, _ findings: Findings) -> LinkManifest.End? {
  guard var reader = ObjectReader(node, "'provider' of the link", findings) else { return nil }
  let application = reader.name("application")
  let name = reader.name()
  reader.finish()
  guard let application, let name else { return nil }
  return LinkManifest.End(
    application: ApplicationName(application), name: name, position: node.position(findings.path))
}

/// `namespace:package/interface,interface`; a version behind `@` is left out, since links on the
/// wire carry none.
private func decodeInterface(
  _ node: YAMLNode, _ findings: Findings
) -> (namespace: String, package: String, interfaces: [String])? {
  let text = node.kind == .scalar ? node.text : ""
  let whole = text.utf8.prefix { $0 != UInt8(ascii: "@") }
  let halves = whole.split(
    separator: UInt8(ascii: "/"), maxSplits: 1, omittingEmptySubsequences: false)
  let names = halves[0].split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
    .map { Substring($0) }
  let interfaces =
    halves.count == 2
    ? halves[1].split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false).map(trimmed)
    : []
  let isSound =
    names.count == 2 && !interfaces.isEmpty && Set(interfaces).count == interfaces.count
    && (names + interfaces).allSatisfy(isToken)
  guard isSound else {
    findings.add(
      .invalidValue, "'interface' is \(describe(node))",
      remedy: "write namespace:package/interface, such as wasi:keyvalue/store,atomics",
      at: node.position(findings.path))
    return nil
  }
  return (String(names[0]), String(names[1]), interfaces.map(String.init))
}

private func trimmed(_ bytes: Substring.UTF8View) -> Substring {
  let space = UInt8(ascii: " ")
  var bytes = bytes.drop { $0 == space }
  while bytes.last == space { bytes.removeLast() }
  return Substring(bytes)
}
