import LatticeModel
import TextForms

/// Links and configs: whole definitions in the lattice's stores. They carry no annotations, so the
/// record alone tells which are ours.
extension PlanDraft {
  /// Compares every declared config and link with the stores.
  mutating func planStores() {
    guard context.abilities.keepsStores else { return noteWithoutStore() }
    var configs = ChangedConfigs()
    let held = Set(linksNotLinkable.map { ConfigUser.link($0.key) })
    for application in applications {
      for config in application.configs where !held.contains(config.user) {
        compare(config, of: application.name, &configs)
      }
    }
    var replacements: [LinkReplacement] = []
    for application in applications {
      for link in application.links {
        guard let wanted = definition(of: link) else {
          hold(link, of: application.name)
          continue
        }
        compare(link, wanted, of: application.name, configs).map { replacements.append($0) }
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

  /// The link that the hosts keep of a declared one; `nil` where it does not say what they link by.
  func definition(of link: LinkSpec) -> LinkDefinition? {
    link.definition(by: context.abilities.linkage)
  }

  /// The declared links that the hosts cannot keep.
  var linksNotLinkable: [LinkSpec] {
    applications.flatMap(\.links).filter { definition(of: $0) == nil }
  }

  private mutating func hold(_ link: LinkSpec, of application: ApplicationName) {
    plan.counts.missing += 1
    add(
      PlannedStep(
        unit: UnitKey(application: application, kind: .link, name: link.unitName), intents: [],
        reason: .missing, found: .nothing, origin: link.origin), .linksPut,
      finding: .notLinkable(link))
  }

  /// Compares a link with its source's stored record; returns what is to be replaced.
  ///
  /// A provider takes the values of a link once, when it learns of it. So a link that is stored as
  /// declared is replaced too where a config that it names is put.
  private mutating func compare(
    _ link: LinkSpec, _ wanted: LinkDefinition, of application: ApplicationName,
    _ configs: ChangedConfigs
  ) -> LinkReplacement? {
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
    let isLate = group.contains { isBeingStarted($0.wanted) || leadsToWhatComesUp($0) }
    add(step, isLate ? .linksLate : .linksReplaced, finding: finding)
  }

  /// Whether a stored link is to lead elsewhere, where nothing runs yet: until something does, what it
  /// leads to now serves.
  private func leadsToWhatComesUp(_ replacement: LinkReplacement) -> Bool {
    guard case .targetChanged(_, let target) = replacement.change.reason else { return false }
    guard let symbol = observed.names.symbol(of: target) else { return true }
    return !observed.hosts.contains { host in
      host.countsAsRunning
        && (host.actors.contains { $0.id == symbol } || host.providers.contains { $0.id == symbol })
    }
  }

  /// Whether a link names a provider that a host may just be starting: on record as started there,
  /// and not in its inventory.
  private func isBeingStarted(_ link: LinkDefinition) -> Bool {
    !starting.isDisjoint(with: [link.key.source, link.target])
  }
}

extension LinkSpec {
  /// The link as a person names it.
  var unitName: String {
    let suffix = name == "default" ? "" : " (\(name))"
    return "\(source.name) -> \(target.name) \(key.contract)\(suffix)"
  }
}
