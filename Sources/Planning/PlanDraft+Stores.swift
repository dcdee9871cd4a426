import LatticeModel

/// Links and configs: whole definitions in the lattice's stores. They carry no annotations, so the
/// record alone tells which are ours.
extension PlanDraft {
  /// Compares every declared config with its bucket.
  mutating func planConfigs() {
    for application in desired.applications {
      for config in application.configs { compare(config, of: application.name) }
    }
  }

  private mutating func compare(_ config: ConfigSpec, of application: ApplicationName) {
    let unit = UnitKey(application: application, kind: .config, name: config.name.rawValue)
    let isOwned = context.record.configs[config.name] != nil
    func step(_ reason: Reason, _ found: Found) -> PlannedStep {
      PlannedStep(
        unit: unit, commands: [.putConfig(config.name, config.values)], reason: reason,
        found: found, origin: config.origin, user: config.user)
    }
    switch observed.configs[config.name] {
    case nil:
      plan.counts.missing += 1
      holdAsUnknown(step(.missing, .nothing), what: "config \(config.name)")
    case .absent?:
      plan.counts.missing += 1
      add(step(.missing, .nothing), .configsPut)
    case .values(config.values)?:
      if isOwned { noteEqual(application) } else { noteSatisfied(unit, manager: nil) }
    case .values(let stored)?:
      let changed = step(
        .valuesChanged(keys: changedKeys(from: stored, to: config.values)), .config(stored))
      guard isOwned else { return holdAsNotOurs(changed, manager: nil) }
      plan.counts.changed += 1
      add(changed, .configsPut)
    }
  }

  private func changedKeys(from old: [String: String], to new: [String: String]) -> [String] {
    Set(old.keys).union(new.keys).filter { old[$0] != new[$0] }.sorted()
  }

  /// Compares every declared link with its source's stored record.
  mutating func planLinks() {
    for application in desired.applications {
      for link in application.links { compare(link, of: application.name) }
    }
  }

  private mutating func compare(_ link: LinkSpec, of application: ApplicationName) {
    let wanted = link.definition
    let unit = UnitKey(application: application, kind: .link, name: link.unitName)
    func step(_ reason: Reason, _ commands: [Command], _ found: Found) -> PlannedStep {
      PlannedStep(
        unit: unit, commands: commands, reason: reason, found: found, origin: link.origin)
    }
    let missing = step(.missing, [.putLink(wanted)], .nothing)
    guard let stored = observed.links[wanted.key.source] else {
      plan.counts.missing += 1
      return holdAsUnknown(missing, what: "the links of \(wanted.key.source)")
    }
    let rivals = stored.rivals(of: wanted.key)
    if rivals.contains(wanted) {
      if context.record.owns(wanted) {
        noteEqual(application)
      } else {
        noteSatisfied(unit, manager: nil)
      }
      return
    }
    guard let rival = rivals.first(where: { $0.target == wanted.target }) ?? rivals.first else {
      plan.counts.missing += 1
      return add(missing, .linksPut)
    }
    let isSameTarget = rival.target == wanted.target
    let changed = step(
      isSameTarget ? .linkChanged : .targetChanged(from: rival.target, to: wanted.target),
      isSameTarget ? [.putLink(wanted)] : [.deleteLink(rival), .putLink(wanted)], .link(rival))
    guard context.record.owns(rival) else { return holdAsNotOurs(changed, manager: nil) }
    plan.counts.changed += 1
    guard isSameTarget || rivals.count == 1 else { return holdAsAmbiguous(changed, rivals.count) }
    add(changed, .linksPut)
  }

  /// Removes links and configs of ours that nothing asks for any more.
  mutating func planUndeclared() {
    planUndeclaredLinks()
    planUndeclaredConfigs()
  }

  private mutating func planUndeclaredLinks() {
    let declaredKeys = Set(desired.applications.flatMap { $0.links.map(\.definition.key) })
    for (key, owned) in context.record.links.sorted(by: { $0.key < $1.key })
    where !declaredKeys.contains(key) && !frozen.contains(owned.application) {
      func step(_ target: String, _ commands: [Command], _ found: Found) -> PlannedStep {
        PlannedStep(
          unit: UnitKey(
            application: owned.application, kind: .link, name: "\(key.source) -> \(target)"),
          commands: commands, reason: undeclaredReason(owned.application), found: found)
      }
      guard let stored = observed.links[key.source] else {
        let unread = step(owned.targets.joined(separator: ", "), [], .nothing)
        if isToGo(unread) { holdAsUnknown(unread, what: "the links of \(key.source)") }
        continue
      }
      let rivals = stored.rivals(of: key)
      guard let link = rivals.first(where: context.record.owns) else { continue }
      let step = step(link.target, [.deleteLink(link)], .link(link))
      guard isToGo(step) else { continue }
      if rivals.count == 1 { add(step, .linksOff) } else { holdAsAmbiguous(step, rivals.count) }
    }
  }

  private mutating func planUndeclaredConfigs() {
    let inUse = configsInUse()
    for (name, owned) in context.record.configs.sorted(by: { $0.key < $1.key })
    where !inUse.contains(name) && !frozen.contains(owned.application) {
      func step(_ commands: [Command], _ found: Found) -> PlannedStep {
        PlannedStep(
          unit: UnitKey(application: owned.application, kind: .config, name: name.rawValue),
          commands: commands,
          reason: isDeclared(owned.user, of: owned.application)
            ? .noLongerUsed : undeclaredReason(owned.application), found: found)
      }
      switch observed.configs[name] {
      case nil:
        let unread = step([], .nothing)
        if isToGo(unread) { holdAsUnknown(unread, what: "config \(name)") }
      case .absent?:
        break
      case .values(let stored)?:
        let step = step([.deleteConfig(name)], .config(stored))
        if isToGo(step) { add(step, .configsOff) }
      }
    }
  }

  /// Every config that something declared is, or starts with.
  private func configsInUse() -> Set<ConfigName> {
    var names: Set<ConfigName> = []
    for application in desired.applications {
      names.formUnion(application.configs.map(\.name))
      for actor in application.actors { names.formUnion(actor.configs) }
      for provider in application.providers { names.formUnion(provider.configs) }
      for link in application.links {
        names.formUnion(link.definition.sourceConfig)
        names.formUnion(link.definition.targetConfig)
      }
    }
    return names
  }

  private func isDeclared(_ user: ConfigUser, of application: ApplicationName) -> Bool {
    guard let application = declared[application] else { return false }
    return switch user {
    case .application: false
    case .actor(let name): application.actors.contains { $0.name == name }
    case .provider(let name): application.providers.contains { $0.name == name }
    case .link(let key): application.links.contains { $0.definition.key == key }
    }
  }

  private mutating func holdAsUnknown(_ step: PlannedStep, what: String) {
    hold(
      step, .unknownStore, "\(what) could not be read",
      remedy: "see that the lattice's JetStream buckets answer, or wait for a host to create them")
  }

  private mutating func holdAsAmbiguous(_ step: PlannedStep, _ matches: Int) {
    hold(
      step, .ambiguousLink,
      "\(matches) stored links have its key, and a delete takes the first of them",
      remedy: "delete the others by hand, or give the declared link a name of its own")
  }
}

extension [LinkDefinition] {
  /// The stored links of one key, in an order that does not depend on how they are stored.
  fileprivate func rivals(of key: LinkKey) -> [LinkDefinition] {
    filter { $0.key == key }.sorted {
      $0.target != $1.target
        ? $0.target < $1.target : $0.interfaces.lexicographicallyPrecedes($1.interfaces)
    }
  }
}

extension LinkSpec {
  /// The link as a person names it.
  var unitName: String {
    let key = definition.key
    let name = key.name == "default" ? "" : " (\(key.name))"
    return "\(sourceName) -> \(targetName) \(key.namespace):\(key.package)\(name)"
  }
}
