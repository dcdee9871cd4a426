import Diagnostics
import LatticeModel
import TextForms

extension Resolver {
  /// What a name in the lattice was first declared for: the position of its application, since
  /// whole ones are not cheap to keep.
  private typealias Claim = (owner: Int, place: SourcePosition)

  /// An id stands for one actor or provider, whoever declares it.
  mutating func rejectClashingIDs() {
    var first: [String: Claim] = [:]
    first.reserveCapacity(manifests.count * 2)
    for owner in manifests.indices {
      for actor in manifests[owner].application.actors {
        claim(actor.id.rawValue, (owner, actor.origin), &first)
      }
      for provider in manifests[owner].application.providers {
        claim(provider.id.rawValue, (owner, provider.origin), &first)
      }
    }
  }

  private mutating func claim(_ id: String, _ claim: Claim, _ first: inout [String: Claim]) {
    let earlier = first.updateValue(claim, forKey: id)
    clash(earlier, "id '\(id)'", "give one of them another name or id", claim)
  }

  /// Configs and links of all applications stand in one lattice.
  mutating func rejectClashingNames() {
    var configs: [ConfigName: Claim] = [:]
    var links: [LinkKey: Claim] = [:]
    configs.reserveCapacity(resolved.count * 2)
    links.reserveCapacity(resolved.count * 2)
    for owner in resolved.indices {
      for config in resolved[owner].configs {
        let claim = (owner, config.origin)
        let earlier = configs.updateValue(claim, forKey: config.name)
        clash(earlier, "config '\(config.name)'", "give one of them another name", claim)
      }
      for link in resolved[owner].links {
        let key = link.definition.key
        let claim = (owner, link.origin)
        let earlier = links.updateValue(claim, forKey: key)
        clash(
          earlier, "link '\(key.name)' of \(link.sourceName) for \(key.contract)",
          "give one of them another name", claim)
      }
    }
  }

  private mutating func clash(
    _ earlier: Claim?, _ what: @autoclosure () -> String, _ remedy: String, _ claim: Claim
  ) {
    guard let earlier else { return }
    add(
      .collision, "\(what()) is declared twice",
      remedy: "\(remedy); the other is at \(earlier.place)", at: claim.place)
    freeze(manifests[earlier.owner].application, against: manifests[claim.owner].application)
  }

  /// Every policy that an application names must be declared.
  ///
  /// One that is declared and cannot be read has its own finding.
  mutating func checkPolicies() {
    for index in manifests.indices where !manifests[index].policies.isEmpty {
      let manifest = manifests[index]
      for policy in manifest.policies where !knownPolicies.contains(policy.name) {
        addUnknown(policy)
        freeze(manifest.application.name, manifest.application.origin)
      }
    }
  }

  mutating func addUnknown(_ policy: Reference<PolicyName>) {
    let name = policy.name.rawValue
    let nearest = nearestWord(to: name, in: knownPolicies.map(\.rawValue).sorted())
    add(
      .unknownReference, "there is no policy '\(excerpt(name))'",
      remedy: nearest.map { "write '\($0)'" } ?? "declare it, or remove it", at: policy.position)
  }

  mutating func addUnknown(_ needed: Reference<ApplicationName>, of dependent: ApplicationName) {
    let name = needed.name.rawValue
    let nearest = suggestion(for: name, to: dependent)
    add(
      .unknownReference, "\(dependent) depends on '\(excerpt(name))', which is not declared",
      remedy: nearest.map { "write '\($0)'" } ?? "declare it, or remove it", at: needed.position)
  }

  /// Every dependency must be declared, and none may lead back.
  mutating func checkDependencies() {
    for index in manifests.indices where !manifests[index].dependsOn.isEmpty {
      let manifest = manifests[index]
      for needed in manifest.dependsOn
      where positions[needed.name] == nil && !isFrozen(needed.name) {
        addUnknown(needed, of: manifest.application.name)
        freeze(manifest.application.name, manifest.application.origin)
      }
    }
    for cycle in dependencyCycles() { reject(cycle) }
  }

  private mutating func reject(_ cycle: [ApplicationName]) {
    let applications = cycle.compactMap { application($0) }
    guard let first = applications.first else { return }
    let others = cycle.dropFirst().map(\.rawValue)
    add(
      .dependencyCycle,
      "\(first.name) depends on itself"
        + (others.isEmpty ? "" : ", by way of \(named(others, upTo: 5))"),
      remedy: "remove one of the dependencies", at: first.origin)
    for application in applications { freeze(application.name, application.origin) }
  }

  /// Cycles of dependencies, each application in one at most: any other cycle goes through one
  /// of these.
  private func dependencyCycles() -> [[ApplicationName]] {
    var cycles: [[ApplicationName]] = []
    /// Whether an application is on the way, or done with.
    var isOpen: [ApplicationName: Bool] = [:]
    for start in resolved where !start.dependsOn.isEmpty && isOpen[start.name] == nil {
      var way = [(name: start.name, rest: start.dependsOn[...])]
      isOpen[start.name] = true
      while let here = way.last {
        guard let next = here.rest.first else {
          isOpen[here.name] = false
          way.removeLast()
          continue
        }
        way[way.count - 1].rest = here.rest.dropFirst()
        switch isOpen[next] {
        case nil:
          isOpen[next] = true
          way.append((next, application(next)?.dependsOn[...] ?? []))
        case true?:
          guard let first = way.lastIndex(where: { $0.name == next }) else { continue }
          let cycle = way[first...].map(\.name)
          for name in cycle { isOpen[name] = false }
          way.removeSubrange(first...)
          cycles.append(cycle)
        case false?: continue
        }
      }
    }
    return cycles
  }
}
