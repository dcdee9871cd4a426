import Diagnostics
import LatticeModel
import YAMLTree

/// Decodes one application document; what is wrong is among the findings.
func decodeApplication(_ root: YAMLNode, _ findings: Findings) -> ApplicationManifest? {
  let errors = findings.errors
  let envelope = decodeEnvelope(root, .application, findings)
  guard let spec = envelope.spec,
    let body = ObjectReader(spec, "spec", ApplicationFields.table, findings)
  else { return nil }
  let name = ApplicationName(envelope.name ?? "")
  var decoder = ApplicationDecoder(name: name, findings: findings)
  decoder.readSpread(body)
  decoder.readConfigs(body)
  decoder.readSecretStores(body)
  decoder.readActors(body)
  decoder.readProviders(body)
  var links = (body[ApplicationFields.links] ?? []).compactMap { decodeLink($0, of: &decoder) }
  if findings.errors > errors { decoder.checkEnds(of: links) } else { checkUse(ofSpread: body) }
  decoder.markIgnored(&links)
  let dependsOn = body[ApplicationFields.dependsOn] ?? []
  let policies = body[ApplicationFields.policies] ?? []
  let prune = body[ApplicationFields.sync]?[SyncFields.prune] ?? SyncFields.prune.value
  return ApplicationManifest(
    application: ApplicationSpec(
      name: name, origin: root.position(findings.path), actors: decoder.actors,
      providers: decoder.providers, configs: decoder.declaredConfigs,
      dependsOn: dependsOn.map(\.name),
      sync: SyncOptions(prune: prune)),
    links: links, dependsOn: dependsOn, policies: policies, looseEnds: decoder.looseEnds)
}

func decodeUpdate(_ reader: ObjectReader) -> UpdatePolicy {
  let strategy = UpdateFields.strategy.field
  if reader[UpdateFields.strategy] == "recreate", let node = reader.node[strategy.key] {
    reader.warnNotActedOn(strategy.key, at: node)
  }
  var policy = UpdatePolicy(maxUnavailable: reader[UpdateFields.maxUnavailable])
  policy.startTimeout = reader[UpdateFields.startTimeout]
  return policy
}
