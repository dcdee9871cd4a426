import JSONCoding
import LatticeDialects
import LatticeModel

/// Which links are in force at the providers that this host has started.
extension SimulatedHost {
  /// A record was written: of what is new in it, the providers here that it names are told.
  mutating func recordWritten(_ source: String, _ written: [LinkDefinition]) -> [HostOutput] {
    let known = links[source] ?? []
    links[source] = written
    guard !providers.isEmpty else { return [] }
    return written.filter { !known.contains($0) }.flatMap { link in
      [link.key.source, link.target].filter { providers[$0] != nil }.flatMap { provider in
        resolve(link) { host, link, now in host.tell(provider, of: link, now) }
      }
    }
  }

  /// Goes on with a link and the values that its configs have now.
  private func resolve(
    _ link: LinkDefinition,
    then: @escaping @Sendable (inout SimulatedHost, LinkInForce, Int64) -> [HostOutput]
  ) -> [HostOutput] {
    values(of: link.sourceConfig.map(\.rawValue)) { host, source, now in
      host.values(of: link.targetConfig.map(\.rawValue)) { host, target, now in
        then(
          &host, LinkInForce(link: link, sourceValues: source, targetValues: target), now)
      }
    }
  }

  /// Goes on with the entries of some configs, later ones winning; those of secrets are no values.
  func values(
    of names: [String], _ found: [String: String] = [:],
    then: @escaping @Sendable (inout SimulatedHost, [String: String], Int64) -> [HostOutput]
  ) -> [HostOutput] {
    let names = names.filter { !Self.isSecret($0) }
    guard let name = names.first else {
      return [.later(after: .zero) { host, _, now in then(&host, found, now) }]
    }
    return [
      .read(bucket: LatticeStore.configs(lattice), key: name) { host, value, _ in
        let entries = value.flatMap { try? JSONValue(parsing: $0) }?.object ?? [:]
        return host.values(
          of: Array(names.dropFirst()),
          found.merging(entries.compactMapValues(\.string)) { _, later in later }, then: then)
      }
    ]
  }

  private mutating func tell(_ provider: String, of link: LinkInForce, _ now: Int64)
    -> [HostOutput]
  {
    guard providers[provider]?.take(link) == true else { return [] }
    return [force(provider, link, true, now)]
  }

  mutating func drop(_ link: LinkDefinition, at provider: String, _ now: Int64) -> [HostOutput] {
    guard let dropped = providers[provider]?.drop(link) else { return [] }
    return [force(provider, dropped, false, now)]
  }

  func force(_ provider: String, _ link: LinkInForce, _ isInForce: Bool, _ now: Int64)
    -> HostOutput
  {
    .force(
      ForceEntry(
        time: now, host: id.rawValue, provider: provider, link: link, isInForce: isInForce))
  }

  /// Goes on with the links that a provider is started with.
  func linksAtStart(
    of provider: String,
    then: @escaping @Sendable (inout SimulatedHost, [LinkInForce], Int64) -> [HostOutput]
  ) -> [HostOutput] {
    let named = links.values.joined()
      .filter { $0.key.source == provider || $0.target == provider }
      .sorted { ($0.key, $0.target) < ($1.key, $1.target) }
    return resolveAll(named, [], then: then)
  }

  private func resolveAll(
    _ rest: [LinkDefinition], _ found: [LinkInForce],
    then: @escaping @Sendable (inout SimulatedHost, [LinkInForce], Int64) -> [HostOutput]
  ) -> [HostOutput] {
    guard let link = rest.first else {
      return [.later(after: .zero) { host, _, now in then(&host, found, now) }]
    }
    return resolve(link) { host, resolved, _ in
      host.resolveAll(Array(rest.dropFirst()), found + [resolved], then: then)
    }
  }

  func health(of provider: String, _ reply: String?) -> [HostOutput] {
    // What is part of the host hangs with it.
    guard let reply, let process = providers[provider], process.isListening,
      !(faults.isHung && process.isBuiltin)
    else { return [] }
    return [.reply(to: reply, payload: Self.healthy)]
  }

  /// What a provider that is well answers for its health.
  static let healthy = JSONValue.object(["healthy": true]).bytes()
}
