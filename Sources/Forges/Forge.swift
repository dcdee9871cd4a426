/// The kinds of forges.
public enum ForgeKind: String, CaseIterable, Hashable, Sendable {
  case github
  case gitlab
  case gitea
  /// As `gitea`.
  case forgejo

  /// Where it is, where there is one that most use.
  public var usualURL: String? {
    switch self {
    case .github: "https://github.com"
    case .gitlab: "https://gitlab.com"
    case .gitea, .forgejo: nil
    }
  }
}

/// A project on a forge.
public struct Forge: Hashable, Sendable {
  /// Which kind it is.
  public var kind: ForgeKind
  /// Where people find it, without a slash at the end: `https://git.example.com`.
  public var url: String
  /// The project's path there: `owner/name`, of GitLab also `group/part/name`.
  public var project: String

  /// Creates a project.
  ///
  /// - Parameters:
  ///   - kind: Which kind of forge it is on.
  ///   - url: Where people find the forge.
  ///   - project: The project's path there.
  public init(_ kind: ForgeKind, at url: String, project: String) {
    self.kind = kind
    self.url = String(url.reversed().drop { $0 == "/" }.reversed())
    self.project = project
  }

  /// Where its interface for programs is.
  var api: String {
    switch kind {
    case .github:
      url.lowercased() == "https://github.com" ? "https://api.github.com" : url + "/api/v3"
    case .gitlab: url + "/api/v4"
    case .gitea, .forgejo: url + "/api/v1"
    }
  }

  /// The project in that interface.
  var projectAPI: String {
    switch kind {
    case .gitlab: "\(api)/projects/\(percentEncoded(project, keeping: ""))"
    case .github, .gitea, .forgejo: "\(api)/repos/\(percentEncoded(project, keeping: "/"))"
    }
  }
}

/// A text as a part of a path, in which only letters, digits, `-._~` and what is kept stand as they are.
func percentEncoded(_ text: String, keeping kept: String) -> String {
  let digits = Array("0123456789ABCDEF".utf8)
  var bytes: [UInt8] = []
  for byte in text.utf8 {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
      UInt8(ascii: "_"), UInt8(ascii: "~"):
      bytes.append(byte)
    case _ where kept.utf8.contains(byte): bytes.append(byte)
    default: bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
    }
  }
  return String(decoding: bytes, as: UTF8.self)
}

/// What is said of a commit.
public struct CommitStatus: Hashable, Sendable {
  /// How it stands, the gravest last.
  public enum State: Int, Comparable, Hashable, Sendable, CaseIterable {
    /// It is being brought about.
    case pending
    /// It is as declared.
    case success
    /// Something is in the way.
    case failure
    /// What is declared cannot be read.
    case error

    /// Orders states by how much they matter.
    ///
    /// - Parameters:
    ///   - left: A state.
    ///   - right: Another state.
    /// - Returns: Whether `right` is the graver one.
    public static func < (left: State, right: State) -> Bool { left.rawValue < right.rawValue }
  }

  /// The commit, in hexadecimal digits.
  public var revision: String
  /// The name that tells it from other statuses of the commit.
  public var context: String
  /// How it stands.
  public var state: State
  /// Why, in a few words.
  public var description: String
  /// Where there is more to see.
  public var target: String?

  /// Creates a status.
  ///
  /// - Parameters:
  ///   - revision: The commit, in hexadecimal digits.
  ///   - context: The name that tells it from other statuses of the commit.
  ///   - state: How it stands.
  ///   - description: Why, in a few words.
  ///   - target: Where there is more to see.
  public init(
    of revision: String, _ context: String, _ state: State, _ description: String,
    target: String? = nil
  ) {
    self.revision = revision
    self.context = context
    self.state = state
    self.description = description
    self.target = target
  }
}
