import LatticeModel

/// A stored link that is taken away and put anew.
struct LinkReplacement {
  /// Why it is not to be touched.
  enum Obstacle {
    /// The links of its source could not be read.
    case unknown
    /// It is somebody else's.
    case notOurs
    /// So many stored links have its key, and a delete would take one that is somebody else's.
    case ambiguous(Int)
  }

  var wanted: LinkDefinition
  var change: UnitChange
  /// What deletes by its key take away, in their order; the last is the link itself, and those
  /// before it, which only share its key, are put again.
  var deleted: [LinkDefinition] = []
  var obstacle: Obstacle?

  /// Links that must be replaced together, since they name a config that is put meanwhile.
  ///
  /// All of them are taken away before a shared config is put: one that still stood then would look
  /// right, with the old values in force, to whoever looks after an interruption.
  static func groups(
    of replacements: [LinkReplacement], sharing configs: ChangedConfigs
  ) -> [[LinkReplacement]] {
    var groups: [[LinkReplacement]] = []
    var groupOf: [ConfigName: Int] = [:]
    for replacement in replacements {
      let named = configs.named(by: replacement.wanted)
      let earlier = Set(named.compactMap { groupOf[$0] }).sorted()
      guard let home = earlier.first else {
        for name in named { groupOf[name] = groups.count }
        groups.append([replacement])
        continue
      }
      for other in earlier.dropFirst() {
        groups[home] += groups[other]
        groups[other] = []
        groupOf = groupOf.mapValues { $0 == other ? home : $0 }
      }
      groups[home].append(replacement)
      for name in named { groupOf[name] = home }
    }
    return groups.filter { !$0.isEmpty }
  }
}

/// The configs whose stored entries are not the declared ones, until each has its place in the plan.
struct ChangedConfigs {
  typealias Entry = (change: UnitChange, spec: ConfigSpec)

  private var entries: [ConfigName: Entry] = [:]
  private var order: [ConfigName] = []

  mutating func add(_ spec: ConfigSpec, _ change: UnitChange) {
    if entries.updateValue((change, spec), forKey: spec.name) == nil { order.append(spec.name) }
  }

  /// Those that a link names.
  func named(by link: LinkDefinition) -> [ConfigName] {
    entries.isEmpty ? [] : link.configs.filter { entries[$0] != nil }
  }

  /// Why a link's values are new, where they are.
  func reason(for link: LinkDefinition) -> Reason? {
    let reasons = named(by: link).compactMap { entries[$0]?.change.reason }
    let keys = reasons.flatMap { reason -> [String] in
      guard case .valuesChanged(let keys) = reason else { return [] }
      return keys
    }
    return reasons.isEmpty ? nil : .valuesChanged(keys: Set(keys).sorted())
  }

  /// Takes out those that links name, in the order in which they were added.
  mutating func take(for links: [LinkDefinition]) -> [Entry] {
    let names = Set(links.flatMap(named))
    defer { for name in names { entries[name] = nil } }
    return order.filter(names.contains).compactMap { entries[$0] }
  }

  /// Those that are left.
  var rest: [Entry] { order.compactMap { entries[$0] } }
}

extension LinkDefinition {
  /// The configs that it names, the source's first.
  var configs: [ConfigName] { sourceConfig + targetConfig }
}

extension [LinkDefinition] {
  /// The stored links of one key, in an order that does not depend on how they are stored.
  func rivals(of key: LinkKey) -> [LinkDefinition] {
    filter { $0.key == key }.sorted {
      $0.target != $1.target
        ? $0.target < $1.target : $0.interfaces.lexicographicallyPrecedes($1.interfaces)
    }
  }

  /// What deletes of a link's key take away until the link itself is gone.
  func removed(until link: LinkDefinition) -> [LinkDefinition] {
    var left = self
    var removed: [LinkDefinition] = []
    while removed.last != link, let next = left.deleteFirst(of: link.key) { removed.append(next) }
    return removed
  }
}
