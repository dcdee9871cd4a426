import ConfigurationModel
public import GitSource
public import OptionParsing

/// How a repository on another machine is reached; keys of an entry of `repositories:` too.
extension RemoteOptions {
  static let all: [OptionSpec<RepositoryConfiguration>] = [
    secret(
      \.remote.token, "git-token", "auth.token", "The token that https:// is told"),
    option(
      \.remote.username, "git-username", "auth.username", "name",
      "The user that https:// is told, or ssh:// where the address names none"),
    secret(\.remote.password, "git-password", "auth.password", "The password of that user"),
    option(
      \.remote.authority, "git-ca", "auth.ca", "file",
      "The certificate of the server's authority, in place of the system's"),
    option(\.remote.sshKey, "git-ssh-key", "auth.sshKey", "file", "The private key for ssh://"),
    secret(
      \.remote.sshPassphrase, "git-ssh-passphrase", "auth.sshPassphrase", "What opens that key"),
    option(
      \.remote.knownHosts, "git-known-hosts", "auth.knownHosts", "file",
      default: "~/.ssh/known_hosts and /etc/ssh/ssh_known_hosts", "The keys of ssh servers"),
    OptionSpec(
      \.remote.proxy, "git-proxy", environment: "RECONCILE_GIT_PROXY", file: "proxy",
      section: section, value: "url", range: "an address of http://",
      where: { $0.map { $0.hasPrefix("http://") } ?? true },
      "The proxy between us and https://"),
    OptionSpec(
      \.remote.timeout, "fetch-timeout", environment: "RECONCILE_FETCH_TIMEOUT",
      file: "fetchTimeout", section: section, range: "1s or more", where: { $0 >= .seconds(1) },
      "How long a look at it, or a fetch, may take"),
  ]

  /// The keys of the file that say where a secret is.
  static let secretKeys = Set(all.filter(\.info.isSecret).compactMap(\.info.fileKey))
    .union(ForgeOptions.secretKeys)

  private static let section = "Git over a network"

  private static func option<Value: OptionValue>(
    _ path: any WritableKeyPath<RepositoryConfiguration, Value> & Sendable, _ name: String,
    _ key: String, _ value: String, default standard: String? = nil, _ sentence: String
  ) -> OptionSpec<RepositoryConfiguration> {
    OptionSpec(
      path, name, environment: variable(name), file: key, section: section, value: value,
      default: standard, sentence)
  }

  /// What is never shown where it cannot be read: it may be the secret itself.
  private static func secret(
    _ path: any WritableKeyPath<RepositoryConfiguration, SecretSource?> & Sendable,
    _ name: String, _ key: String, _ sentence: String
  ) -> OptionSpec<RepositoryConfiguration> {
    OptionSpec(
      path, name, environment: variable(name), file: key, section: section, isSecret: true,
      sentence)
  }

  private static func variable(_ name: String) -> String {
    "RECONCILE_" + name.uppercased().replacing("-", with: "_")
  }
}

extension SecretSource: OptionValue {
  /// Where it is looked up.
  public static var valueName: String? { "file|env:NAME" }
  /// A path or the name of a variable.
  public static var expectation: String? {
    "a file such as /run/secrets/token, or env:NAME for a variable that holds it"
  }
  /// Reads where it is looked up.
  ///
  /// - Parameter text: The text as given.
  /// - Returns: The place, or `nil` for what may be the secret itself.
  public static func parse(_ text: String) -> SecretSource? { SecretSource(text) }
  /// The place itself.
  public var optionText: String? { description }
}
