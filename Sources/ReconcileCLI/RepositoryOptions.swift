import ConfigurationModel
import DesiredSources
import GitSource
public import OptionParsing
public import Signatures

/// The options of one repository, which are the keys of an entry of `repositories:` too.
enum RepositoryOptions {
  static let url = OptionSpec<RepositoryConfiguration>(
    \.url, "repo", environment: "RECONCILE_REPO", file: "url", section: git, value: "folder",
    "The repository: a folder, or an address of https:// or ssh://")
  static let path = OptionSpec<RepositoryConfiguration>(
    \.path, "path", environment: "RECONCILE_PATH", file: "path", section: git, value: "path",
    "The folder or file of the manifests, from where you stand in the repository, or a pattern: "
      + "'clusters/*/apps'")

  static let overlays = OptionSpec<RepositoryConfiguration>(
    \.overlays, "overlay", environment: "RECONCILE_OVERLAYS", file: "overlays", section: git,
    value: "path", range: "16 at most", where: { $0.count <= 16 },
    "A folder or file of what is laid over the manifests, field by field; may be given several times, "
      + "the lowest first")

  /// What every command takes.
  static let common = [url, reference, path, overlays] + RemoteOptions.all
  /// What plans depend on.
  static let planning = common + [prune, allowNonFastForward] + signatures
  /// What the controller takes.
  static let all = common + [prune, interval, staleAfter, allowNonFastForward] + signatures
  /// The keys of an entry of the file.
  static let ofFile =
    fileOnly
    + (ForgeOptions.all + ForgeOptions.ofStatuses).map { OptionSpec($0, within: \.forge) } + all

  private static let git = "Git"

  static let reference = OptionSpec<RepositoryConfiguration>(
    \.reference, "ref", environment: "RECONCILE_REF", file: "ref", section: git, value: "name",
    "What to read: a branch, a tag, a commit, HEAD, or the highest version: 'semver:>=1.2 <2'")
  static let prune = OptionSpec<RepositoryConfiguration>(
    \.prune, "prune", file: "prune", section: git,
    "Remove what no manifest asks for; where there is no terminal to ask on, nothing is asked")
  static let allowNonFastForward = OptionSpec<RepositoryConfiguration>(
    \.allowNonFastForward, "allow-non-fast-forward", file: "allowNonFastForward", section: git,
    "Apply a commit that does not descend from the last one too, removals included")

  private static let interval = OptionSpec<RepositoryConfiguration>(
    \.interval, "interval", environment: "RECONCILE_INTERVAL", file: "interval", section: git,
    default: "1s, of an address 30s", range: "100ms or more, of an address 5s",
    where: { $0.map { $0 >= .milliseconds(100) } ?? true },
    "The time between two looks for a commit")
  private static let staleAfter = OptionSpec<RepositoryConfiguration>(
    \.staleAfter, "stale-after", environment: "RECONCILE_STALE_AFTER", file: "staleAfter",
    section: git, range: "0 or more", where: { $0 >= .zero },
    "How long git may be neither read nor followed before /readyz says so")

  private static let signatures = [
    OptionSpec<RepositoryConfiguration>(
      \.verify.mode, "verify", environment: "RECONCILE_VERIFY", file: "verify.mode", section: git,
      "What must be signed: the commit, the tag, or every commit since the last one"),
    OptionSpec(
      \.verify.allowedSigners, "allowed-signers", environment: "RECONCILE_ALLOWED_SIGNERS",
      file: "verify.allowedSigners", section: git, value: "file",
      "Who may sign with keys of ssh, as ssh-keygen reads it"),
    OptionSpec(
      \.verify.keyring, "keyring", environment: "RECONCILE_KEYRING", file: "verify.keyring",
      section: git, value: "file", "Who may sign with keys of gpg: their exported keys"),
  ]

  private static let fileOnly = [
    OptionSpec<RepositoryConfiguration>(
      \.name, "name", file: "name", "Its name in the log, in subjects and in 'suspend'"),
    OptionSpec(
      \.lattice, "for-lattice", file: "lattice", default: "the only one",
      "The lattice that it feeds"),
    OptionSpec(
      \.grants.applications, "grant-applications", file: "grants.applications",
      default: "any", "The names of applications that it may declare; * stands for anything"),
    OptionSpec(
      \.grants.images, "grant-images", file: "grants.images", default: "any",
      "The images that it may run; * stands for anything"),
    OptionSpec(
      \.grants.prune, "grant-prune", file: "grants.prune",
      "Whether anything is removed because it does not declare it any more"),
    OptionSpec(
      \.webhook.provider, "webhook-provider", file: "webhook.provider",
      "Which forge announces pushes, and how it proves itself"),
    OptionSpec(
      \.webhook.secret, "webhook-secret", file: "webhook.secret", isSecret: true,
      range: "16 bytes or more",
      where: { ($0?.utf8.count ?? .max) >= WebhookConfiguration.leastSecret },
      "What only the forge and we know: env:NAME"),
    OptionSpec(
      \.webhook.secretFile, "webhook-secret-file", file: "webhook.secretFile",
      "A file that holds the secret"),
  ]
}

extension SignaturePolicy.Mode: OptionWord {}
extension WebhookForm: OptionWord {}
