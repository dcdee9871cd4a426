import Diagnostics
import LatticeModel

/// What runs or lies in the lattice's stores, is ours, and nothing declares any more.
extension PlanDraft {
  /// Ends the running sets of ours that nothing declares, or leaves them.
  mutating func planUndeclaredSets(
    of census: Census, beside workloads: [Workload], _ outcomes: [WorkloadOutcome]
  ) {
    var succession = Succession(workloads, census, in: observed)
    var owners: [Int: [String: ApplicationName]] = [:]
    for set in census.undeclared {
      let known = owners[set.host] ?? context.record.owners(on: observed.hosts[set.host].id)
      owners[set.host] = known
      pruneSet(set, ownedBy: known[observed.names[set.id]], &succession) {
        !outcomes[$0].added.isEmpty || !outcomes[$0].shortfalls.isEmpty
      }
    }
    plan.successors = succession.successors.mapValues { $0.sorted() }
  }

  /// Ends a set that nothing declares any more, by the rules of whoever declared it last: it may have
  /// been started for another.
  private mutating func pruneSet(
    _ set: RunningSet, ownedBy last: ApplicationName?, _ succession: inout Succession,
    to isComing: (Int) -> Bool
  ) {
    guard case .owned(let first, let given, _) = observed.ownership(set.ownership) else { return }
    let (owner, name) = (last ?? first, given.isEmpty ? observed.names[set.id] : given)
    guard !untouched.contains(owner) else { return }
    let unit = UnitKey(
      application: owner, kind: set.kind, name: name, host: observed.hosts[set.host].id)
    let step = PlannedStep(
      unit: unit, intents: [.end(observed.launch(of: set), on: observed.hosts[set.host].id)],
      reason: undeclaredReason(owner),
      found: observed.found(set))
    let takers = succession.lose(
      set, named: name, image: observed.names[set.image], of: owner, to: isComing)
    if takers.contains(where: { isRenamed(owner, to: $0.application) && isLacking($0) }) {
      facts.irreplaceable.insert(unit)
    }
    if isToGo(step) { add(step, set.kind == .actor ? .actorsDown : .providersOff) }
  }

  /// Whether an application is gone, and its file declares another one now.
  private func isRenamed(_ old: ApplicationName, to new: ApplicationName) -> Bool {
    guard declared[old] == nil, let path = context.record.applied[old]?.path else { return false }
    return declared[new]?.origin.path == path
  }

  /// Whether not all of a workload can be started now.
  private func isLacking(_ workload: Workload) -> Bool {
    plan.unplaceable.contains {
      $0.application == workload.application && $0.kind == workload.kind && $0.name == workload.name
    }
      || plan.held.contains {
        $0.step.startedID != nil && $0.step.unit.withoutHost == workload.unit
      }
  }

  /// Removes links and configs of ours that nothing asks for any more.
  mutating func planUndeclared() {
    guard context.abilities.keepsStores else { return }
    planUndeclaredLinks()
    planUndeclaredConfigs()
  }

  private mutating func planUndeclaredLinks() {
    let declaredKeys = Set(
      desired.applications.flatMap { $0.links.compactMap { definition(of: $0)?.key } })
    let notLinkable = linksNotLinkable
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
        finding: notLinkable.first { $0.mayReplace(key, to: owned.targets) }.map(
          Finding.notLinkable)
          ?? (rivals.count == 1 ? nil : .ambiguousLink(matches: rivals.count)))
    }
  }

  private mutating func planUndeclaredConfigs() {
    let inUse = configsInUse()
    let notLinkable = linksNotLinkable
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
        guard isToGo(step) else { continue }
        let replacing = notLinkable.first {
          guard case .link(let key) = owned.user else { return false }
          return $0.mayReplace(key, to: context.record.links[key]?.targets ?? [])
        }
        add(step, .configsOff, finding: replacing.map(Finding.notLinkable))
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
      for link in application.links { names.formUnion(link.configs) }
    }
    return names
  }

  private func isDeclared(_ user: ConfigUser, of application: ApplicationName) -> Bool {
    guard let application = declared[application] else { return false }
    return switch user {
    case .application: false
    case .actor(let name): application.actors.contains { $0.name == name }
    case .provider(let name): application.providers.contains { $0.name == name }
    case .link(let key): application.links.contains { $0.key == key }
    }
  }
}

extension LinkSpec {
  /// Whether it may be meant to stand where a link of a key is stored, as far as can be told of one
  /// that does not say what its hosts link by.
  fileprivate func mayReplace(_ key: LinkKey, to targets: [String]) -> Bool {
    source.id == key.source && (name == key.name || targets.contains(target.id))
  }
}
