import DesiredSources
import Diagnostics
import LatticeModel
import NATSTransport
import PlanExecution
import ConfigurationModel
import ServiceRuntime
import Signatures
import Testing

@Suite("Configuration of the process")
struct ProcessConfigurationTests {
  struct Fault: Sendable, CustomTestStringConvertible {
    var code: ConfigurationCode
    var key: String
    var isError = true
    var apply: @Sendable (inout ProcessConfiguration) -> Void
    var testDescription: String { "\(code) at \(key)" }
  }

  static let faults = [
    Fault(code: .invalidName, key: "name") { $0.repositories[0].name = "Shop" },
    Fault(code: .invalidName, key: "name") { configuration in
      configuration.lattices[0].name = "v1"
      configuration.repositories[0].lattice = "v1"
    },
    Fault(code: .duplicateName, key: "name") { configuration in
      configuration.repositories.append(configuration.repositories[0])
      configuration.repositories[1].lattice = "second"
    },
    Fault(code: .duplicateName, key: "name") { $0.lattices[1].name = "default" },
    Fault(code: .invalidName, key: "wireName") { $0.lattices[0].wireName = "v1" },
    Fault(code: .duplicateName, key: "wireName") { $0.lattices[1].wireName = "default" },
    Fault(code: .contradiction, key: "stateDir") { configuration in
      configuration = Self.apart
      configuration.lattices[0].stateDirectory = "/var/lib/reconcile"
      configuration.lattices[1].stateDirectory = "/var/lib/reconcile"
    },
    Fault(code: .unknownLattice, key: "lattice") { $0.repositories[0].lattice = "defautl" },
    Fault(code: .sharedLattice, key: "lattice") { configuration in
      configuration.repositories.append(configuration.repositories[0])
      configuration.repositories[1].name = "other"
    },
    Fault(code: .unusedLattice, key: "name", isError: false) { $0.lattices[1].name = "third" },
    Fault(code: .contradiction, key: "verify.mode") { $0.repositories[0].verify.mode = .head },
    Fault(code: .contradiction, key: "webhook.provider") {
      $0.repositories[0].webhook.provider = .github
    },
    Fault(code: .contradiction, key: "webhook.provider") {
      $0.repositories[0].webhook.secretFile = "secret"
    },
    Fault(code: .contradiction, key: "grants.prune") {
      $0.repositories[0].prune = true
      $0.repositories[0].grants.prune = false
    },
    Fault(code: .contradiction, key: "webhook.secretFile") {
      let webhook = $0.repositories[0].webhook
      $0.repositories[0].webhook = webhook.with(.github, secret: "a", file: "b")
    },
    Fault(code: .contradiction, key: "webhook.provider", isError: false) {
      let webhook = $0.repositories[0].webhook
      $0.repositories[0].webhook = webhook.with(.github, secret: "a", file: nil)
    },
    Fault(code: .contradiction, key: "verify.mode") {
      $0.repositories[0].verify.keyring = "keys.asc"
    },
    Fault(code: .contradiction, key: "nkey") { configuration in
      configuration.lattices[0].credentials = "a"
      configuration.lattices[0].nkey = "b"
    },
    Fault(code: .contradiction, key: "tls.key") { $0.lattices[0].tlsKey = "a" },
    Fault(code: .contradiction, key: "tls.cert") { $0.lattices[0].tlsCertificate = "a" },
    Fault(code: .contradiction, key: "failureDetection.silence") {
      $0.lattices[0].failureDetection.silence = .seconds(2)
    },
    Fault(code: .notThereYet, key: "reconnect") { $0.lattices[0].reconnect = .preferOriginal },
    Fault(code: .nothingConfigured, key: "repositories") { $0.repositories = [] },
    Fault(code: .nothingConfigured, key: "lattices") { $0.lattices = [] },
  ]

  /// Two lattices, each with its repository.
  static var pair: ProcessConfiguration {
    var configuration = ProcessConfiguration()
    var repository = RepositoryConfiguration()
    repository.name = "second"
    repository.lattice = "second"
    configuration.repositories.append(repository)
    var lattice = LatticeConfiguration()
    lattice.name = "second"
    configuration.lattices.append(lattice)
    return configuration
  }

  /// Two lattices of one name, on servers of their own.
  static var apart: ProcessConfiguration {
    var configuration = pair
    configuration.lattices[1].wireName = "default"
    configuration.lattices[1].servers = ["nats://second:4222"]
    return configuration
  }

  @Test("the defaults, and two lattices with a repository each, have nothing wrong with them")
  func sound() {
    #expect(ProcessConfiguration().validate().isEmpty)
    #expect(Self.pair.validate().isEmpty)
    #expect(Self.apart.validate().isEmpty)
  }

  @Test("one server may have lattices of one name in several accounts")
  func accounts() {
    var configuration = Self.apart
    configuration.lattices[1].servers = configuration.lattices[0].servers
    configuration.lattices[1].credentials = "/run/second.creds"
    #expect(configuration.validate().isEmpty)
  }

  @Test("a lattice with a name of its own on the wire is commanded by that, and told by its name")
  func wireName() throws {
    let configuration = Self.apart
    #expect(configuration.pass(of: configuration.repositories[1])?.lattice == "default")
    #expect(configuration.controllers.map(\.lattice) == ["default", "second"])
    #expect(configuration.controllers.map(\.pass.lattice) == ["default", "default"])
  }

  @Test("each fault is found where it is", arguments: faults)
  func validation(_ fault: Fault) throws {
    var configuration =
      fault.code == .duplicateName || fault.code == .unusedLattice
      ? Self.pair : ProcessConfiguration()
    fault.apply(&configuration)
    let findings = configuration.validate { place in
      place.key == fault.key ? SourcePosition(path: "here", line: 1, column: 1) : nil
    }
    let found = findings.contains { finding in
      finding.code == fault.code.code && finding.location?.path == "here"
        && (finding.severity == .error) == fault.isError
    }
    #expect(found, "\(findings)")
  }

  @Test("a pass is told of its repository and its lattice")
  func pass() throws {
    var configuration = Self.pair
    configuration.holder = "me"
    configuration.repositories[1].url = "/srv/git"
    configuration.repositories[1].prune = true
    configuration.lattices[1].servers = ["nats://second:4222"]
    configuration.lattices[1].perHost = 3
    let pass = try #require(configuration.pass(of: configuration.repositories[1]))
    #expect(pass.source.repository == "/srv/git" && pass.prune && pass.lattice == "second")
    #expect(pass.nats.servers == ["nats://second:4222"])
    #expect(pass.execution.perHost == 3 && pass.holder == "me")
    configuration.repositories[1].lattice = "third"
    #expect(configuration.pass(of: configuration.repositories[1]) == nil)
  }

  @Test("a change names what is new, gone and different, and nothing else")
  func change() {
    let old = Self.pair
    #expect(changes(from: old, to: old).isEmpty)
    var new = old
    new.repositories[0].reference = "main"
    new.repositories[1].name = "third"
    new.lattices.append(LatticeConfiguration())
    new.lattices[2].name = "third"
    new.lattices[1].failureDetection.probe = .zero
    new.listen = ListenAddress("[::1]:9090")
    new.shutdownGrace = .seconds(5)
    let change = changes(from: old, to: new)
    #expect(change.repositories.added == ["third"])
    #expect(change.repositories.removed == ["second"])
    #expect(change.repositories.changed == ["default"])
    #expect(change.lattices.added == ["third"])
    #expect(change.lattices.removed.isEmpty)
    #expect(change.lattices.changed == ["second"])
    #expect(change.needRestart == ["listen"])
  }

  @Test("an order of entries is no change")
  func order() {
    var reversed = Self.pair
    reversed.repositories.reverse()
    reversed.lattices.reverse()
    #expect(changes(from: Self.pair, to: reversed).isEmpty)
  }
}

extension WebhookConfiguration {
  fileprivate func with(_ provider: WebhookForm, secret: String?, file: String?) -> Self {
    var webhook = self
    (webhook.provider, webhook.secret, webhook.secretFile) = (provider, secret, file)
    return webhook
  }
}
