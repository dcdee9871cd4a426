import ConfigurationModel
import DesiredSources
import Diagnostics
import Digests
import Forges
import HTTPRequesting
import OptionParsing
import ReconcileLoop

/// Whether a plan is put on a pull request, and on which.
struct CommentOptions: OptionGroup {
  var isWanted = false
  var number: Int?
  var forge = ForgeConfiguration()

  static let comment = OptionSpec<Self>(
    \.isWanted, "comment", section: "Forge",
    "Put the plan on the pull request too, into the one comment that is kept up to date")
  static let options =
    [
      comment,
      OptionSpec(
        \.number, "pull-request", section: "Forge", value: "number", default: "the job's",
        range: "1 or more", where: { $0.map { $0 > 0 } ?? true },
        "The pull request, or merge request"),
    ] + including(\.forge, ForgeOptions.all, file: "repositories")

  /// Puts a text on the pull request.
  ///
  /// - Parameters:
  ///   - text: The text, in Markdown.
  ///   - settings: What was compared: lattice and path tell comments of one pull request apart.
  ///   - context: Where jobs say what they are for.
  /// - Returns: Where people find it.
  /// - Throws: `ForgeError`.
  func put(
    _ text: String, of settings: PassConfiguration, in context: CommandContext
  ) async throws(ForgeError) -> String {
    let job = ForgeJob(in: context.environment)
    let (forge, number) = try job.target(forge, number: number)
    var token = await self.forge.lookUpToken()
    if self.forge.token == nil {
      guard let own = job.token else {
        throw .incomplete(
          what: "no token is given for the forge",
          remedy: "give --forge-token, such as env:NAME, or the variable \(job.tokenName)")
      }
      token = .success(own)
    }
    var options = HTTPClientOptions()
    options.authority = self.forge.authority
    options.answerBytes = 16 << 20
    return try await PullRequest(
      number, of: forge, token: try token.get(), by: HTTPClient(options)
    ).comment(text, marker: Self.marker(settings))
  }

  /// What tells the comment from others, those of other lattices and folders included.
  static func marker(_ settings: PassConfiguration) -> String {
    let layers = [settings.source.path] + settings.source.overlays
    let digest = SHA256Digest.of(Array(layers.joined(separator: "\n").utf8)).prefixHex(12)
    return "reconcile diff of lattice \(settings.lattice), manifests \(digest)"
  }
}

/// What the job of a forge says in its environment; pure.
struct ForgeJob {
  private(set) var kind: ForgeKind?
  private(set) var url: String?
  private(set) var project: String?
  private(set) var number: Int?
  /// The token that the job was given, in the variable that is usual there.
  private(set) var token: String?
  /// The name of that variable.
  private(set) var tokenName = "GITHUB_TOKEN"

  init(in environment: [String: String]) {
    func value(_ names: String...) -> String? {
      names.lazy.compactMap { environment[$0] }.first { !$0.isEmpty }
    }
    if environment["GITLAB_CI"] == "true" {
      kind = .gitlab
      (url, project) = (
        value("CI_SERVER_URL"), value("CI_MERGE_REQUEST_PROJECT_PATH", "CI_PROJECT_PATH")
      )
      number = value("CI_MERGE_REQUEST_IID").flatMap { Int($0) }
      tokenName = "GITLAB_TOKEN"
    } else if environment["GITHUB_ACTIONS"] == "true" || environment["GITEA_ACTIONS"] == "true" {
      kind =
        environment["FORGEJO_ACTIONS"] == "true"
        ? .forgejo : environment["GITEA_ACTIONS"] == "true" ? .gitea : .github
      (url, project) = (value("GITHUB_SERVER_URL"), value("GITHUB_REPOSITORY"))
      number = value("GITHUB_REF").flatMap(Self.number)
    }
    token = value(tokenName)
  }

  /// The number in `refs/pull/7/merge`.
  private static func number(in reference: String) -> Int? {
    let parts = reference.split(separator: "/")
    guard parts.count == 4, parts[0] == "refs", parts[1] == "pull" else { return nil }
    return Int(parts[2])
  }

  /// Returns the project and the pull request: as given, and where that says nothing, the job's.
  ///
  /// What the job says of another kind of forge than the given one counts for nothing.
  func target(
    _ given: ForgeConfiguration, number: Int?
  ) throws(ForgeError) -> (forge: Forge, number: Int) {
    guard let kind = given.kind ?? self.kind else {
      throw .incomplete(
        what: "nothing says which forge the pull request is on",
        remedy: "give --forge: " + ForgeKind.allCases.map(\.rawValue).joined(separator: ", "))
    }
    let isOurs = given.kind == nil || given.kind == self.kind
    guard let url = given.url ?? (isOurs ? self.url : nil) ?? kind.usualURL else {
      throw .incomplete(
        what: "a forge of this kind has no usual address", remedy: "give --forge-url")
    }
    guard let project = given.project ?? (isOurs ? self.project : nil) else {
      throw .incomplete(
        what: "nothing says which project the pull request is of",
        remedy: "give --forge-project, such as owner/name")
    }
    guard let number = number ?? (isOurs ? self.number : nil) else {
      throw .incomplete(
        what: "nothing says which pull request the plan is for",
        remedy: "give --pull-request, or run in a job that is for one")
    }
    return (Forge(kind, at: url, project: project), number)
  }
}
