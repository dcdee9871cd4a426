/// A name that is never confused with another kind of name.
public protocol Identifier: Hashable, Comparable, Sendable, CustomStringConvertible,
  ExpressibleByStringLiteral
{
  /// The name as it stands on the wire and in manifests.
  var rawValue: String { get }

  /// Creates an identifier without checking it.
  ///
  /// - Parameter rawValue: The name as it stands on the wire and in manifests.
  init(_ rawValue: String)
}

extension Identifier {
  /// Creates an identifier from a literal.
  ///
  /// - Parameter value: The name.
  public init(stringLiteral value: String) { self.init(value) }

  /// The name itself.
  public var description: String { rawValue }

  /// Orders identifiers by their text.
  ///
  /// - Parameters:
  ///   - left: One identifier.
  ///   - right: Another identifier.
  /// - Returns: Whether `left` comes first.
  public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}

/// The name of a lattice: one NATS token that is also a legal bucket name.
public struct LatticeName: Identifier {
  /// The name as it stands on the wire.
  public let rawValue: String
  /// Creates a name without checking it.
  ///
  /// - Parameter rawValue: The name as it stands on the wire.
  public init(_ rawValue: String) { self.rawValue = rawValue }

  /// Whether the name can be used: letters, digits, `-` and `_`, and not `v1`, which would make
  /// the subjects of the two control interfaces ambiguous.
  public var isValid: Bool {
    !rawValue.isEmpty && rawValue != "v1"
      && rawValue.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
          UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
          true
        default: false
        }
      }
  }
}

/// The id of a host: its public key, `N…`.
public struct HostID: Identifier {
  /// The id as it stands on the wire.
  public let rawValue: String
  /// Creates an id without checking it.
  ///
  /// - Parameter rawValue: The id as it stands on the wire.
  public init(_ rawValue: String) { self.rawValue = rawValue }
}

/// The id of an actor in its lattice; hosts since 1.0 call it the component id.
public struct ActorID: Identifier {
  /// The id as it stands on the wire.
  public let rawValue: String
  /// Creates an id without checking it.
  ///
  /// - Parameter rawValue: The id as it stands on the wire.
  public init(_ rawValue: String) { self.rawValue = rawValue }
}

/// The id of a provider in its lattice.
public struct ProviderID: Identifier {
  /// The id as it stands on the wire.
  public let rawValue: String
  /// Creates an id without checking it.
  ///
  /// - Parameter rawValue: The id as it stands on the wire.
  public init(_ rawValue: String) { self.rawValue = rawValue }
}

/// The name of an application, unique in its lattice.
public struct ApplicationName: Identifier {
  /// The name as it stands in the manifest.
  public let rawValue: String
  /// Creates a name without checking it.
  ///
  /// - Parameter rawValue: The name as it stands in the manifest.
  public init(_ rawValue: String) { self.rawValue = rawValue }
}

/// The name of a policy, unique among the policies of a lattice.
public struct PolicyName: Identifier {
  /// The name as it stands in the manifest.
  public let rawValue: String
  /// Creates a name without checking it.
  ///
  /// - Parameter rawValue: The name as it stands in the manifest.
  public init(_ rawValue: String) { self.rawValue = rawValue }
}

/// The name of a named config in its lattice: one NATS token.
public struct ConfigName: Identifier {
  /// The name as it stands on the wire.
  public let rawValue: String
  /// Creates a name without checking it.
  ///
  /// - Parameter rawValue: The name as it stands on the wire.
  public init(_ rawValue: String) { self.rawValue = rawValue }
}

/// The git commit that a desired state came from: forty hexadecimal digits, or `worktree`.
public struct Revision: Identifier {
  /// The commit id.
  public let rawValue: String
  /// Creates a revision without checking it.
  ///
  /// - Parameter rawValue: The commit id.
  public init(_ rawValue: String) { self.rawValue = rawValue }

  /// What stands for files on disk, which no commit holds.
  public static let worktree: Revision = "worktree"

  /// The first seven digits, for people.
  public var short: String { self == .worktree ? rawValue : String(rawValue.prefix(7)) }
}
