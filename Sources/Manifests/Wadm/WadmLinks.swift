import LatticeModel

/// The links of one application, those put as one of which a host would keep one only.
struct WadmLinks {
  /// What hosts tell links apart by.
  private struct Key: Hashable {
    var ends: [String?]
    var name: String
    var contract: Contract?

    init(_ link: LinkManifest) {
      ends = [link.source, link.target].flatMap { [$0.application?.rawValue, $0.name] }
      (name, contract) = (link.name, link.interface?.contract)
    }
  }

  private(set) var all: [LinkManifest] = []
  private var places: [Key: Int] = [:]
  /// What each link's ends are given, beside the lists, which keep the order.
  private var given: [(source: Set<ConfigName>, target: Set<ConfigName>)] = []

  mutating func add(_ link: LinkManifest) {
    guard let place = places[Key(link)] else {
      places[Key(link)] = all.count
      all.append(link)
      return given.append((Set(link.sourceConfig), Set(link.targetConfig)))
    }
    all[place].interface?.interfaces += link.interface?.interfaces ?? []
    for config in link.sourceConfig where given[place].source.insert(config).inserted {
      all[place].sourceConfig.append(config)
    }
    for config in link.targetConfig where given[place].target.insert(config).inserted {
      all[place].targetConfig.append(config)
    }
  }
}
