import Diagnostics
import LatticeModel
import TextForms

extension Resolver {
  /// Reports what applications with errors refer to in vain: one mistake does not hide another.
  mutating func checkReferences(ofBroken broken: [ApplicationManifest]) {
    for manifest in broken {
      let asking = manifest.application.name
      for needed in manifest.dependsOn {
        if needed.name == asking {
          add(
            .dependencyCycle, "\(asking) depends on itself", remedy: "remove it",
            at: needed.position)
        } else if isUnknown(needed.name) {
          addUnknown(needed, of: asking)
        }
      }
      for policy in manifest.policies where !knownPolicies.contains(policy.name) {
        addUnknown(policy)
      }
      for end in manifest.links.flatMap({
        $0.source == $0.target ? [$0.source] : [$0.source, $0.target]
      }) + manifest.looseEnds {
        guard let name = end.application else { continue }
        if name != asking, isUnknown(name) {
          addUnknown(name, to: asking, at: end.position)
        } else if let owner = application(name) {
          check(end, in: owner)
        }
      }
    }
  }

  private func isUnknown(_ name: ApplicationName) -> Bool {
    positions[name] == nil && !isFrozen(name)
  }

  private mutating func check(_ end: LinkManifest.End, in owner: ApplicationSpec) {
    let actors = end.kind == .provider ? [] : owner.actors.map(\.name)
    let providers = end.kind == .actor ? [] : owner.providers.map(\.name)
    guard !actors.contains(end.name), !providers.contains(end.name) else { return }
    addUnknown(end, in: owner)
  }
}
