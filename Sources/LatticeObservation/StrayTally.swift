public import LatticeModel

/// Processes of a provider that answer although no host lists them: what a killed host left.
///
/// They take messages beside their replacements, and nothing that is sent ends them.
public struct StrayProvider: Hashable, Sendable {
  /// The provider.
  public var provider: ProviderID
  /// How many of its processes run on.
  public var count: Int
  /// The lost hosts that ran it, where known.
  public var hosts: [HostID]

  /// Creates an entry.
  ///
  /// - Parameters:
  ///   - provider: The provider.
  ///   - count: How many of its processes run on.
  ///   - hosts: The lost hosts that ran it, where known.
  public init(_ provider: ProviderID, count: Int, hosts: [HostID] = []) {
    self.provider = provider
    self.count = count
    self.hosts = hosts.sorted()
  }
}

/// How many processes of each provider answer beyond those that are listed; pure.
///
/// A process that starts just now answers before its host lists it, and one that ends may answer a
/// moment after: only what is too much in two looks, one after the other, is stray. A look that
/// finds no more than is listed clears, also where a living process was too slow to answer.
struct StrayTally {
  /// How many were too many at the last look.
  private var surplus: [ProviderID: Int] = [:]
  /// How many were too many at the last two looks.
  private(set) var counts: [ProviderID: Int] = [:]

  /// Notes a look.
  ///
  /// - Parameters:
  ///   - answers: How many processes answered.
  ///   - listed: How many of them hosts list that are not known to be gone.
  ///   - provider: The provider.
  /// - Returns: Whether it is to be looked at again, since it may be another number now.
  mutating func note(_ answers: Int, of listed: Int, _ provider: ProviderID) -> Bool {
    let now = max(0, answers - listed)
    let both = min(now, surplus[provider] ?? 0)
    surplus[provider] = now > 0 ? now : nil
    counts[provider] = both > 0 ? both : nil
    return now > both
  }

  /// Forgets whatever is not of these providers.
  mutating func keep(_ providers: Set<ProviderID>) {
    surplus = surplus.filter { providers.contains($0.key) }
    counts = counts.filter { providers.contains($0.key) }
  }
}
