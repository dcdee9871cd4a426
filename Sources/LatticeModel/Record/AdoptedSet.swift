/// What a host runs that somebody else started, and that was taken over as ours, as it is.
///
/// Its annotations say whose it was; a host ends it only by these. Once it runs with others, or not at
/// all, the entry says nothing any more.
public struct AdoptedSet: Hashable, Sendable {
  /// The actor or provider, on its host.
  public var unit: UnitKey
  /// Its id in the lattice.
  public var id: String
  /// The annotations that it runs with.
  public var annotations: [String: String]
  /// The digest of what it counts as started with: what was declared when it was taken over.
  public var spec: String

  /// Creates an entry.
  ///
  /// - Parameters:
  ///   - unit: The actor or provider, on its host.
  ///   - id: Its id in the lattice.
  ///   - annotations: The annotations that it runs with.
  ///   - spec: The digest of what it counts as started with.
  public init(_ unit: UnitKey, id: String, annotations: [String: String], spec: String) {
    self.unit = unit
    self.id = id
    self.annotations = annotations
    self.spec = spec
  }

  /// Whose it is now.
  var ownership: Ownership {
    .owned(application: unit.application, name: unit.name, spec: spec)
  }
}

extension LatticeRecord {
  /// Forgets what was taken over and is no longer there, or runs with other annotations; of a host that
  /// does not answer nothing is forgotten while it is on record.
  ///
  /// - Parameter observed: What is observed.
  public mutating func forgetAdopted(notIn observed: ObservedState) {
    adopted.removeAll { set in
      guard let id = set.unit.host else { return true }
      guard let host = observed.host(id) else { return hosts[id] == nil }
      guard host.isUsable else { return false }
      return !host.report.runs(set)
    }
  }
}

extension HostReport {
  /// Whether it lists a set with the annotations that it was taken over with.
  func runs(_ set: AdoptedSet) -> Bool {
    switch set.unit.kind {
    case .actor:
      actors.contains { $0.id.rawValue == set.id && $0.annotations == set.annotations }
    default:
      providers.contains { $0.id.rawValue == set.id && $0.annotations == set.annotations }
    }
  }
}

extension ObservedState {
  /// Takes what was taken over for ours.
  ///
  /// - Parameter sets: What was taken over; what is not there as it was then is passed over.
  public mutating func adopt(_ sets: [AdoptedSet]) {
    for set in sets {
      guard let id = set.unit.host, let position = positions[id],
        hosts[position].report.runs(set), let symbol = names.symbol(of: set.id)
      else { continue }
      let index = Int32(truncatingIfNeeded: ownerships.count)
      ownerships.append(set.ownership)
      if set.unit.kind == .actor {
        for actor in hosts[position].actors.indices
        where hosts[position].actors[actor].id == symbol {
          told[index] = hosts[position].actors[actor].ownership
          hosts[position].actors[actor].ownership = index
        }
      } else {
        for provider in hosts[position].providers.indices
        where hosts[position].providers[provider].id == symbol {
          told[index] = hosts[position].providers[provider].ownership
          hosts[position].providers[provider].ownership = index
        }
      }
    }
  }

  /// Returns who owns a running thing by its annotations, which is what its host tells.
  ///
  /// - Parameter index: The `ownership` of a running actor or provider of this state.
  /// - Returns: Whose it is by what its host tells, though it may have been taken over.
  public func toldOwnership(_ index: Int32) -> Ownership { ownership(told[index] ?? index) }
}
