import LatticeModel
import Planning

/// What makes a world hard to plan for.
enum Trouble: String, CaseIterable {
  case shortage = "a shortage"
  case overlappingRules = "overlapping spread rules"
  case lostHost = "a lost host"
  case silentHost = "a silent or late host"
  case incompleteView = "an incomplete view"
  case strangerWithOurID = "an unowned set with our id"
  case strangerWithOurLinkKey = "an unowned link with our key"
  case halfDone = "an image change half done"
  case sharedHost = "several applications on one host"
  case surplus = "something that nothing declares"
  case forOtherHosts = "an application for other hosts"
  case notLinkable = "a link that says what other hosts link by"

  /// Whether a world has it.
  func isMet(by study: Study) -> Bool {
    let world = study.world
    switch self {
    case .shortage: return !study.plan.unplaceable.isEmpty
    case .overlappingRules:
      let hosts = world.hosts.map(\.report.labels)
      return world.workloads.contains { workload in
        hosts.contains { labels in
          workload.rules.count { $0.requirements.allSatisfy { $0.isMet(by: labels) } } > 1
        }
      }
    case .lostHost: return world.hosts.contains { $0.presence == .lost }
    case .silentHost:
      return study.observed.hosts.contains { $0.countsAsRunning && !$0.isUsable }
    case .incompleteView: return world.view != .complete
    case .strangerWithOurID:
      return world.workloads.contains { workload in
        study.sets(of: workload).contains { !$0.ownership.isOwned }
      }
    case .strangerWithOurLinkKey:
      return world.applications.flatMap(\.links).compactMap { $0.definition(by: .interface) }
        .contains { link in
          study.observed.links[link.key.source]?.contains {
            $0.key == link.key && !world.record.owns($0)
          } ?? false
        }
    case .halfDone:
      return world.workloads.contains { workload in
        let images = study.sets(of: workload).filter(\.ownership.isOwned).map(\.image)
        return images.contains(workload.image.withoutScheme) && Set(images).count > 1
      }
    case .sharedHost:
      return study.observed.hosts.contains { host in
        let annotations =
          host.report.actors.map(\.annotations) + host.report.providers.map(\.annotations)
        return Set(annotations.compactMap { $0[AnnotationKey.application] }).count > 1
      }
    case .surplus: return study.plan.counts.surplus > 0
    case .forOtherHosts: return world.applications.contains(where: \.isForHostsBefore1)
    case .notLinkable:
      return world.applications.contains { $0.links.contains { $0.interface == nil } }
    }
  }
}

/// A set that a host reports.
struct SeenSet {
  var host: HostID
  var isUsable: Bool
  var image: String
  var instances: Int
  var ownership: Ownership
}

extension ObservedState {
  /// The sets of an actor or provider on all hosts that count.
  func sets(of workload: DeclaredWorkload) -> [SeenSet] {
    hosts.filter(\.countsAsRunning).flatMap { host in
      workload.kind == .actor
        ? host.report.actors.filter { $0.id.rawValue == workload.id }.map {
          SeenSet(
            host: host.id, isUsable: host.isUsable, image: $0.image.withoutScheme,
            instances: $0.instances, ownership: Ownership($0.annotations))
        }
        : host.report.providers.filter { $0.id.rawValue == workload.id }.map {
          SeenSet(
            host: host.id, isUsable: host.isUsable, image: $0.image.withoutScheme, instances: 1,
            ownership: Ownership($0.annotations))
        }
    }
  }
}

/// What a property asks of a world, told without the planner.
extension Study {
  func sets(of workload: DeclaredWorkload) -> [SeenSet] { observed.sets(of: workload) }

  /// Whose thing an intent would change, if it is not ours to change.
  func strangerTouched(by intent: Intent) -> String? {
    if let host = intent.host, observed.host(host)?.presence != .fresh { return "\(host)" }
    switch intent {
    case .run(.actor(let launch), _, let host), .replace(_, .actor(let launch), _, let host),
      .end(.actor(let launch), let host):
      return observed.actor(launch.id, on: host).flatMap { stranger($0.annotations) }
    case .run(.provider(let launch), _, let host), .replace(_, .provider(let launch), _, let host),
      .end(.provider(let launch), let host):
      return observed.provider(launch.id, on: host).flatMap { stranger($0.annotations) }
    case .connect(let link), .disconnect(let link):
      guard let stored = observed.links[link.key.source] else { return "an unread store" }
      let rivals = stored.filter { $0.key == link.key }
      return rivals.first { !world.record.owns($0) }.map { "\($0.target)" }
    case .keep(let name, _), .drop(let name):
      guard let stored = observed.configs[name] else { return "an unread store" }
      return stored != .absent && world.record.configs[name] == nil ? "\(name)" : nil
    }
  }

  private func stranger(_ annotations: [String: String]) -> String? {
    guard annotations[AnnotationKey.managedBy] != "reconcile" else { return nil }
    return annotations[AnnotationKey.managedBy] ?? "nobody"
  }

  /// Whether an intent leaves less than there is, if only for a moment.
  func takesAway(_ intent: Intent) -> Bool {
    guard case .run(.actor(let launch), let instances, let host) = intent else {
      return intent.takesAway
    }
    return instances < observed.actor(launch.id, on: host)?.instances ?? 0
  }

  /// Whether an intent removes what no manifest declares, nor replaces by something else.
  func isUndeclared(_ intent: Intent) -> Bool {
    switch intent {
    case .end(let launch, _): return !world.workloads.contains { $0.id == launch.id }
    case .disconnect(let link):
      return !desired.applications.contains { application in
        application.links.contains { $0.key == link.key }
      }
    case .drop(let name): return !isServed(world.record.configs[name]?.user, name)
    default: return false
    }
  }

  /// Whether what a config served is still declared, so that its removal is part of a change.
  private func isServed(_ user: ConfigUser?, _ name: ConfigName) -> Bool {
    let owner = world.record.configs[name]?.application
    guard let owner = desired.applications.first(where: { $0.name == owner }) else { return false }
    return switch user {
    case .actor(let name)?: owner.actors.contains { $0.name == name }
    case .provider(let name)?: owner.providers.contains { $0.name == name }
    case .link(let key)?: owner.links.contains { $0.key == key }
    case .application?, nil: false
    }
  }

  /// The thing that a step changes, told as a lattice knows it.
  func target(of step: PlannedStep) -> String {
    switch step.intents.first {
    case .run(let launch, _, let host)?, .replace(let launch, _, _, let host)?,
      .end(let launch, let host)?:
      "\(launch.id) \(host)"
    case .connect(let link)?, .disconnect(let link)?: "\(link.key)"
    case .keep(let name, _)?, .drop(let name)?: "\(name)"
    case nil: "nothing"
    }
  }

  /// What a finished lattice runs less or more of than its last plan accounts for.
  func shortOfWanted(_ observed: ObservedState, _ plan: Plan) -> String? {
    guard world.context.only == nil, world.record.halt == nil else { return nil }
    for workload in world.workloads where !workload.perHost {
      let isHeld = plan.held.contains {
        $0.step.unit.application == workload.application && $0.step.unit.kind == workload.kind
          && $0.step.unit.name == workload.name
          || $0.step.unit
            == UnitKey(
              application: workload.application, kind: .application,
              name: workload.application.rawValue)
      }
      let sets = observed.sets(of: workload)
      guard !isHeld, sets.allSatisfy(\.isUsable) else { continue }
      let running = sets.reduce(0) { $0 + $1.instances }
      let missing = plan.unplaceable.filter {
        $0.application == workload.application && $0.kind == workload.kind
          && $0.name == workload.name
      }.reduce(0) { $0 + $1.missing }
      guard running + missing != workload.instances else { continue }
      return "\(workload.id): \(running) run, \(missing) short of \(workload.instances)"
    }
    return nil
  }
}
