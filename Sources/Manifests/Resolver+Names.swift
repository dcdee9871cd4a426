import Diagnostics
import LatticeModel
import TextForms

extension Resolver {
  /// What a name in the lattice was first declared for: the position of its application, since
  /// whole ones are not cheap to keep.
  private typealias Claim = (owner: Int, place: SourcePosition)

  // Parts are looked at in their places, here and below: a copy of one counts a reference for each of
  // its texts and lists, wherever in memory these lie.

  /// An id stands for one actor or provider, whoever declares it.
  mutating func rejectClashingIDs() {
    var first: [String: Claim] = [:]
    first.reserveCapacity(manifests.count * 4)
    func claim(_ id: String, _ owner: Int, _ place: SourcePosition) {
      guard let earlier = first.updateValue((owner, place), forKey: id) else { return }
      clash(earlier, (owner, place), "id '\(id)'", "give one of them another name or id")
    }
    for owner in manifests.indices {
      for part in manifests[owner].application.actors.indices {
        claim(
          manifests[owner].application.actors[part].id.rawValue, owner,
          manifests[owner].application.actors[part].origin)
      }
      for part in manifests[owner].application.providers.indices {
        claim(
          manifests[owner].application.providers[part].id.rawValue, owner,
          manifests[owner].application.providers[part].origin)
      }
    }
  }

  /// Configs and links of all applications stand in one lattice.
  mutating func rejectClashingNames() {
    var configs: [ConfigName: Claim] = [:]
    var links: [LinkKey: Claim] = [:]
    var byContract: [LinkKey: (claim: Claim, isAlone: Bool)] = [:]
    configs.reserveCapacity(resolved.count * 4)
    links.reserveCapacity(resolved.count * 4)
    for owner in resolved.indices {
      for part in resolved[owner].configs.indices {
        let name = resolved[owner].configs[part].name
        let claim = (owner, resolved[owner].configs[part].origin)
        guard let earlier = configs.updateValue(claim, forKey: name) else { continue }
        clash(earlier, claim, "config '\(name)'", "give one of them another name")
      }
      for link in resolved[owner].links {
        let claim = (owner, link.origin)
        if let key = link.key(by: .interface) {
          let earlier = links.updateValue(claim, forKey: key)
          if let earlier { clash(earlier, claim, link, key) }
        }
        if let key = link.key(by: .contract) {
          let isAlone = link.interface == nil
          let earlier = byContract.updateValue((claim, isAlone), forKey: key)
          // Several interfaces may have been one contract.
          guard let earlier, isAlone || earlier.isAlone else { continue }
          clash(earlier.claim, claim, link, key)
        }
      }
    }
  }

  private mutating func clash(
    _ earlier: Claim, _ claim: Claim, _ link: LinkSpec, _ key: LinkKey
  ) {
    clash(
      earlier, claim, "link '\(key.name)' of \(link.source.name) for \(key.contract)",
      "give one of them another name")
  }

  private mutating func clash(
    _ earlier: Claim, _ claim: Claim, _ what: String, _ remedy: String
  ) {
    add(
      .collision, "\(what) is declared twice",
      remedy: "\(remedy); the other is at \(earlier.place)",
      at: claim.place)
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
    let known = words.isSpent ? [] : knownPolicies.map(\.rawValue).sorted()
    let nearest = words.nearest(to: name, in: known)
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
