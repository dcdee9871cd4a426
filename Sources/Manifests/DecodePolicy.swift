import Diagnostics
import LatticeModel
import YAMLTree

/// Decodes one policy document; what is wrong is among the findings.
func decodePolicy(_ root: YAMLNode, _ findings: Findings) -> PolicySpec? {
  let envelope = decodeEnvelope(root, "the Policy", findings)
  guard let spec = envelope.spec, var reader = ObjectReader(spec, "spec of the Policy", findings)
  else { return nil }
  var policy = PolicySpec(
    name: PolicyName(envelope.name ?? ""), origin: root.position(findings.path))
  policy.contracts = decodeAllowance(reader.object("contracts")).rule
  (policy.images, policy.requiresDigest) = decodeAllowance(
    reader.object("images"), mayRequireDigest: true)
  policy.issuers = decodeAllowance(reader.object("issuers")).rule
  policy.network = decodeAllowance(reader.object("network")).rule
  if var actor = reader.object("actor") {
    policy.maxMemory = actor.bytes("maxMemory")
    policy.maxInstances = actor.int("maxInstances", in: 0...4_294_967_295)
    actor.finish()
  }
  if var scope = reader.object("appliesTo") {
    policy.applications = scope.texts("applications")
    policy.hosts = scope.texts("hosts")
    scope.finish()
  }
  reader.finish()
  return policy
}

private func decodeAllowance(
  _ reader: ObjectReader?, mayRequireDigest: Bool = false
) -> (rule: AllowanceRule, requiresDigest: Bool) {
  guard var reader else { return (AllowanceRule(), false) }
  var rule = AllowanceRule()
  // Taken as absent, a list that lost its elements would allow everything.
  let hasLostList = reader.node["allow"]?.isNull == true
  if hasLostList { _ = reader.required("allow") } else { rule.allow = reader.texts("allow") }
  rule.deny = reader.texts("deny") ?? []
  let requiresDigest = mayRequireDigest && reader.bool("requireDigest") == true
  reader.finish()
  return (rule, requiresDigest)
}
