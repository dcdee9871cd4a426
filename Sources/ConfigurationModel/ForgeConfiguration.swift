public import Forges
public import GitSource
import ServiceRuntime

/// The forge that hears how commits stand, or where a pull request is commented on.
public struct ForgeConfiguration: Hashable, Sendable {
  /// Which kind it is; `nil` where no forge is told anything.
  public var kind: ForgeKind?
  /// Where people find it; of GitHub and GitLab the one that most use where `nil`.
  public var url: String?
  /// The project's path there.
  public var project: String?
  /// Where its token is.
  public var token: SecretSource?
  /// What names of statuses begin with.
  public var context = "reconcile"
  /// Where there is more to see, for whoever looks at a status.
  public var target: String?
  /// The certificates of authorities that are trusted in place of the system's.
  public var authority: String?

  /// Creates the configuration of none.
  public init() {}

  /// The project, where all that is needed is given.
  public var forge: Forge? {
    guard let kind, let url = url ?? kind.usualURL, let project else { return nil }
    return Forge(kind, at: url, project: project)
  }

  /// Looks the token up, off the shared pool.
  ///
  /// - Returns: The token, or why there is none.
  public func lookUpToken() async -> Result<String, ForgeError> {
    guard let token else { return .failure(.noToken("no token is given for the forge")) }
    return await onOwnThread {
      do throws(RemoteFailure) {
        return .success(try token.secret("the forge's token"))
      } catch {
        return .failure(.noToken(error.detail))
      }
    }
  }

  /// Which key is missing or too many, in which words, and what can be done.
  var contradiction: (key: String, message: String, remedy: String)? {
    guard let kind else {
      let isEmpty = url == nil && project == nil && token == nil
      return isEmpty
        ? nil
        : (
          "forge.kind", "a forge is given, and not which kind it is",
          "write one of " + ForgeKind.allCases.map(\.rawValue).joined(separator: ", ")
        )
    }
    if url == nil, kind.usualURL == nil {
      return ("forge.url", "a forge of this kind has no usual address", "write its address")
    }
    if project == nil {
      return ("forge.project", "a forge is given without a project", "write 'owner/name'")
    }
    if token == nil {
      return (
        "forge.token", "a forge is given without a token, and takes nothing from strangers",
        "write the path of a file, or 'env:NAME'"
      )
    }
    return nil
  }
}
