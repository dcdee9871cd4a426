import LatticeModel

/// What differs between two configurations of a running controller.
public struct ConfigurationChange: Hashable, Sendable {
  /// Names of entries by what became of them, each in order.
  public struct Entries: Hashable, Sendable {
    /// Only the new configuration has them.
    public var added: [String]
    /// Only the old configuration has them.
    public var removed: [String]
    /// Both have them, and they differ.
    public var changed: [String]

    /// Whether both have the same.
    public var isEmpty: Bool { added.isEmpty && removed.isEmpty && changed.isEmpty }

    fileprivate init<Entry: Hashable>(
      from old: [Entry], to new: [Entry], name: (Entry) -> String
    ) {
      let before = Dictionary(old.map { (name($0), $0) }) { first, _ in first }
      let after = Dictionary(new.map { (name($0), $0) }) { first, _ in first }
      added = after.keys.filter { before[$0] == nil }.sorted()
      removed = before.keys.filter { after[$0] == nil }.sorted()
      changed = after.filter { key, entry in before[key] != nil && before[key] != entry }.keys
        .sorted()
    }
  }

  /// What became of repositories.
  public var repositories: Entries
  /// What became of lattices.
  public var lattices: Entries
  /// Settings of the process that differ and are taken over only when it starts, by their keys.
  public var needRestart: [String]

  /// Whether nothing is to be done.
  public var isEmpty: Bool { repositories.isEmpty && lattices.isEmpty && needRestart.isEmpty }
}

/// Returns what differs between two configurations.
///
/// What is named nowhere in the answer goes on undisturbed; `shutdownGrace` is read when it is
/// needed and never named.
///
/// - Parameters:
///   - old: The configuration at work.
///   - new: The configuration that takes its place.
/// - Returns: What to start, stop and start anew.
public func changes(
  from old: ProcessConfiguration, to new: ProcessConfiguration
) -> ConfigurationChange {
  let settings = [
    ("listen", old.listen != new.listen), ("holder", old.holder != new.holder),
    ("logLevel", old.logLevel != new.logLevel), ("logFormat", old.logFormat != new.logFormat),
  ]
  return ConfigurationChange(
    repositories: .init(from: old.repositories, to: new.repositories, name: \.name),
    lattices: .init(from: old.lattices, to: new.lattices, name: \.name.rawValue),
    needRestart: settings.filter(\.1).map(\.0))
}
