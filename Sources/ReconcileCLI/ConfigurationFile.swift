import ConfigurationModel
import Diagnostics
import GitSource
import OptionParsing
import ServiceRuntime
import TextForms
import YAMLTree

/// What a configuration file says, with everything that is wrong with it.
struct ConfigurationFile {
  /// Settings of the process.
  private(set) var process: FileValues<ProcessConfiguration>
  /// The entries of `repositories:`, or `nil` where the key is not there.
  private(set) var repositories: [FileValues<RepositoryConfiguration>]?
  /// The entries of `lattices:`, or `nil` where the key is not there.
  private(set) var lattices: [FileValues<LatticeConfiguration>]?
  /// What is wrong.
  private(set) var findings: [Diagnostic] = []
  private var positions: [ConfigurationPlace: SourcePosition] = [:]
  private let path: String
  private let environment: [String: String]

  /// Reads the text of a file.
  init(_ bytes: [UInt8], path: String, environment: [String: String]) {
    self.path = path
    self.environment = environment
    process = FileValues(ProcessOptions.all, standard: ProcessOptions.standard)
    let text = parseYAMLDocuments(bytes, path: path)
    findings = text.error?.diagnostics ?? []
    guard text.error == nil else { return }
    if let second = text.documents.dropFirst().first {
      add(.wrongType, "a second document begins", "keep one", second.mark.position(path))
    }
    guard let root = text.documents.first?.root, !isEmpty(root) else {
      add(
        .nothingConfigured, "the configuration is empty",
        "write what is to be reconciled, or leave out --config",
        SourcePosition(path: path, line: 1, column: 1))
      return
    }
    guard isMapping(root, "the configuration") else { return }
    let lists = ["repositories", "lattices"]
    for entry in root.entries where !lists.contains(entry.key.text) {
      if let list = nearestWord(to: entry.key.text, in: lists) {
        let error = UsageError.unknownKey(entry.key.text, nearest: list)
        add(.unknownKey, "\(error)", nil, entry.key.position(path))
      } else {
        process = reading(entry, .process, into: process)
      }
    }
    repositories = reading("repositories", of: root) { index in
      (
        .repository(index),
        FileValues(RepositoryOptions.ofFile, standard: RepositoryConfiguration())
      )
    }
    lattices = reading("lattices", of: root) { index in
      (
        .lattice(index),
        FileValues(
          LatticeOptions.ofFile, standard: LatticeConfiguration(), environment: environment)
      )
    }
  }

  /// Where a value stands, or else the entry that it is missing from.
  func position(of place: ConfigurationPlace) -> SourcePosition? {
    positions[place] ?? positions[ConfigurationPlace(place.owner, "")]
  }

  private mutating func reading<Values>(
    _ key: String, of root: YAMLNode,
    as entry: (Int) -> (ConfigurationPlace.Owner, FileValues<Values>)
  ) -> [FileValues<Values>]? {
    guard let list = root.value(forKey: key) else { return nil }
    positions[ConfigurationPlace(.process, key)] = list.position(path)
    guard list.kind == .sequence else {
      add(
        .wrongType, "'\(key)' is no list", "begin each entry with '- name:'", list.position(path))
      return nil
    }
    let mappings = list.elements.filter { isMapping($0, "an entry of '\(key)'") }
    return mappings.enumerated().map { index, mapping in
      var (owner, values) = entry(index)
      positions[ConfigurationPlace(owner, "")] = mapping.position(path)
      for entry in mapping.entries { values = reading(entry, owner, into: values) }
      return values
    }
  }

  private mutating func reading<Values>(
    _ entry: YAMLEntry, _ owner: ConfigurationPlace.Owner, below group: String = "",
    into values: FileValues<Values>
  ) -> FileValues<Values> {
    var values = values
    let key = group + entry.key.text
    guard !values.isGroup(key) else {
      guard isMapping(entry.value, "'\(key)'") else { return values }
      for inner in entry.value.entries {
        values = reading(inner, owner, below: key + ".", into: values)
      }
      return values
    }
    positions[ConfigurationPlace(owner, key)] = entry.value.position(path)
    do throws(UsageError) {
      let isList = try values.option(for: key).info.isList
      let nodes =
        isList && entry.value.kind == .sequence ? Array(entry.value.elements) : [entry.value]
      for node in nodes where !node.isNull { set(key, node, isList, in: &values) }
    } catch {
      add(.unknownKey, "\(error)", Self.remedies[key], entry.key.position(path))
    }
    return values
  }

  /// What helps whoever looks for a key that others have and this one cannot have.
  private static let remedies = {
    let remedy =
      "libgit2 shows a server no certificate of a client; use ssh, or let a proxy on this machine show "
      + "it and give its address, such as http://localhost:8080/edge.git"
    return ["auth.clientCertificate": remedy, "auth.clientKey": remedy]
  }()

  private mutating func set<Values>(
    _ key: String, _ node: YAMLNode, _ isList: Bool, in values: inout FileValues<Values>
  ) {
    let position = node.position(path)
    guard node.kind == .scalar else {
      let wanted = isList ? "one value or a list of values" : "one value"
      return add(.wrongType, "'\(key)' is not \(wanted)", "write \(wanted)", position)
    }
    guard withoutSecret(node.text) == nil else {
      return add(
        .secretInFile, "a password or token stands in '\(key)'",
        Self.secretRemedy(key),
        position)
    }
    // Where a secret is looked up is all that is configured of these.
    let isPlace = RemoteOptions.secretKeys.contains(key)
    if let option = try? values.option(for: key), option.info.isSecret, !isPlace,
      variable(node.text) == nil
    {
      return add(
        .secretInFile, "a secret stands in '\(key)'",
        "write 'env:NAME' for a variable that holds it, or give a file", position)
    }
    var text = node.text
    var source = ValueSource.file("\(path):\(position.line)")
    if !isPlace, let name = variable(text) {
      guard let value = environment[name], !value.isEmpty else {
        let shown = escapingControlCharacters(name)
        return add(
          .missingVariable, "'\(key)' refers to the variable '\(shown)', which is not set",
          "set it for this process", position)
      }
      text = value
      source = .environment(name)
    }
    do throws(UsageError) {
      try values.set(key, to: text, from: source)
    } catch {
      add(
        isPlace ? .secretInFile : .invalidValue, "\(error)",
        isPlace ? Self.secretRemedy(key) : nil, position)
    }
  }

  private static func secretRemedy(_ key: String) -> String {
    let file = key == "url" ? "'auth.token'" : "'creds'"
    return RemoteOptions.secretKeys.contains(key) || key.hasPrefix("auth.")
      ? "put it into a file or a variable, and write its path or 'env:NAME'"
      : "give a credentials file with \(file), or write 'env:NAME' for a variable that holds it"
  }

  /// The variable that a text refers to.
  private func variable(_ text: String) -> String? {
    text.hasPrefix("env:") ? String(text.dropFirst(4)) : nil
  }

  /// Whether nothing stands there, as in a file that was cut off while it was written.
  private func isEmpty(_ node: YAMLNode) -> Bool {
    node.isNull || node.kind == .mapping && !node.entries.contains { _ in true }
  }

  private mutating func isMapping(_ node: YAMLNode, _ what: String) -> Bool {
    if node.kind == .mapping { return true }
    add(.wrongType, "\(what) is no mapping", "write keys and values", node.position(path))
    return false
  }

  private mutating func add(
    _ code: ConfigurationCode, _ message: String, _ remedy: String?, _ position: SourcePosition
  ) {
    findings.append(Diagnostic(code.code, .error, message, remedy: remedy, at: position))
  }
}

/// An address with its password or token left out, or `nil` where it holds none.
func withoutSecret(_ address: String) -> String? {
  let shown = withoutCredentials(address)
  guard shown.count(where: { $0 == "@" }) < address.count(where: { $0 == "@" }) else { return nil }
  guard let scheme = address.firstRange(of: "://") else { return "***@" + shown }
  let user = address[scheme.upperBound...].prefix { $0 != "@" }
  let isUserAlone = address.hasPrefix("ssh:") && !user.contains(":")
  return isUserAlone ? nil : shown.replacing("://", with: "://***@", maxReplacements: 1)
}
