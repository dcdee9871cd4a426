import JSONCoding
import LatticeDialects
import LatticeModel
import NATSTransport

/// What is really so, for tests: what is stored is not what is in force.
extension SimulatedLattice {
  /// Every stored link that a provider of a living host should have and has not, or has with other
  /// values than its configs hold now.
  ///
  /// - Returns: A sentence for each, sorted; none where all that is stored is in force.
  public func linksNotInForce() async -> [String] {
    var found: [String] = []
    for link in records.values.flatMap(\.links) {
      let wanted = LinkInForce(
        link: link, sourceValues: await values(of: link.sourceConfig),
        targetValues: await values(of: link.targetConfig))
      for (host, state) in hosts where !state.faults.isPartitioned && !state.faults.isHung {
        for id in Set([link.key.source, link.target]) {
          guard let process = state.providers[id] else { continue }
          let actual = process.links.first { $0.isSame(as: link) }
          guard actual != wanted else { continue }
          found.append(
            "\(link.key.source) -> \(link.target) (\(link.key.name)) at \(id) on \(host): "
              + (actual.map { "\($0.sourceValues) \($0.targetValues)" } ?? "nothing")
              + ", stored \(wanted.sourceValues) \(wanted.targetValues)")
        }
      }
    }
    return found.sorted()
  }

  private func values(of configs: [ConfigName]) async -> [String: String] {
    var values: [String: String] = [:]
    for config in configs {
      let entry = await stored(config.rawValue, in: LatticeStore.configs(name))
      let stored = entry.flatMap { try? decodeStoredConfig($0) } ?? [:]
      values.merge(stored) { _, later in later }
    }
    return values
  }
}
