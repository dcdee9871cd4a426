import LatticeModel
import TextForms

/// Links and configs: whole definitions in the lattice's stores. They carry no annotations, so the
/// record alone tells which are ours.
extension PlanDraft {
  /// Compares every declared config and link with the stores.
  mutating func planStores() {
    guard context.abilities.keepsStores else { return noteWithoutStore() }
    var configs = ChangedConfigs()
    for application in desired.applications {
      for config in application.configs { compare(config, of: application.name, &configs) }
    }
    var replacements: [LinkReplacement] = []
    for application in desired.applications {
      for link in application.links {
        compare(link, of: application.name, configs).map { replacements.append($0) }
      }
    }
    for group in LinkReplacement.groups(of: replacements, sharing: configs) {
      add(group, takingFrom: &configs)
    }
    for (change, spec) in configs.rest {
      add(
        PlannedStep(
          unit: change.unit, intents: [.keep(spec.name, spec.values)],
          reason: change.reason, found: change.found, origin: change.origin, user: change.user),
        .configsPut)
    }
  }

  /// Says what is declared and that no host keeps.
  private mutating func noteWithoutStore() {
    for application in desired.applications where isInScope(application.name) {
      let kinds = [
        application.links.isEmpty ? nil : counted(application.links.count, "link"),
        application.configs.isEmpty ? nil : counted(application.configs.count, "config"),
      ].compactMap { $0 }
      guard !kinds.isEmpty else { continue }
      plan.notes.append(
        PlanNote(
          application: application.name,
          text: "\(kinds.joined(separator: " and ")) declared, which these hosts do not keep"))
    }
  }

  // MARK: Configs

  private mutating func compare(
    _ config: ConfigSpec, of application: ApplicationName, _ changed: inout ChangedConfigs
  ) {
    let unit = UnitKey(application: application, kind: .config, name: config.name.rawValue)
    let isOwned = context.record.configs[config.name] != nil
    func change(_ reason: Reason, _ found: Found) -> UnitChange {
      UnitChange(
        unit: unit, reason: reason, found: found, origin: config.origin, user: config.user)
    }
    func held(_ change: UnitChange) -> PlannedStep {
      PlannedStep(
        unit: unit, intents: [.keep(config.name, config.values)], reason: change.reason,
        found: change.found, origin: config.origin, user: config.user)
    }
    switch observed.configs[config.name] {
    case nil:
      plan.counts.missing += 1
      add(
        held(change(.missing, .nothing)), .configsPut,
        finding: .unknownStore("config \(config.name)"))
    case .absent?:
      plan.counts.missing += 1
      changed.add(config, change(.missing, .nothing))
    case .values(config.values)?:
      if isOwned { noteEqual(application) } else { noteSatisfied(unit, manager: nil) }
    case .values(let stored)?:
      let keys = Set(stored.keys).union(config.values.keys)
        .filter { stored[$0] != config.values[$0] }.sorted()
      let change = change(.valuesChanged(keys: keys), .config(stored))
      guard !config.isLeft else {
        noteEqual(application)
        return noteIgnored(application, "config \(config.name) has other \(named(keys))")
      }
      guard isOwned else {
        noteNotOurs(unit, manager: nil)
        return add(held(change), .configsPut, finding: .notOurs(manager: nil))
      }
      plan.counts.changed += 1
      changed.add(config, change)
    }
  }

  // MARK: Links

  /// Compares a link with its source's stored record; returns what is to be replaced.
  ///
  /// A provider takes the values of a link once, when it learns of it. So a link that is stored as
  /// declared is replaced too where a config that it names is put.
  private mutating func compare(
    _ link: LinkSpec, of application: ApplicationName, _ configs: ChangedConfigs
  ) -> LinkReplacement? {
    let wanted = link.definition
    let unit = UnitKey(application: application, kind: .link, name: link.unitName)
    let newValues = configs.reason(for: wanted)
    func replacement(
      _ reason: Reason, _ found: Found = .nothing, _ obstacle: LinkReplacement.Obstacle? = nil
    ) -> LinkReplacement {
      LinkReplacement(
        wanted: wanted,
        change: UnitChange(unit: unit, reason: reason, found: found, origin: link.origin),
        obstacle: obstacle)
    }
    guard let stored = observed.links[wanted.key.source] else {
      plan.counts.missing += 1
      return replacement(.missing, .nothing, .unknown)
    }
    let rivals = stored.rivals(of: wanted.key)
    let isOwned = context.record.owns(wanted)
    if rivals.contains(wanted) {
      guard let newValues else {
        if isOwned { noteEqual(application) } else { noteSatisfied(unit, manager: nil) }
        return nil
      }
      return replacing(wanted, among: stored, replacement(newValues, .link(wanted)))
    }
    guard let rival = rivals.first(where: { $0.target == wanted.target }) ?? rivals.first else {
      plan.counts.missing += 1
      let missing = replacement(.missing).change
      add(
        PlannedStep(
          unit: unit, intents: [.connect(wanted)], reason: missing.reason, found: missing.found,
          origin: link.origin),
        isBeingStarted(wanted) ? .linksLate : .linksPut)
      return nil
    }
    guard !link.isLeft else {
      noteEqual(application)
      noteIgnored(application, "link \(link.unitName) is another")
      return nil
    }
    let reason: Reason =
      rival.target == wanted.target
      ? .linkChanged : .targetChanged(from: rival.target, to: wanted.target)
    return replacing(rival, among: stored, replacement(reason, .link(rival)))
  }

  /// Says what takes a stored link away, or that it is not to be taken away.
  private mutating func replacing(
    _ link: LinkDefinition, among stored: [LinkDefinition], _ replacement: LinkReplacement
  ) -> LinkReplacement {
    var replacement = replacement
    guard context.record.owns(link) else {
      replacement.obstacle = .notOurs
      return replacement
    }
    plan.counts.changed += 1
    replacement.deleted = stored.removed(until: link)
    let rivals = stored.rivals(of: link.key)
    if !rivals.allSatisfy(context.record.owns) { replacement.obstacle = .ambiguous(rivals.count) }
    return replacement
  }

  /// Puts a group of links that are replaced together into the plan, with the configs they share.
  private mutating func add(
    _ replacements: [LinkReplacement], takingFrom configs: inout ChangedConfigs
  ) {
    // Whoever stands in the way is named.
    let group =
      replacements.filter { $0.obstacle != nil } + replacements.filter { $0.obstacle == nil }
    guard let first = group.first else { return }
    let shared = configs.take(for: group.map(\.wanted))
    let putAgain = group.flatMap { link in link.deleted.filter { $0 != link.deleted.last } }
    let intents =
      group.flatMap { $0.deleted.map(Intent.disconnect) }
      + shared.map { .keep($0.spec.name, $0.spec.values) }
      + (putAgain + group.map(\.wanted)).map(Intent.connect)
    let step = PlannedStep(
      unit: first.change.unit, intents: intents, reason: first.change.reason,
      found: first.change.found, origin: first.change.origin,
      alongside: group.dropFirst().map(\.change) + shared.map(\.change))
    let finding: Finding?
    switch first.obstacle {
    case .unknown?: finding = .unknownStore("the links of \(first.wanted.key.source)")
    case .notOurs?:
      finding = .notOurs(manager: nil)
      noteNotOurs(step.unit, manager: nil)
    case .ambiguous(let matches)?: finding = .ambiguousLink(matches: matches)
    case nil: finding = nil
    }
    let isLate = group.contains { isBeingStarted($0.wanted) }
    add(step, isLate ? .linksLate : .linksReplaced, finding: finding)
  }

  /// Whether a link names a provider that a host may just be starting: on record as started there,
  /// and not in its inventory.
  private func isBeingStarted(_ link: LinkDefinition) -> Bool {
    !starting.isDisjoint(with: [link.key.source, link.target])
  }

  // MARK: Undeclared

  /// Removes links and configs of ours that nothing asks for any more.
  mutating func planUndeclared() {
    guard context.abilities.keepsStores else { return }
    planUndeclaredLinks()
    planUndeclaredConfigs()
  }

  private mutating func planUndeclaredLinks() {
    let declaredKeys = Set(desired.applications.flatMap { $0.links.map(\.definition.key) })
    for (key, owned) in context.record.links.sorted(by: { $0.key < $1.key })
    where !declaredKeys.contains(key) && !untouched.contains(owned.application) {
      func step(_ target: String, _ intents: [Intent], _ found: Found) -> PlannedStep {
        PlannedStep(
          unit: UnitKey(
            application: owned.application, kind: .link, name: "\(key.source) -> \(target)"),
          intents: intents, reason: undeclaredReason(owned.application), found: found)
      }
      guard let stored = observed.links[key.source] else {
        let unread = step(owned.targets.joined(separator: ", "), [], .nothing)
        if isToGo(unread) {
          add(unread, .linksOff, finding: .unknownStore("the links of \(key.source)"))
        }
        continue
      }
      let rivals = stored.rivals(of: key)
      guard let link = rivals.first(where: context.record.owns) else { continue }
      let step = step(link.target, [.disconnect(link)], .link(link))
      guard isToGo(step) else { continue }
      add(
        step, .linksOff,
        finding: rivals.count == 1 ? nil : .ambiguousLink(matches: rivals.count))
    }
  }

  private mutating func planUndeclaredConfigs() {
    let inUse = configsInUse()
    for (name, owned) in context.record.configs.sorted(by: { $0.key < $1.key })
    where !inUse.contains(name) && !untouched.contains(owned.application) {
      func step(_ intents: [Intent], _ found: Found) -> PlannedStep {
        PlannedStep(
          unit: UnitKey(application: owned.application, kind: .config, name: name.rawValue),
          intents: intents,
          reason: isDeclared(owned.user, of: owned.application)
            ? .noLongerUsed : undeclaredReason(owned.application), found: found)
      }
      switch observed.configs[name] {
      case nil:
        let unread = step([], .nothing)
        if isToGo(unread) {
          add(unread, .configsOff, finding: .unknownStore("config \(name)"))
        }
      case .absent?:
        break
      case .values(let stored)?:
        let step = step([.drop(name)], .config(stored))
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
      for link in application.links { names.formUnion(link.definition.configs) }
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
}

extension LinkSpec {
  /// The link as a person names it.
  var unitName: String {
    let key = definition.key
    let name = key.name == "default" ? "" : " (\(key.name))"
    return "\(sourceName) -> \(targetName) \(key.contract)\(name)"
  }
}
