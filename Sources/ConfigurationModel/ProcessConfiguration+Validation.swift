import DesiredSources
public import Diagnostics
import LatticeModel
import Signatures
import TextForms

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
      + lattices.indices.map { index in
        let isFed = repositories.contains { $0.lattice == lattices[index].name }
        return (
          ConfigurationPlace.Owner.lattice(index),
          lattices[index].rules(after: lattices[..<index], isFed: isFed)
        )
      } + [(.process, rules)]
    return all.flatMap { owner, rules in
      rules.filter(\.applies).map { rule in
        Diagnostic(
          rule.code.code, rule.severity, rule.message, remedy: rule.remedy,
          at: position(ConfigurationPlace(owner, rule.key)))
      }
    }.sorted()
  }

  private var rules: [ConfigurationRule] {
    [
      ConfigurationRule(
        "repositories", .nothingConfigured, if: repositories.isEmpty, "there are no repositories",
        "add one, or leave the key out"),
      ConfigurationRule(
        "lattices", .nothingConfigured, if: lattices.isEmpty, "there are no lattices",
        "add one, or leave the key out"),
    ]
  }

  private func rules(ofRepository index: Int) -> [ConfigurationRule] {
    let repository = repositories[index]
    let earlier = repositories[..<index]
    let rival = earlier.first { $0.lattice == repository.lattice }?.name
    let known = lattices.map(\.name.rawValue)
    let nearest = nearestWord(to: repository.lattice.rawValue, in: known)
    let name = escapingControlCharacters(repository.name)
    let lattice = escapingControlCharacters(repository.lattice.rawValue)
    return [
      ConfigurationRule(
        "name", .invalidName, if: !isDNSLabel(repository.name),
        "'\(name)' is no name for a repository",
        "write \(dnsLabelRule)"),
      ConfigurationRule(
        "name", .duplicateName, if: earlier.contains { $0.name == repository.name },
        "two repositories have the name '\(name)'", "give one of them another name"),
      ConfigurationRule(
        "interval", .invalidValue, if: repository.isRemote && repository.pace < .seconds(5),
        "'\(name)' would be asked of its server more often than every 5s",
        "write 5s or more, and have a push told on "
          + "'reconcile.trigger.\(lattice).\(name)'"),
      ConfigurationRule(
        "lattice", .unknownLattice, if: !known.contains(repository.lattice.rawValue),
        "the repository '\(name)' is for the lattice '\(lattice)', which is not configured",
        nearest.map { "write '\($0)'" }
          ?? "add it to 'lattices', or name one of those: \(named(known))"),
      ConfigurationRule(
        "lattice", .sharedLattice, if: rival != nil,
        "the repositories '\(escapingControlCharacters(rival ?? ""))' and '\(name)' are both for the "
          + "lattice '\(lattice)'", "declare its applications in one repository and path"),
      ConfigurationRule(
        "verify.mode", .contradiction, if: repository.verify.contradiction != nil,
        "repository '\(name)': " + (repository.verify.contradiction?.message ?? ""),
        repository.verify.contradiction?.remedy ?? ""),
      ConfigurationRule(
        "grants.prune", .contradiction, if: repository.prune && !repository.grants.prune,
        "the repository '\(name)' has 'prune', which its grants forbid", "keep one of them"),
      ConfigurationRule(
        repository.webhook.contradiction?.key ?? "", .contradiction,
        if: repository.webhook.contradiction != nil,
        "repository '\(name)': " + (repository.webhook.contradiction?.message ?? ""),
        repository.webhook.contradiction?.remedy ?? ""),
      ConfigurationRule(
        repository.forge.contradiction?.key ?? "", .contradiction,
        if: repository.forge.contradiction != nil,
        "repository '\(name)': " + (repository.forge.contradiction?.message ?? ""),
        repository.forge.contradiction?.remedy ?? ""),
      ConfigurationRule(
        "webhook.provider", .contradiction, .warning,
        if: repository.webhook.provider != nil && listen == nil,
        "repository '\(name)' takes webhooks, and nothing is served", "say where with 'listen'"),
    ]
  }
}

/// What may be wrong with one value.
struct ConfigurationRule {
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
