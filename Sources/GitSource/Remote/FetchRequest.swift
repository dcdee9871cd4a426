import JSONCoding

/// What the child process is told to do; the only place where secrets are, on a way that nobody else
/// sees.
struct FetchRequest: Hashable, Sendable {
  var url = ""
  /// The address for people.
  var shown = ""
  /// The folder of the mirror and all that belongs to it.
  var folder = ""
  var host = ""
  /// The host as `known_hosts` writes it.
  var knownHost = ""
  var username: String?
  var password: String?
  var sshKey: String?
  var passphrase: String?
  /// Files of servers' keys; those that are not there count for nothing.
  var knownHosts: [String] = []
  var authority: String?
  var proxy: String?
  /// The process that wants it; once that is gone, nobody does.
  var parent = 0
  /// After how many seconds it ends itself in any case.
  var seconds = 60
  /// The address space in bytes; without a bound where 0.
  var memory = 0
  /// Whether it is cloned anew, whatever is there.
  var isFresh = false

  init() {}

  var json: JSONValue {
    var members: [String: JSONValue] = [
      "url": .string(url), "shown": .string(shown), "folder": .string(folder),
      "host": .string(host), "knownHost": .string(knownHost), "seconds": .int(seconds),
      "parent": .int(parent),
      "memory": .int(memory), "isFresh": .bool(isFresh),
      "knownHosts": .array(knownHosts.map { .string($0) }),
    ]
    for (key, value) in [
      ("username", username), ("password", password), ("sshKey", sshKey),
      ("passphrase", passphrase), ("authority", authority), ("proxy", proxy),
    ] {
      if let value { members[key] = .string(value) }
    }
    return .object(members)
  }

  /// Reads what a parent has written; `nil` for anything else.
  init?(_ json: JSONValue) {
    guard let url = json["url"]?.string, let shown = json["shown"]?.string,
      let folder = json["folder"]?.string, let host = json["host"]?.string,
      let knownHost = json["knownHost"]?.string, let seconds = json["seconds"]?.int,
      let memory = json["memory"]?.int, let parent = json["parent"]?.int,
      let isFresh = json["isFresh"]?.bool
    else { return nil }
    (self.url, self.shown, self.folder, self.host) = (url, shown, folder, host)
    (self.knownHost, self.seconds, self.memory, self.isFresh) = (
      knownHost, seconds, memory, isFresh
    )
    self.parent = parent
    knownHosts = (json["knownHosts"]?.array ?? []).compactMap(\.string)
    (username, password) = (json["username"]?.string, json["password"]?.string)
    (sshKey, passphrase) = (json["sshKey"]?.string, json["passphrase"]?.string)
    (authority, proxy) = (json["authority"]?.string, json["proxy"]?.string)
  }
}

/// What a look at a repository on another machine has come to.
public struct FetchResult: Hashable, Sendable {
  /// How many branches and tags it has.
  public var references = 0
  /// Whether anything was different from what was fetched before.
  public var hasChanged = false
  /// Whether the mirror is twice as large as it was when it was cloned, or in many pieces.
  public var isGrown = false

  var json: JSONValue {
    [
      "references": .int(references), "hasChanged": .bool(hasChanged), "isGrown": .bool(isGrown),
    ]
  }

  init() {}

  /// Reads what a child has written: a result, or why there is none; `nil` for anything else.
  static func reading(_ bytes: [UInt8]) -> Result<FetchResult, RemoteFailure>? {
    guard let json = try? JSONValue(parsing: bytes, maxDepth: 4) else { return nil }
    if let kind = json["kind"]?.string.flatMap(RemoteFailure.Kind.init) {
      return .failure(
        RemoteFailure(
          kind, json["detail"]?.string ?? "it does not say why", remedy: json["remedy"]?.string))
    }
    guard let references = json["references"]?.int, let hasChanged = json["hasChanged"]?.bool,
      let isGrown = json["isGrown"]?.bool
    else { return nil }
    var result = FetchResult()
    (result.references, result.hasChanged, result.isGrown) = (references, hasChanged, isGrown)
    return .success(result)
  }
}

extension RemoteFailure {
  var json: JSONValue {
    var members: [String: JSONValue] = ["kind": .string(kind.rawValue), "detail": .string(detail)]
    if let remedy { members["remedy"] = .string(remedy) }
    return .object(members)
  }
}
