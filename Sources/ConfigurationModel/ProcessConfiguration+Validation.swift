public import Diagnostics
import LatticeModel
import TextForms

/// The kinds of findings about a configuration; numbers are never reused.
public enum ConfigurationCode: Int, Sendable {
  /// The file cannot be read.
  case unreadableFile = 1
  /// There is no such key.
  case unknownKey
  /// A mapping, a list or one value stands where another of these must.
  case wrongType
  /// A value cannot be read or is out of range.
  case invalidValue
  /// A password or token stands in the file.
  case secretInFile
  /// A variable that the file refers to is not set.
  case missingVariable
  /// A name cannot be used.
  case invalidName
  /// Two entries have one name.
  case duplicateName
  /// A repository names no lattice that is there.
  case unknownLattice
  /// Two repositories feed one lattice.
  case sharedLattice
  /// A lattice is fed by no repository.
  case unusedLattice
  /// Two values cannot stand together, or one lacks the other.
  case contradiction
  /// A value will be taken some day, and is not yet.
  case notThereYet
  /// There is nothing to do.
  case nothingConfigured
  /// An option cannot tell which of several entries it is for.
  case ambiguousOption

  /// The code as findings show it.
  public var code: DiagnosticCode { DiagnosticCode("CFG", rawValue) }
}

/// A value in a configuration, for whoever knows where it came from.
public struct ConfigurationPlace: Hashable, Sendable {
  /// What the value belongs to.
  public enum Owner: Hashable, Sendable {
    /// The process.
    case process
    /// A repository, by its place in the list, from 0.
    case repository(Int)
    /// A lattice, by its place in the list, from 0.
    case lattice(Int)
  }

  /// What the value belongs to.
  public var owner: Owner
  /// Its key in the configuration file.
  public var key: String

  /// Creates a place.
  ///
  /// - Parameters:
  ///   - owner: What the value belongs to.
  ///   - key: Its key in the configuration file.
  public init(_ owner: Owner, _ key: String) {
    self.owner = owner
    self.key = key
  }
}

extension ProcessConfiguration {
  /// Returns everything that is wrong with the configuration as a whole.
  ///
  /// - Parameter position: Where a value stands in a file, if it does.
  /// - Returns: The findings, in order; without an error among them it can be used.
  public func validate(
    at position: (ConfigurationPlace) -> SourcePosition? = { _ in nil }
  ) -> [Diagnostic] {
    let all =
      repositories.indices.map {
        (ConfigurationPlace.Owner.repository($0), rules(ofRepository: $0))
      }
      + lattices.indices.map { (.lattice($0), rules(ofLattice: $0)) } + [(.process, rules)]
    return all.flatMap { owner, rules in
      rules.filter(\.applies).map { rule in
        Diagnostic(
          rule.code.code, rule.severity, rule.message, remedy: rule.remedy,
          at: position(ConfigurationPlace(owner, rule.key)))
      }
    }.sorted()
  }

  private var rules: [Rule] {
    [
      Rule(
        "repositories", .nothingConfigured, if: repositories.isEmpty, "there are no repositories",
        "add one, or leave the key out"),
      Rule(
        "lattices", .nothingConfigured, if: lattices.isEmpty, "there are no lattices",
        "add one, or leave the key out"),
    ]
  }

  private func rules(ofRepository index: Int) -> [Rule] {
    let repository = repositories[index]
    let earlier = repositories[..<index]
    let rival = earlier.first { $0.lattice == repository.lattice }?.name
    let known = lattices.map(\.name.rawValue)
    let nearest = nearestWord(to: repository.lattice.rawValue, in: known)
    let name = escapingControlCharacters(repository.name)
    let lattice = escapingControlCharacters(repository.lattice.rawValue)
    return [
      Rule(
        "name", .invalidName, if: !isDNSLabel(repository.name),
        "'\(name)' is no name for a repository",
        "write lower-case letters, digits and '-', at most 63, a letter or digit first and last"),
      Rule(
        "name", .duplicateName, if: earlier.contains { $0.name == repository.name },
        "two repositories have the name '\(name)'", "give one of them another name"),
      Rule(
        "lattice", .unknownLattice, if: !known.contains(repository.lattice.rawValue),
        "the repository '\(name)' is for the lattice '\(lattice)', which is not configured",
        nearest.map { "write '\($0)'" }
          ?? "add it to 'lattices', or name one of those: \(named(known))"),
      Rule(
        "lattice", .sharedLattice, if: rival != nil,
        "the repositories '\(escapingControlCharacters(rival ?? ""))' and '\(name)' are both for the "
          + "lattice '\(lattice)'", "declare its applications in one repository and path"),
    ]
  }

  private func rules(ofLattice index: Int) -> [Rule] {
    let lattice = lattices[index]
    let name = escapingControlCharacters(lattice.name.rawValue)
    let isFed = repositories.contains { $0.lattice == lattice.name }
    let earlier = lattices[..<index]
    let isSecond = earlier.contains { $0.name == lattice.name }
    let twin = earlier.first { $0.isReached(as: lattice) }
    let neighbour = earlier.first {
      $0.nameOnWire == lattice.nameOnWire && $0.stateDirectory == lattice.stateDirectory
        && lattice.stateDirectory != nil
    }
    let wireName = escapingControlCharacters(lattice.nameOnWire.rawValue)
    return [
      Rule(
        "name", .invalidName, if: !lattice.name.isValid, "'\(name)' is no name for a lattice",
        "write letters, digits, '-' and '_'; 'v1' cannot be told from the control interface"),
      Rule(
        "name", .duplicateName, if: isSecond, "two lattices have the name '\(name)'",
        "give one of them another name; 'wireName' says which one its hosts know"),
      Rule(
        "wireName", .invalidName, if: lattice.wireName.map { !$0.isValid } ?? false,
        "'\(wireName)' is no name for a lattice",
        "write letters, digits, '-' and '_'; 'v1' cannot be told from the control interface"),
      Rule(
        "wireName", .duplicateName, if: !isSecond && twin != nil,
        "the lattices '\(escapingControlCharacters(twin?.name.rawValue ?? ""))' and '\(name)' are "
          + "one: both are '\(wireName)' on the same server", "keep one of them"),
      Rule(
        "stateDir", .contradiction, if: !isSecond && neighbour != nil,
        "the lattices '\(escapingControlCharacters(neighbour?.name.rawValue ?? ""))' and '\(name)' "
          + "would keep one record: both are '\(wireName)' and have the same 'stateDir'",
        "give each a folder of its own, or leave it out"),
      Rule(
        "name", .unusedLattice, .warning, if: !isFed,
        "no repository is for the lattice '\(name)'",
        "name it as the lattice of a repository, or remove it"),
    ] + lattice.rules
  }
}

extension LatticeConfiguration {
  /// Whether another entry is the same lattice: one name, on one server, in one account.
  fileprivate func isReached(as other: LatticeConfiguration) -> Bool {
    nameOnWire == other.nameOnWire && !Set(servers).isDisjoint(with: other.servers)
      && credentials == other.credentials && nkey == other.nkey
  }

  /// What may be wrong with the lattice by itself.
  fileprivate var rules: [Rule] {
    let least = formatDuration(failureDetection.probe * 3)
    return [
      Rule(
        "nkey", .contradiction, if: credentials != nil && nkey != nil,
        "a lattice has both 'creds' and 'nkey'",
        "keep one of them; a credentials file holds a seed of its own"),
      Rule(
        tlsCertificate == nil ? "tls.key" : "tls.cert", .contradiction,
        if: (tlsCertificate == nil) != (tlsKey == nil),
        "only one of 'tls.cert' and 'tls.key' is given", "give both"),
      Rule(
        "failureDetection.silence", .contradiction,
        if: failureDetection.silence < failureDetection.probe * 3,
        "a host would be lost after \(formatDuration(failureDetection.silence)) of silence, which "
          + "is less than three probes", "write \(least) or more, or probe more often"),
      Rule(
        "reconnect", .notThereYet, if: reconnect == .preferOriginal,
        "'preferOriginal' is not there yet", "write 'keepReplacement'"),
    ]
  }
}

/// What may be wrong with one value.
private struct Rule {
  let key: String
  let code: ConfigurationCode
  let severity: Severity
  let applies: Bool
  let message: String
  let remedy: String

  init(
    _ key: String, _ code: ConfigurationCode, _ severity: Severity = .error, if applies: Bool,
    _ message: String, _ remedy: String
  ) {
    self.key = key
    self.code = code
    self.severity = severity
    self.applies = applies
    self.message = message
    self.remedy = remedy
  }
}
