import ConfigurationModel
import Diagnostics
import GitSource
import Foundation
import LatticeModel
import OptionParsing
import ReconcileTestKit
import Testing

@testable import ReconcileCLI

@Suite("Configuration of the controller")
struct ConfigurationTests {
  /// Every key once, nothing at its default.
  static let whole = """
    listen: 127.0.0.1:9090
    holder: blue
    logLevel: debug
    logFormat: json
    shutdownGrace: 10s
    repositories:
      - name: shop
        lattice: edge
        url: /srv/git/shop
        ref: main
        path: apps
        overlays: [sites/eu, sites/eu/berlin]
        prune: true
        interval: 5s
        allowNonFastForward: true
        verify: {mode: range, allowedSigners: signers, keyring: keys.asc}
        webhook: {provider: github, secret: env:HOOK}
        forge: {kind: gitea, url: "https://git.test", project: a/b, token: /run/forge, ca: ca.pem,
          context: ours, target: "https://look.test"}
        grants: {applications: [shop*, pay], images: ["ghcr.io/*"], prune: true}
      - {name: blog, lattice: cloud}
    lattices:
      - name: edge
        nats: [nats://one:4222, nats://two:4222]
        creds: /run/edge.creds
        tls: {ca: ca.pem, cert: cert.pem, key: key.pem}
        inboxPrefix: _MINE
        controlPrefix: acme.ctl
        jsDomain: hub
        recordReplicas: 3
        recordMaxBytes: 2097152
        recordStorage: memory
        systemNats: [nats://one:4222]
        systemCreds: /run/system.creds
        expectHosts: 30
        discoverTimeout: 3s
        failureDetection: {probe: 0, silence: 45s, heartbeatTimeout: 90s, maxErrors: 3}
        site: zone
        resync: 2m
        mode: observe
        commandsInFlight: 8
        perHost: 2
        stateDir: /var/lib/reconcile
      - name: cloud
        wireName: default
        nats: env:CLOUD_NATS
        nkey: "a: b"

    """

  func settings(
    _ file: String? = nil, _ arguments: [String] = [], _ environment: [String: String] = [:]
  ) throws -> SourcedConfiguration {
    let folder = FileManager.default.temporaryDirectory.path + "/reconcile-" + UUID().uuidString
    defer { removeFolder(folder) }
    let path = "\(folder)/reconcile.yaml"
    if let file { try writeFile(path, file) }
    let environment = environment.merging(["RECONCILE_HOLDER": "me"]) { first, _ in first }
    let (command, sources) = try controller(
      (file == nil ? [] : ["--config", path]) + arguments, environment)
    do {
      return try SourcedConfiguration(command, sources: sources, environment: environment)
    } catch {
      throw Refusal(text: report(error).replacing(folder + "/", with: ""))
    }
  }

  /// The controller's command as a command line gives it.
  func controller(
    _ arguments: [String], _ environment: [String: String] = [:]
  ) throws -> (ControllerCommand, [String: ValueSource]) {
    let invocation = try ReconcileCommand.table.parse(
      ["controller"] + arguments, environment: environment)
    guard case .run(let parsed) = invocation, let command = parsed.command as? ControllerCommand
    else { throw Refusal(text: "no controller") }
    return (command, parsed.sources)
  }

  struct Refusal: Error { let text: String }

  func report(_ error: any DiagnosticError) -> String {
    error.diagnostics.map { $0.description + "\n" }.joined()
  }

  @Test("a file with every key is read, shown with sources, and read back as the same")
  func whole() throws {
    let secrets = ["CLOUD_NATS": "nats://user:canary@a,nats://b", "HOOK": "canary of 16 bytes"]
    let environment = secrets.merging(["RECONCILE_SITE": "site"]) { $1 }
    let first = try settings(Self.whole, ["--per-host", "7"], environment)
    let edge = first.configuration.lattices[0]
    #expect(edge.failureDetection.probe == .zero)
    #expect(edge.perHost == 7 && edge.site == "site" && edge.mode == .observe)
    #expect(first.configuration.lattices[1].servers == ["nats://user:canary@a", "nats://b"])
    let text = first.text.replacing(/file \/.*\//) { _ in "file " }
    expectGolden(text, "whole.yaml")
    #expect(!text.contains("canary"))
    let second = try settings(text, [], secrets)
    #expect(second.configuration == first.configuration)
  }

  @Test("what opens a repository stands in no file, and by a flag it is that of one repository")
  func auth() throws {
    let file = """
      repositories:
        - {name: a, url: "https://a.example/x", lattice: a, auth: {token: TOKEN}}
        - {name: b, url: "https://b.example/x", lattice: b, interval: 1s}
      lattices: [{name: a}, {name: b}]
      """
    for (token, code) in [("ghp_canary", "CFG-5"), ("canary/with+slash=", "CFG-5")] {
      let refusal = #expect(throws: Refusal.self) {
        try self.settings(file.replacing("TOKEN", with: token))
      }
      #expect(refusal?.text.contains(code) == true && refusal?.text.contains("canary") == false)
      #expect(refusal?.text.contains("every 5s") == true, "\(refusal?.text ?? "")")
    }
    let good = file.replacing("TOKEN", with: "env:CANARY").replacing("1s", with: "5s")
    let read = try self.settings(good, [], ["CANARY": "canary"])
    let repositories = read.configuration.repositories
    #expect(repositories[0].remote.token == .variable("CANARY"))
    #expect(repositories.map(\.pace) == [.seconds(30), .seconds(5)])
    #expect(read.text.contains("env:CANARY") && !read.text.contains("canary"))
    let several = #expect(throws: Refusal.self) {
      try self.settings(good, ["--git-password", "env:CANARY"])
    }
    #expect(several?.text.contains("--git-password") == true)
  }

  @Test("without a file the options describe one repository and one lattice")
  func flags() throws {
    let settings = try settings(nil, ["--repo", "/srv/git", "--lattice", "edge", "--prune"])
    let configuration = settings.configuration
    #expect(configuration.repositories.map(\.url) == ["/srv/git"])
    #expect(configuration.repositories.map(\.lattice) == ["edge"])
    #expect(configuration.repositories[0].prune)
    #expect(configuration.lattices.map(\.name) == ["edge"])
    expectGolden(settings.text, "flags.yaml")
  }

  @Test("a path that a flag names is meant from where one stands, one of the file from the root")
  func standing() throws {
    func standing(_ file: String?, _ arguments: [String]) throws -> [String?] {
      let repository = try settings(file, arguments).configuration.repositories[0]
      return [repository.standing, repository.overlayStanding]
    }
    let here = workingFolder()
    #expect(try standing(nil, ["--path", "apps"]) == [here, nil])
    #expect(try standing(nil, ["--overlay", "eu"]) == [nil, here])
    let file = "repositories: [{name: a, path: apps, overlays: [eu]}]"
    #expect(try standing(file, []) == [nil, nil])
  }

  @Test("a flag wins over its variable, that over the file, that over everybody's variable")
  func precedence() throws {
    let file = "lattices: [{name: a, nats: nats://file}]"
    let shared = ["NATS_URL": "nats://shared"]
    let own = shared.merging(["RECONCILE_NATS": "nats://own"]) { $1 }
    func servers(_ file: String?, _ arguments: [String], _ environment: [String: String]) throws
      -> [String]
    { try settings(file, arguments, environment).configuration.lattices[0].servers }
    #expect(try servers(file, ["--nats", "nats://flag"], own) == ["nats://flag"])
    #expect(try servers(file, [], own) == ["nats://own"])
    #expect(try servers(file, [], shared) == ["nats://file"])
    #expect(try servers(nil, [], shared) == ["nats://shared"])
    #expect(try servers(nil, [], [:]) == ["nats://127.0.0.1:4222"])
    #expect(try settings(nil, [], shared).text.contains("# environment NATS_URL"))
  }

  @Test("a flag holds for every entry of the file")
  func everyEntry() throws {
    let configuration = try settings(
      Self.whole, ["--mode", "observe"],
      ["CLOUD_NATS": "nats://a", "HOOK": "canary of 16 bytes"]
    ).configuration
    #expect(configuration.lattices.map(\.mode) == [.observe, .observe])
  }

  @Test("the only lattice of a file is every repository's that names none")
  func onlyLattice() throws {
    let configuration = try settings("lattices: [{name: edge}]").configuration
    #expect(configuration.repositories.map(\.lattice) == ["edge"])
    let renamed = try settings(
      "repositories: [{name: a, lattice: x}]\nlattices: [{name: x}]", ["--lattice", "y"]
    ).configuration
    #expect(renamed.repositories.map(\.lattice) == ["y"])
    let other = try settings("lattices: [{name: x, wireName: z}]", ["--lattice", "y"])
    #expect(other.configuration.lattices.map(\.nameOnWire) == ["y"])
    #expect(!other.text.contains("z"))
  }

  @Test("the annotated file of the documents is sound")
  func documented() throws {
    let file = try #require(codeBlocks(in: "docs/controller.md", language: "yaml").first)
    let settings = try settings(
      file, [], ["NATS_CREDS": "/run/nats.creds", "SHOPS_NATS": "nats://u:p@shops"])
    #expect(settings.configuration.lattices.map(\.mode) == [.reconcile, .observe])
    #expect(settings.warnings.isEmpty)
  }

  @Test("everything that is wrong with a file is in one report, and no secret is")
  func bad() throws {
    let text = """
      listne: 127.0.0.1:9090
      repository: []
      shutdownGrace: 30
      repositories:
        - name: Shop
          lattice: egde
          intervall: 5s
        - {name: two, lattice: edge, prune: yes}
        - {name: three, lattice: edge, interval: 1ms}
      lattices:
        - name: edge
          nats: nats://user:hunter2@b:4222
          creds: env:NOPE
          failureDetection: {probe: 20s, slience: 45s}
          reconnect: preferOriginal
          tls: {cert: [a]}
          site: {a: b}
        - name: v1
        - x

      """
    let refusal = #expect(throws: Refusal.self) { try settings(text) }
    let report = try #require(refusal).text
    expectGolden(report, "bad-configuration.txt")
    #expect(!report.contains("hunter2"))
  }

  @Test(
    "what cannot be a configuration is named",
    arguments: [
      ("a: [", "YAM-"), ("- a", "CFG-3"), ("a: 1\n---\nb: 2", "CFG-3"),
      ("repositories: x", "CFG-3"),
      ("repositories:", "CFG-3"), ("lattices: []", "CFG-14"), ("listen: a\nlisten: b", "YAM-"),
      ("lattices: [{name: a, nats: nats://token@host}]", "CFG-5"),
      ("repositories: [{webhook: {provider: github, secret: canary of 16 bytes}}]", "CFG-5"),
      ("repositories: [{webhook: {provider: github}}]", "CFG-12"),
      ("repositories: [{url: 'https://u:p@host/x'}]", "CFG-5"),
      (
        "repositories: [{auth: {clientCertificate: /a.pem}}]", "no certificate of a client; use ssh"
      ),
    ])
  func hopeless(_ text: String, _ code: String) throws {
    let refusal = #expect(throws: Refusal.self) { try settings(text) }
    #expect(try #require(refusal).text.contains(code))
  }

  @Test(
    "a file that says nothing is refused and never taken for the defaults",
    arguments: ["", "\n \n", "# listen: 127.0.0.1:9090\n", "---\n", "{}", "null", "~\n"])
  func empty(_ text: String) throws {
    let refusal = #expect(throws: Refusal.self) { try settings(text, ["--repo", "/srv/git"]) }
    #expect(
      try #require(refusal).text
        == "reconcile.yaml:1:1: error CFG-14: the configuration is empty; "
        + "write what is to be reconciled, or leave out --config\n")
  }

  @Test("a user without a password is fine")
  func user() throws {
    let url = "ssh://git@host/edge.git"
    let configuration = try settings("repositories: [{url: '\(url)'}]").configuration
    #expect(configuration.repositories[0].url == url)
  }

  @Test("an option that tells entries apart is refused where there are several")
  func ambiguous() throws {
    for arguments in [["--repo", "x"], ["--lattice", "x"]] {
      let refusal = #expect(throws: Refusal.self) {
        try settings(Self.whole, arguments, ["CLOUD_NATS": "nats://a"])
      }
      #expect(try #require(refusal).text.contains("CFG-15"))
    }
  }

  @Test("a file that is not there is named")
  func absent() throws {
    let (command, sources) = try controller(["--config", "/nowhere.yaml"])
    let error = #expect(throws: ConfigurationError.self) {
      try SourcedConfiguration(command, sources: sources, environment: [:])
    }
    #expect(report(try #require(error)).contains("/nowhere.yaml"))
  }

  @Test("the options of a mapping contradict each other nowhere")
  func consistency() {
    #expect(inconsistencies(in: RepositoryOptions.ofFile.map(\.info)).isEmpty)
    #expect(inconsistencies(in: LatticeOptions.ofFile.map(\.info)).isEmpty)
    #expect(inconsistencies(in: ProcessOptions.all.map(\.info)).isEmpty)
  }
}
