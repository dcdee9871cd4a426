import Diagnostics
import LatticeModel
import TextForms
import YAMLTree

/// Decodes one link; whether its ends exist is seen once all files are read.
func decodeLink(
  _ reader: ObjectReader, of application: inout ApplicationDecoder
) -> LinkManifest? {
  let ends = decodeEnds(reader)
  let called = decodeCalled(reader)
  let name = reader[LinkFields.name]
  let values = reader[LinkFields.values] ?? [:]
  let configs = [LinkFields.sourceConfig, LinkFields.targetConfig].map { field in
    reader[field].map { application.configs(named: $0.elements, reader) } ?? []
  }
  let sourceSecrets = application.readSecrets(reader, LinkFields.sourceSecrets)
  let targetSecrets = application.readSecrets(reader, LinkFields.targetSecrets)
  guard let source = ends.source, let target = ends.target, let called else {
    let read = [ends.source, ends.target == ends.source ? nil : ends.target]
    application.looseEnds += read.compactMap { $0 }
    return nil
  }
  return LinkManifest(
    source: source, target: target, interface: called.interface,
    contract: called.contract, name: name, values: values,
    sourceConfig: configs[0] + sourceSecrets, targetConfig: configs[1] + targetSecrets,
    origin: reader.position)
}

/// What a link calls: an interface, a contract, or both for the same.
private func decodeCalled(
  _ reader: ObjectReader
) -> (interface: LinkInterface?, contract: Contract?)? {
  let interface = reader[LinkFields.interface]
  let contract = reader[LinkFields.contract]
  let (hasInterface, hasContract) =
    (reader.has(LinkFields.interface), reader.has(LinkFields.contract))
  if !hasInterface, !hasContract {
    reader.findings.add(
      .missingKey, "the link has neither 'interface' nor 'contract'",
      remedy: "add 'interface', such as wasi:keyvalue/store; for hosts before 1.0 add 'contract'",
      at: reader.position)
    return nil
  }
  guard hasInterface == (interface != nil), hasContract == (contract != nil) else { return nil }
  return (interface, contract)
}

/// The ends of a link, as far as they can be read: `provider` stands for whichever of `source` and `target` is left out.
private func decodeEnds(
  _ reader: ObjectReader
) -> (source: LinkManifest.End?, target: LinkManifest.End?) {
  let source = reader[LinkFields.source]
  let target = reader[LinkFields.target]
  let shared = reader[LinkFields.provider].flatMap { decodeShared($0, .provider) }
  let hasSource = reader.has(LinkFields.source)
  let hasTarget = reader.has(LinkFields.target)
  let hasProvider = reader.has(LinkFields.provider)
  if hasSource, hasTarget, let provider = reader.node[LinkFields.provider.key], hasProvider {
    reader.findings.add(
      .invalidValue, "the link has 'source', 'target' and 'provider'",
      remedy: "keep two of them: 'provider' stands for the end that is left out",
      at: provider.position(reader.findings.path))
    return (source, target)
  }
  let isMeant = reader.isMeant(LinkFields.provider)
  for (field, isMissing) in [
    (LinkFields.source, !hasSource && !(hasProvider && hasTarget)),
    (LinkFields.target, !hasTarget && !hasProvider),
  ] where isMissing && !isMeant && !reader.isMeant(field) {
    reader.findings.add(
      .missingKey, "the link has no '\(field.key)'",
      remedy: "add '\(field.key)', or 'provider' with application and name", at: reader.position)
  }
  return (hasSource ? source : shared, hasTarget ? target : shared)
}

/// An actor or provider of another application.
func decodeShared(
  _ reader: ObjectReader, _ kind: LinkManifest.End.Kind = .any
) -> LinkManifest.End? {
  let application = reader[SharedEndFields.application]
  let name = reader[SharedEndFields.name]
  guard let application, let name else { return nil }
  return LinkManifest.End(
    application: ApplicationName(application), name: name, kind: kind, position: reader.position)
}

/// `namespace:package/interface,interface`; a version behind `@` is left out, since links on the
/// wire carry none.
func decodeInterface(_ node: YAMLNode, _ findings: Findings) -> LinkInterface? {
  let interface = node.withBytes { text in
    soundInterface(text.prefix { $0 != UInt8(ascii: "@") })
  }
  if interface == nil {
    findings.add(
      .invalidValue, "'interface' is \(describe(node))",
      remedy: "write namespace:package/interface, such as wasi:keyvalue/store,atomics",
      at: node.position(findings.path))
  }
  return interface
}

private func soundInterface(_ text: Slice<UnsafeBufferPointer<UInt8>>) -> LinkInterface? {
  guard let colon = text.firstIndex(of: UInt8(ascii: ":")),
    let slash = text[colon...].firstIndex(of: UInt8(ascii: "/"))
  else { return nil }
  let namespace = text[..<colon]
  let package = text[colon..<slash].dropFirst()
  let interfaces = text[slash...].dropFirst()
    .split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false).map { trimmed($0) }
  guard isToken(namespace), isToken(package), interfaces.allSatisfy({ isToken($0) })
  else { return nil }
  let names = interfaces.map { String(decoding: $0, as: UTF8.self) }
  guard names.count == 1 || Set(names).count == names.count else { return nil }
  return LinkInterface(
    contract: Contract(
      namespace: String(decoding: namespace, as: UTF8.self),
      package: String(decoding: package, as: UTF8.self)),
    interfaces: names)
}

/// The bytes of a text without the blanks around it.
func trimmed<Bytes: BidirectionalCollection<UInt8>>(_ bytes: Bytes) -> Bytes.SubSequence {
  let space = UInt8(ascii: " ")
  var bytes = bytes.drop { $0 == space }
  while bytes.last == space { bytes.removeLast() }
  return bytes
}
