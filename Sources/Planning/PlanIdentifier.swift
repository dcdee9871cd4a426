import Digests
public import LatticeModel

/// The schema of plans as published; part of every plan's id.
public let planSchema = "reconcile.plan/2"

/// Returns a plan's id: SHA-256 over schema, lattice, git tree, policy digest and the sorted
/// changes with the before-values of what they touch, and nothing else.
///
/// The same changes have the same id whenever and from wherever they are planned; a unique prefix
/// of eight digits or more names a plan. Costs a few hundred nanoseconds a step.
///
/// - Parameter plan: The plan.
/// - Returns: Sixty-four hexadecimal digits.
public func planIdentifier(_ plan: Plan) -> String {
  var text = "\(planSchema)\n\(plan.lattice)\n\(plan.tree)\n\n"
  for step in plan.steps.sorted(by: { $0.unit < $1.unit }) { text += step.canonicalText }
  return SHA256Digest.of(Array(text.utf8)).hex
}

/// Returns what tells a step from any other: its changes, with the before-values of what they touch.
func stepDigest(_ step: PlannedStep) -> String {
  SHA256Digest.of(Array(step.canonicalText.utf8)).prefixHex(16)
}

extension PlannedStep {
  /// What a plan's id holds of it.
  fileprivate var canonicalText: String {
    var text = ""
    for change in changes {
      text += change.unit.canonicalText + "\n" + change.found.canonicalText + "\n"
    }
    for intent in intents { text += intent.canonicalText + "\n" }
    return text
  }
}

extension UnitKey {
  /// The unit in one line, each part quoted so that two units never share a line.
  fileprivate var canonicalText: String {
    "\(application.rawValue.debugDescription) \(kind.rawValue) \(name.debugDescription) "
      + (host?.rawValue ?? "-")
  }
}

extension Found {
  fileprivate var canonicalText: String {
    switch self {
    case .nothing: "nothing"
    case .actor(let image, let instances, let ownership):
      "actor \(image.rawValue.debugDescription) \(instances) \(ownership.canonicalText)"
    case .provider(let image, let ownership):
      "provider \(image.rawValue.debugDescription) \(ownership.canonicalText)"
    case .link(let link): link.canonicalText
    case .config(let values): values.canonicalText
    }
  }
}

extension Ownership {
  fileprivate var canonicalText: String {
    switch self {
    case .owned(let application, let name, let spec):
      "owned \(application.rawValue.debugDescription) \(name.debugDescription) "
        + spec.debugDescription
    case .unowned(let manager): "unowned \((manager ?? "").debugDescription)"
    }
  }
}

extension Intent {
  fileprivate var canonicalText: String {
    switch self {
    case .run(let launch, let instances, let host):
      "run \(launch.canonicalText) \(instances) \(host)"
    case .replace(let old, let launch, let instances, let host):
      "replace \(old.canonicalText) \(launch.canonicalText) \(instances) \(host)"
    case .end(let launch, let host): "end \(launch.canonicalText) \(host)"
    case .connect(let link): "connect \(link.canonicalText)"
    case .disconnect(let link): "disconnect \(link.canonicalText)"
    case .keep(let name, let values):
      "keep \(name.rawValue.debugDescription) \(values.canonicalText)"
    case .drop(let name): "drop \(name.rawValue.debugDescription)"
    }
  }
}

extension Launch {
  fileprivate var canonicalText: String {
    switch self {
    case .actor(let launch):
      "actor \(launch.id.rawValue.debugDescription) \(launch.image.rawValue.debugDescription) "
        + "\(launch.annotations.canonicalText) \(launch.configs.map(\.rawValue)) "
        + "\(launch.memoryLimit ?? -1)"
    case .provider(let launch):
      "provider \(launch.id.rawValue.debugDescription) \(launch.image.rawValue.debugDescription) "
        + "\(launch.annotations.canonicalText) \(launch.configs.map(\.rawValue))"
    }
  }
}

extension LinkDefinition {
  var canonicalText: String {
    "link \([key.source, key.name, key.contract.namespace, key.contract.package, target]) \(interfaces) "
      + "\(sourceConfig.map(\.rawValue)) \(targetConfig.map(\.rawValue))"
  }
}

extension [String: String] {
  var canonicalText: String {
    sorted { $0.key < $1.key }
      .map { "\($0.key.debugDescription)=\($0.value.debugDescription)" }
      .joined(separator: ",")
  }
}
