import TextForms

/// Values that are read from one mapping of a configuration file, key by key.
///
/// Who reads the file goes on after an error, so that one report has all of them.
public struct FileValues<Values: Sendable>: Sendable {
  /// The values so far.
  public private(set) var values: Values
  /// Where each value came from, by the option's name.
  public private(set) var sources: [String: ValueSource] = [:]
  private let options: [OptionSpec<Values>]
  private var keys: Set<String> = []

  /// Begins with the values where nothing is given.
  ///
  /// - Parameters:
  ///   - options: The options that the mapping may set.
  ///   - standard: The values where nothing is given.
  ///   - environment: Where variables that are shared with other programs are looked up.
  public init(
    _ options: [OptionSpec<Values>], standard: Values, environment: [String: String] = [:]
  ) {
    self.options = options
    values = standard
    for option in options {
      guard let name = option.readShared(environment, into: &values) else { continue }
      sources[option.name] = .environment(name)
    }
  }

  /// The option of a key.
  ///
  /// - Parameter key: The key, with a dot between the keys of nested mappings.
  /// - Returns: The option.
  /// - Throws: `UsageError` with the nearest known key where there is none.
  public func option(for key: String) throws(UsageError) -> OptionSpec<Values> {
    guard let option = options.first(where: { $0.info.fileKey == key }) else {
      throw .unknownKey(key, nearest: nearestWord(to: key, in: options.compactMap(\.info.fileKey)))
    }
    return option
  }

  /// Whether a key has keys of its own below it.
  ///
  /// - Parameter key: The key.
  /// - Returns: Whether a mapping may stand there.
  public func isGroup(_ key: String) -> Bool {
    options.contains { $0.info.fileKey?.hasPrefix(key + ".") ?? false }
  }

  /// Reads the value of a key; an element of a list is added to those before it.
  ///
  /// - Parameters:
  ///   - key: The key, with a dot between the keys of nested mappings.
  ///   - text: The text of the value.
  ///   - source: Where the text came from.
  /// - Throws: `UsageError`.
  public mutating func set(
    _ key: String, to text: String, from source: ValueSource
  ) throws(UsageError) {
    let option = try option(for: key)
    try option.read(text, as: key, addsToList: !keys.insert(key).inserted, into: &values)
    sources[option.name] = source
  }
}
