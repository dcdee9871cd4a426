import Diagnostics
import LatticeModel
import YAMLTree

/// Decodes one application document; what is wrong is among the findings.
func decodeApplication(_ root: YAMLNode, _ findings: Findings) -> ApplicationManifest? {
  let envelope = decodeEnvelope(root, "the application", findings)
  guard let spec = envelope.spec, var body = ObjectReader(spec, "spec", findings) else {
    return nil
  }
  let name = ApplicationName(envelope.name ?? "")
  var decoder = ApplicationDecoder(name: name, findings: findings)
  decoder.readSpread(&body)
  decoder.readConfigs(&body)
  decoder.readActors(&body)
  decoder.readProviders(&body)
  let links = (body.list("links") ?? []).compactMap { decodeLink($0, findings) }
  let dependsOn: [Reference<ApplicationName>] = decodeReferences(&body, "dependsOn")
  var policies: [Reference<PolicyName>] = []
  body.notActedOn("policies") { body, key in policies = decodeReferences(&body, key) }
  let sync = decodeSync(&body)
  body.finish()
  return ApplicationManifest(
    application: ApplicationSpec(
      name: name, origin: root.position(findings.path), actors: decoder.actors,
      providers: decoder.providers, configs: decoder.configs, dependsOn: dependsOn.map(\.name),
      sync: sync),
    links: links, dependsOn: dependsOn, policies: policies)
}

private func decodeReferences<Name: Identifier>(
  _ body: inout ObjectReader, _ key: StaticString
) -> [Reference<Name>] {
  var references: [Reference<Name>] = []
  for element in body.list(key) ?? [] {
    guard let name = body.text(element, key.description) else { continue }
    references.append(
      Reference(name: Name(name), position: element.position(body.findings.path)))
  }
  return references
}

private func decodeSync(_ body: inout ObjectReader) -> SyncOptions {
  guard var reader = body.object("sync") else { return SyncOptions() }
  let prune = reader.bool("prune") ?? false
  reader.notActedOn("selfHeal") { $0.bool($1) }
  reader.notActedOn("maxPrune") { reader, key in
    guard var limits = reader.object(key) else { return }
    _ = limits.int("count", in: 0...4_294_967_295)
    _ = limits.int("percent", in: 0...100)
    limits.finish()
  }
  reader.finish()
  return SyncOptions(prune: prune)
}

func decodeResources(_ part: inout ObjectReader) -> ResourceRequest? {
  guard var reader = part.object("resources") else { return nil }
  let request = ResourceRequest(cpu: reader.cpu("cpu"), memory: reader.bytes("memory"))
  reader.finish()
  return request
}

func decodeUpdate(_ part: inout ObjectReader) -> UpdatePolicy {
  guard var reader = part.object("update") else { return UpdatePolicy() }
  let strategy = reader.word("strategy", of: ["rolling", "recreate"])
  if strategy == "recreate", let node = reader.node["strategy"] {
    reader.warnNotActedOn("strategy", at: node)
  }
  var policy = UpdatePolicy(maxUnavailable: reader.int("maxUnavailable", in: 1...100_000) ?? 1)
  if let timeout = reader.duration("startTimeout", atLeast: .seconds(10)) {
    policy.startTimeout = timeout
  }
  reader.notActedOn("maxSurge") { $0.int($1, in: 0...100_000) }
  reader.notActedOn("minHealthy") { $0.duration($1, orZero: true) }
  reader.notActedOn("autoRevert") { $0.bool($1) }
  reader.finish()
  return policy
}
