import Diagnostics
import LatticeModel
import YAMLTree

/// Decodes one policy document; what is wrong is among the findings.
func decodePolicy(_ root: YAMLNode, _ findings: Findings) -> PolicySpec? {
  let envelope = decodeEnvelope(root, .policy, findings)
  guard let spec = envelope.spec,
    let reader = ObjectReader(spec, "spec of the Policy", PolicyFields.table, findings)
  else { return nil }
  var policy = PolicySpec(
    name: PolicyName(envelope.name ?? ""), origin: root.position(findings.path))
  policy.contracts = decodeAllowance(reader[PolicyFields.contracts])
  let images = reader[PolicyFields.images]
  policy.images = decodeAllowance(images)
  policy.requiresDigest = images?[ImageFields.requireDigest] ?? false
  policy.issuers = decodeAllowance(reader[PolicyFields.issuers])
  policy.network = decodeAllowance(reader[PolicyFields.network])
  if let actor = reader[PolicyFields.actor] {
    policy.maxMemory = actor[ActorLimitFields.maxMemory]
    policy.maxInstances = actor[ActorLimitFields.maxInstances]
  }
  if let scope = reader[PolicyFields.appliesTo] {
    policy.applications = scope[ScopeFields.applications]
    policy.hosts = scope[ScopeFields.hosts]
  }
  return policy
}

private func decodeAllowance(_ reader: ObjectReader?) -> AllowanceRule {
  guard let reader else { return AllowanceRule() }
  return AllowanceRule(
    allow: reader[AllowanceFields.allow], deny: reader[AllowanceFields.deny] ?? [])
}
