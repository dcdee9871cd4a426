import Diagnostics
import LatticeModel
import TextForms

extension Resolver {
  /// What a name in the lattice was first declared for: the positions of its application and of the
  /// part, since whole ones are not cheap to keep.
  private typealias Claim = (owner: Int, part: Int)

  // Parts are looked at in their places, here and below: a copy of one counts a reference for each of
  // its texts and lists, wherever in memory these lie.

  /// An id stands for one actor or provider, whoever declares it.
  mutating func rejectClashingIDs() {
    var first: [String: Claim] = [:]
    first.reserveCapacity(manifests.count * 3)
    func claim(_ id: String, _ claim: Claim) {
      guard let earlier = first.updateValue(claim, forKey: id) else { return }
      clash(
        earlier, claim, "id '\(id)'", "give one of them another name or id",
        at: (placeOfPart(earlier), placeOfPart(claim)))
    }
    for owner in manifests.indices {
      let actors = manifests[owner].application.actors.count
      for part in 0..<actors {
        claim(manifests[owner].application.actors[part].id.rawValue, (owner, part))
      }
      for part in manifests[owner].application.providers.indices {
        claim(manifests[owner].application.providers[part].id.rawValue, (owner, actors + part))
      }
    }
  }

  private func placeOfPart(_ claim: Claim) -> SourcePosition {
    let application = manifests[claim.owner].application
    let actors = application.actors.count
    return claim.part < actors
      ? application.actors[claim.part].origin : application.providers[claim.part - actors].origin
  }

  /// Configs and links of all applications stand in one lattice.
  mutating func rejectClashingNames() {
    rejectClashingConfigs()
    var links: [LinkKey: Claim] = [:]
    var byContract: [LinkKey: (claim: Claim, isAlone: Bool)] = [:]
    links.reserveCapacity(resolved.count * 2)
    for owner in resolved.indices {
      for link in resolved[owner].links.indices {
        let claim = (owner, link)
        if let key = resolved[owner].links[link].key(by: .interface) {
          let earlier = links.updateValue(claim, forKey: key)
          if let earlier { clash(earlier, claim, key) }
        }
        if let key = resolved[owner].links[link].key(by: .contract) {
          let isAlone = resolved[owner].links[link].interface == nil
          let earlier = byContract.updateValue((claim, isAlone), forKey: key)
          // Several interfaces may have been one contract.
          guard let earlier, isAlone || earlier.isAlone else { continue }
          clash(earlier.claim, claim, key)
        }
      }
    }
  }

  private mutating func rejectClashingConfigs() {
    var first: [ConfigName: Claim] = [:]
    first.reserveCapacity(resolved.count * 3)
    for owner in resolved.indices {
      for config in resolved[owner].configs.indices {
        let name = resolved[owner].configs[config].name
        guard let earlier = first.updateValue((owner, config), forKey: name) else { continue }
        let places = (
          resolved[earlier.owner].configs[earlier.part].origin,
          resolved[owner].configs[config].origin
        )
        clash(
          earlier, (owner, config), "config '\(name)'", "give one of them another name", at: places)
      }
    }
  }

  private mutating func clash(_ earlier: Claim, _ claim: Claim, _ key: LinkKey) {
    let link = resolved[claim.owner].links[claim.part]
    clash(
      earlier, claim, "link '\(key.name)' of \(link.source.name) for \(key.contract)",
      "give one of them another name",
      at: (resolved[earlier.owner].links[earlier.part].origin, link.origin))
  }

  private mutating func clash(
    _ earlier: Claim, _ claim: Claim, _ what: String, _ remedy: String,
    at places: (SourcePosition, SourcePosition)
  ) {
    add(
      .collision, "\(what) is declared twice",
      remedy: "\(remedy); the other is at \(places.0)", at: places.1)
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
