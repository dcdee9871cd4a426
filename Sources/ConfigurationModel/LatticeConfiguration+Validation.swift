import Diagnostics
import LatticeModel
import NATSTransport
import TextForms

extension LatticeConfiguration {
  /// What may be wrong with the lattice, among others and by itself.
  ///
  /// - Parameters:
  ///   - earlier: Those that stand before it in the configuration.
  ///   - isFed: Whether a repository is for it.
  /// - Returns: All rules, whether they apply or not.
  func rules(
    after earlier: ArraySlice<LatticeConfiguration>, isFed: Bool
  ) -> [ConfigurationRule] {
    let name = escapingControlCharacters(self.name.rawValue)
    let isSecond = earlier.contains { $0.name == self.name }
    let twin = earlier.first { $0.isReached(as: self) }
    let neighbour = earlier.first {
      $0.nameOnWire == nameOnWire && $0.stateDirectory == stateDirectory && stateDirectory != nil
    }
    let wireName = escapingControlCharacters(nameOnWire.rawValue)
    return [
      ConfigurationRule(
        "name", .invalidName, if: !self.name.isValid, "'\(name)' is no name for a lattice",
        "write letters, digits, '-' and '_'; 'v1' cannot be told from the control interface"),
      ConfigurationRule(
        "name", .duplicateName, if: isSecond, "two lattices have the name '\(name)'",
        "give one of them another name; 'wireName' says which one its hosts know"),
      ConfigurationRule(
        "wireName", .invalidName, if: self.wireName.map { !$0.isValid } ?? false,
        "'\(wireName)' is no name for a lattice",
        "write letters, digits, '-' and '_'; 'v1' cannot be told from the control interface"),
      ConfigurationRule(
        "wireName", .duplicateName, if: !isSecond && twin != nil,
        "the lattices '\(escapingControlCharacters(twin?.name.rawValue ?? ""))' and '\(name)' are "
          + "one: both are '\(wireName)' on the same server", "keep one of them"),
      ConfigurationRule(
        "stateDir", .contradiction, if: !isSecond && neighbour != nil,
        "the lattices '\(escapingControlCharacters(neighbour?.name.rawValue ?? ""))' and '\(name)' "
          + "would keep one record: both are '\(wireName)' and have the same 'stateDir'",
        "give each a folder of its own, or leave it out"),
      ConfigurationRule(
        "name", .unusedLattice, .warning, if: !isFed,
        "no repository is for the lattice '\(name)'",
        "name it as the lattice of a repository, or remove it"),
    ] + ownRules
  }

  /// Whether another entry is the same lattice: one name, on one server, in one account.
  private func isReached(as other: LatticeConfiguration) -> Bool {
    nameOnWire == other.nameOnWire && !Set(servers).isDisjoint(with: other.servers)
      && credentials == other.credentials && nkey == other.nkey
  }

  /// What may be wrong with the lattice by itself.
  private var ownRules: [ConfigurationRule] {
    let least = formatDuration(failureDetection.probe * 3)
    let waysIn = [
      credentials.map { _ in "creds" }, nkey.map { _ in "nkey" }, user.map { _ in "natsUser" },
      tokenFile.map { _ in "natsTokenFile" },
    ].compactMap { $0 }
    let domain = jetStreamDomain ?? "x"
    return [
      ConfigurationRule(
        waysIn.last ?? "nkey", .contradiction, if: waysIn.count > 1,
        "a lattice has both \(waysIn.prefix(2).map { "'\($0)'" }.joined(separator: " and "))",
        "keep one of them; a credentials file holds a seed of its own"),
      ConfigurationRule(
        "natsPasswordFile", .contradiction, if: passwordFile != nil && user == nil,
        "'natsPasswordFile' is given without 'natsUser'", "give both"),
      ConfigurationRule(
        "inboxPrefix", .invalidName, if: !NATSSubject.isPublishable(inboxPrefix),
        "'\(escapingControlCharacters(inboxPrefix))' is nothing that a subject can begin with",
        "write tokens with dots between them, without spaces and wildcards"),
      ConfigurationRule(
        "controlPrefix", .invalidName, if: !NATSSubject.isPublishable(controlPrefix),
        "'\(escapingControlCharacters(controlPrefix))' is nothing that a subject can begin with",
        "write what the hosts have as --ctl-topic-prefix, such as wasmbus.ctl"),
      ConfigurationRule(
        "jsDomain", .invalidName, if: !NATSSubject.isPublishable(domain) || domain.contains("."),
        "'\(escapingControlCharacters(domain))' is no JetStream domain",
        "write one token, as the server has it as 'domain'"),
      ConfigurationRule(
        tlsCertificate == nil ? "tls.key" : "tls.cert", .contradiction,
        if: (tlsCertificate == nil) != (tlsKey == nil),
        "only one of 'tls.cert' and 'tls.key' is given", "give both"),
      ConfigurationRule(
        "failureDetection.silence", .contradiction,
        if: failureDetection.silence < failureDetection.probe * 3,
        "a host would be lost after \(formatDuration(failureDetection.silence)) of silence, which "
          + "is less than three probes", "write \(least) or more, or probe more often"),
      ConfigurationRule(
        "reconnect", .notThereYet, if: reconnect == .preferOriginal,
        "'preferOriginal' is not there yet", "write 'keepReplacement'"),
    ]
  }
}
