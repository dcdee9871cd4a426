import ConfigurationModel
public import Forges
public import OptionParsing

/// How a forge is reached: keys of an entry of `repositories:`, and options of `diff --comment`.
enum ForgeOptions {
  static let all: [OptionSpec<ForgeConfiguration>] = [
    OptionSpec(
      \.kind, "forge", environment: "RECONCILE_FORGE", file: "forge.kind", section: section,
      default: "of 'diff', the one that runs the job", "Which forge is told"),
    address(
      \.url, "forge-url", "forge.url", default: "github.com or gitlab.com; the job's",
      "Where people find the forge"),
    OptionSpec(
      \.project, "forge-project", environment: "RECONCILE_FORGE_PROJECT", file: "forge.project",
      section: section, value: "owner/name", default: "the job's", range: "owner/name",
      where: { $0.map(isProject) ?? true }, "The project's path on the forge"),
    OptionSpec(
      \.token, "forge-token", environment: "RECONCILE_FORGE_TOKEN", file: "forge.token",
      section: section, default: "of 'diff', the variable that the job has for it",
      isSecret: true, "The token that the forge is told"),
    OptionSpec(
      \.authority, "forge-ca", environment: "RECONCILE_FORGE_CA", file: "forge.ca",
      section: section, value: "file",
      "The certificate of the forge's authority, in place of the system's"),
  ]

  /// What only a controller says.
  static let ofStatuses: [OptionSpec<ForgeConfiguration>] = [
    OptionSpec(
      \.context, "forge-context", file: "forge.context", section: section,
      range: "1 to 100 characters", where: { (1...100).contains($0.count) },
      "What names of statuses begin with; lattice and application follow"),
    address(\.target, "forge-target", "forge.target", "Where a status leads whoever follows it"),
  ]

  /// The keys of the file that say where a secret is.
  static let secretKeys = Set(all.filter(\.info.isSecret).compactMap(\.info.fileKey))

  private static let section = "Forge"

  private static func address(
    _ path: any WritableKeyPath<ForgeConfiguration, String?> & Sendable, _ name: String,
    _ key: String, default standard: String? = nil, _ sentence: String
  ) -> OptionSpec<ForgeConfiguration> {
    OptionSpec(
      path, name, environment: key == "forge.url" ? "RECONCILE_FORGE_URL" : nil, file: key,
      section: section, value: "url", default: standard,
      range: "an address of https:// or http://",
      where: { $0.map { $0.hasPrefix("https://") || $0.hasPrefix("http://") } ?? true }, sentence)
  }

  private static func isProject(_ text: String) -> Bool {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    return parts.count >= 2 && parts.allSatisfy { !["", ".", ".."].contains($0) }
  }
}

extension ForgeKind: OptionWord {}
