public import Diagnostics

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

  /// Whose value it is.
  public var owner: Owner
  /// Its key in the configuration file.
  public var key: String

  /// Creates a place.
  ///
  /// - Parameters:
  ///   - owner: Whose value it is.
  ///   - key: Its key in the configuration file.
  public init(_ owner: Owner, _ key: String) {
    self.owner = owner
    self.key = key
  }
}
