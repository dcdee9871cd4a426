extension LatticeRecord {
  /// Notes that what an intent stores is ours, as it must be before anything is sent.
  ///
  /// - Parameters:
  ///   - intent: The intent; those that act on a host claim nothing here.
  ///   - step: The step that it belongs to, which says for whom it is done.
  public mutating func claim(_ intent: Intent, of step: PlannedStep) {
    switch intent {
    case .connect(let link):
      let before = links[link.key]?.targets ?? []
      links[link.key] = OwnedLink(
        application: step.application(of: link.key),
        targets: Array(Set(before + [link.target])))
    case .keep(let name, _):
      let change = step.changes.first {
        $0.unit.kind == .config && $0.unit.name == name.rawValue
      }
      configs[name] = OwnedConfig(
        application: change?.unit.application ?? step.unit.application,
        user: change?.user ?? .application)
    case .run, .replace, .end, .disconnect, .drop: break
    }
  }

  /// Notes that what an intent took out of a store is nobody's, once it is seen to be gone.
  ///
  /// - Parameter intent: The intent; those that take nothing away release nothing.
  public mutating func release(_ intent: Intent) {
    switch intent {
    case .disconnect(let link):
      guard var owned = links[link.key] else { return }
      owned.targets.removeAll { $0 == link.target }
      links[link.key] = owned.targets.isEmpty ? nil : owned
    case .drop(let name): configs[name] = nil
    case .run, .replace, .end, .connect, .keep: break
    }
  }

  /// Returns the ids of providers that hosts may just be starting: on record as started on a host
  /// that answers, and not in its inventory.
  ///
  /// - Parameter observed: What is observed.
  /// - Returns: The ids.
  public func providersStarting(in observed: ObservedState) -> Set<String> {
    var ids: Set<String> = []
    for (id, recorded) in hosts where !recorded.report.providers.isEmpty {
      guard let host = observed.host(id), host.isUsable else { continue }
      let listed = Set(host.report.providers.map(\.id))
      for provider in recorded.report.providers where !listed.contains(provider.id) {
        ids.insert(provider.id.rawValue)
      }
    }
    return ids
  }
}

extension LatticeRecord {
  /// Returns whose the things of ours on a host are, as last declared, by id.
  ///
  /// - Parameter host: The host.
  /// - Returns: The applications.
  public func owners(on host: HostID) -> [String: ApplicationName] {
    guard let report = hosts[host]?.report else { return [:] }
    let sets =
      report.actors.map { ($0.id.rawValue, $0.annotations) }
      + report.providers.map { ($0.id.rawValue, $0.annotations) }
    var owners: [String: ApplicationName] = [:]
    for (id, annotations) in sets {
      if case .owned(let application, _, _) = Ownership(annotations) { owners[id] = application }
    }
    return owners
  }

  /// Notes whose things are that are ours: whoever declares one now owns it, whoever it was made for.
  ///
  /// - Parameter applications: What is declared.
  public mutating func noteOwners(of applications: [ApplicationSpec]) {
    var owners: [String: ApplicationName] = [:]
    for application in applications {
      for actor in application.actors { owners[actor.id.rawValue] = application.name }
      for provider in application.providers { owners[provider.id.rawValue] = application.name }
      for key in application.links.flatMap(\.keys) { links[key]?.application = application.name }
      for config in application.configs where configs[config.name] != nil {
        configs[config.name] = OwnedConfig(application: application.name, user: config.user)
      }
    }
    for host in hosts.keys { hosts[host]?.report.noteOwners(owners) }
    for index in adopted.indices {
      guard let owner = owners[adopted[index].id] else { continue }
      adopted[index].unit.application = owner
    }
  }
}

extension HostReport {
  /// Notes to whom what it runs of ours belongs now, by id.
  package mutating func noteOwners(_ owners: [String: ApplicationName]) {
    func name(_ id: String, _ annotations: inout [String: String]) {
      guard let owner = owners[id], annotations[AnnotationKey.application] != owner.rawValue,
        Ownership(annotations).isOwned
      else { return }
      annotations[AnnotationKey.application] = owner.rawValue
    }
    for index in actors.indices { name(actors[index].id.rawValue, &actors[index].annotations) }
    for index in providers.indices {
      name(providers[index].id.rawValue, &providers[index].annotations)
    }
  }
}

extension PlannedStep {
  /// The application whose link has a key, among those that the step changes.
  fileprivate func application(of key: LinkKey) -> ApplicationName {
    let change = alongside.first { change in
      if case .link(let link) = change.found { return link.key == key }
      return false
    }
    return change?.unit.application ?? unit.application
  }
}
