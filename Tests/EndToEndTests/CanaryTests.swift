import Foundation
import Glibc
import JSONCoding
import NATSTransport
import ReconcileTestKit
import ServiceRuntime
import Testing

/// Every secret has the word `canary` in it, and nothing else has.
@Suite("Secrets are told to nobody", .serialized)
struct CanaryTests {
  private static let users = """
    authorization { users: [{user: ann, password: "nats-canary"}] }
    """
  private static let shop = Site.application(
    update: "config: {API_KEY: config-canary}",
    more: """
        providers:
          - name: server
            image: "registry.example.com/http:1"
            config: {PASSWORD: provider-canary}
        links:
          - source: server
            target: web
            interface: "wasi:http/incoming-handler"
            values: {PORT: "80", TOKEN: link-canary}
      """)

  /// A lattice and a repository, each behind a secret, with applications full of them.
  private struct Place {
    let site: Site
    let git: GitHTTPServer
    let folder: String
    var environment: [String: String] {
      [
        "RECONCILE_NATS": "nats://ann:nats-canary@127.0.0.1:\(site.server.port)",
        "RECONCILE_REPO": git.address("shop.git", user: "bob:token-canary@"),
        "RECONCILE_GIT_CA": git.authority, "HOOK": "hook-canary-and-more", "OTHER": "other-canary",
      ]
    }

    init() async throws {
      site = try await Site(configuration: CanaryTests.users, user: "ann:nats-canary")
      folder = site.repository.folder
      git = try await GitHTTPServer(serving: folder + "/root", logins: ["*:token-canary"])
      try await site.commit(["shop": CanaryTests.shop])
      try await site.repository.git(
        "clone", "-q", "--bare", site.repository.path, folder + "/root/shop.git")
    }

    /// Runs a command; of what it says nothing is secret.
    @discardableResult
    func run(
      _ words: [String], _ extra: [String: String] = [:], status: [Int32] = [0, 2, 3],
      at place: SourceLocation = #_sourceLocation
    ) async throws -> Run {
      let run = try await site.reconcile(
        words, environment: environment.merging(extra) { $1 }, in: folder)
      let told = run.output + run.errors
      #expect(status.contains(run.status), "\(words): \(told)", sourceLocation: place)
      #expect(!told.contains("canary"), "\(words): \(told)", sourceLocation: place)
      return run
    }
  }

  @Test("neither by any command in any form, nor by what is kept on record, in plans and journals")
  func commands() async throws {
    let place = try await Place()
    let plan = place.folder + "/plan.json"
    for format in ["text", "json", "ndjson", "markdown"] {
      try await place.run(["diff", "-o", format, "--expect-hosts", "3"], status: [2])
    }
    try await place.run(["diff", "--out", plan, "--expect-hosts", "3"], status: [2])
    for format in ["text", "json", "sarif", "github"] {
      try await place.run(["validate", "-o", format])
    }
    try await place.run(["apply", "-o", "json", "--expect-hosts", "3"], status: [0])
    for words in [
      ["status"], ["history"], ["doctor"], ["adopt", "--all", "--dry-run"],
      ["suspend", "--app", "shop", "--reason", "r"], ["resume", "--app", "shop"],
      ["get", "hosts"], ["get", "actors"], ["get", "providers"], ["get", "links"],
    ] {
      for format in ["text", "json"] { try await place.run(words + ["-o", format]) }
    }
    try await place.run(["record", "export", "--no-forms"], status: [0])
    let saved: String = readFile(plan)
    #expect(!saved.contains("canary") && saved.count > 1_000)

    let store = NATSKeyValue(bucket: "RECONCILE_default", over: place.site.client)
    let hex = (0..<16).map { String($0, radix: 16) }
    var found = 0
    for key in ["format", "suspensions"]
      + ["ownership", "applied", "hosts", "history"].flatMap({ kind in hex.map { "\(kind).\($0)" } }
      )
    {
      guard let value = try await store.get(key)?.value else { continue }
      found += 1
      #expect(!String(decoding: value, as: UTF8.self).contains("canary"), "\(key)")
    }
    #expect(found > 4)
    try expectNoCanary(below: place.folder + "/.local/state/reconcile")
  }

  /// No file has one, and nobody else may read what lies there.
  private func expectNoCanary(below folder: String) throws {
    var journals = 0
    for name in try FileManager.default.subpathsOfDirectory(atPath: folder) {
      var status = stat()
      guard stat("\(folder)/\(name)", &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
        continue
      }
      let text = String(
        decoding: try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(name)")), as: UTF8.self)
      #expect(!text.contains("canary"), "\(name)")
      guard name.hasSuffix(".journal") else { continue }
      journals += 1
      #expect(status.st_mode & 0o077 == 0, "\(name)")
    }
    #expect(journals > 0)
  }

  @Test("nor by a controller: its log down to bytes, its pages, its events, its processes")
  func controller() async throws {
    let place = try await Place()
    let events = try await place.site.client.subscribe(
      to: "reconcile.evt.>", queue: nil, limit: 10_000)
    let file = place.folder + "/controller.yaml"
    try writeFile(
      file,
      """
      listen: 127.0.0.1:0
      repositories:
        - name: shop
          interval: 1h
          webhook: {provider: github, secret: env:HOOK}
      lattices: [{name: default, expectHosts: 3}]

      """)
    let words = ["--config", file, "--log-level", "trace"]
    try await place.run(["controller", "--print-config"] + words.prefix(2), status: [0])
    let controller = try ControllerRun(on: place.site, words, environment: place.environment)
    try await controller.wait(forLine: "Lattice is in sync")
    let address = try #require(
      controller.lines("HTTP server listens").first?["address"]?.string)
    for target in ["/livez", "/readyz?verbose&token=query-canary", "/metrics", "/no"] {
      let text = try await controller.page(target)
      #expect(!text.contains("canary"), "\(text)")
    }
    let hook = try await ChildProcess.run(
      "/bin/bash",
      [
        "-c",
        "exec 3<>/dev/tcp/\(address.replacing(":", with: "/")); printf 'POST /hooks/shop?t=query-canary "
          + "HTTP/1.1\\r\\nHost: a\\r\\nX-Hub-Signature-256: sha256=header-canary\\r\\n"
          + "Authorization: Bearer header-canary\\r\\nContent-Length: 11\\r\\nConnection: close"
          + "\\r\\n\\r\\nbody-canary' >&3; cat <&3",
      ], deadline: .seconds(10))
    let answer = String(decoding: hook.output, as: UTF8.self)
    #expect(answer.contains("401") && !answer.contains("canary"), "\(answer)")
    for child in children(of: controller.child.pid) {
      #expect(!(child.arguments + child.environment).contains("-canary"), "\(child.arguments)")
    }
    place.git.stop()
    _ = try? await place.site.client.request(
      [], to: "reconcile.trigger.default.shop", timeout: .seconds(30))
    try await controller.wait(forLine: "Repository cannot be read, the last good revision stands")
    await controller.end()
    let log: String = readFile(controller.log)
    #expect(log.count > 1_000)
    for line in log.split(separator: "\n") where line.contains("canary") {
      Issue.record("\(line.prefix(1_000))")
    }
    events.unsubscribe()
    var heard = 0
    for await batch in events {
      for message in batch.elements {
        heard += 1
        let text = String(decoding: message.payload, as: UTF8.self)
        #expect(!text.contains("canary"), "\(text)")
      }
    }
    #expect(heard > 0)
    try await place.run(["history", "-o", "json"], status: [0])
  }

  /// Something secret that is wrong, damaged or in the wrong place.
  struct Fault: Sendable {
    var name: String
    /// Files of the home folder, by name.
    var files: [String: String] = [:]
    /// `HOME` stands for the folder, `PORT` for the port of nats-server.
    var environment: [String: String] = [:]
    /// A part of what is told.
    var code: String
  }

  static let faults = [
    Fault(
      name: "a wrong password in the address",
      environment: ["RECONCILE_NATS": "nats://ann:wrong-canary@127.0.0.1:PORT"], code: "NAT-2"),
    Fault(
      name: "a wrong token in the address",
      environment: ["RECONCILE_NATS": "nats://wrong-canary@127.0.0.1:PORT"], code: "NAT-2"),
    Fault(
      name: "a wrong password in a file", files: ["password": "wrong-canary\n"],
      environment: [
        "RECONCILE_NATS": "nats://127.0.0.1:PORT", "RECONCILE_NATS_USER": "ann",
        "RECONCILE_NATS_PASSWORD_FILE": "HOME/password",
      ], code: "NAT-2"),
    Fault(
      name: "a wrong token in a file", files: ["token": "wrong-canary\n"],
      environment: [
        "RECONCILE_NATS": "nats://127.0.0.1:PORT", "RECONCILE_NATS_TOKEN_FILE": "HOME/token",
      ], code: "NAT-2"),
    Fault(
      name: "a context with a wrong password",
      files: [
        ".config/nats/context/x.json":
          #"{"url": "nats://127.0.0.1:PORT", "user": "ann", "password": "wrong-canary"}"#
      ], environment: ["RECONCILE_NATS": "", "RECONCILE_NATS_CONTEXT": "x"], code: "NAT-2"),
    Fault(
      name: "a context that is no JSON",
      files: [".config/nats/context/x.json": #"{"password": "wrong-canary" "#],
      environment: ["RECONCILE_NATS": "", "RECONCILE_NATS_CONTEXT": "x"], code: "NAT-21"),
    Fault(
      name: "an nkey seed that is none", files: ["seed": "SUAwrong-canary\n"],
      environment: [
        "RECONCILE_NATS": "nats://127.0.0.1:PORT", "RECONCILE_NKEY": "HOME/seed",
      ], code: "NAT-"),
    Fault(
      name: "credentials that are none",
      files: ["creds": "-----BEGIN NATS USER JWT-----\nwrong-canary\n"],
      environment: [
        "RECONCILE_NATS": "nats://127.0.0.1:PORT", "RECONCILE_CREDS": "HOME/creds",
      ], code: "NAT-"),
    Fault(
      name: "a token that git refuses",
      environment: [
        "RECONCILE_REPO": "https://localhost:GIT/shop.git", "RECONCILE_GIT_TOKEN": "env:OTHER",
      ], code: "GIT-24"),
    Fault(
      name: "a password that git refuses", files: ["password": "wrong-canary\n"],
      environment: [
        "RECONCILE_REPO": "https://localhost:GIT/shop.git", "RECONCILE_GIT_USERNAME": "bob",
        "RECONCILE_GIT_PASSWORD": "HOME/password",
      ], code: "GIT-24"),
    Fault(
      name: "a token in the place of its file",
      environment: [
        "RECONCILE_REPO": "https://localhost:GIT/shop.git", "RECONCILE_GIT_TOKEN": "wrong-canary",
      ], code: "RECONCILE_GIT_TOKEN"),
    Fault(
      name: "a proxy that is not there",
      environment: ["RECONCILE_GIT_PROXY": "http://ann:proxy-canary@127.0.0.1:1"], code: "GIT-"),
  ]

  @Test("nor where something is wrong with them")
  func wrong() async throws {
    let place = try await Place()
    for fault in Self.faults { try await expect(fault, at: place) }
  }

  private func expect(_ fault: Fault, at place: Place) async throws {
    func filled(_ text: String) -> String {
      text.replacing("HOME", with: place.folder).replacing(
        "PORT", with: "\(place.site.server.port)"
      )
      .replacing("GIT/", with: "\(place.git.port)/")
    }
    for (name, text) in fault.files { try writeFile("\(place.folder)/\(name)", filled(text)) }
    let environment = fault.environment.mapValues(filled)
    for words in [["diff"], ["diff", "-o", "json"], ["status"], ["doctor", "-o", "json"]] {
      let run = try await place.run(words, environment, status: [1, 64])
      #expect(
        (run.output + run.errors).contains(fault.code), "\(fault.name): \(run.output)\(run.errors)")
    }
    try await place.run(["controller", "--print-config"], environment, status: [0, 1, 64])
  }

  @Test("nor by what is said of files that are wrong near them")
  func files() async throws {
    let place = try await Place()
    let file = place.folder + "/c.yaml"
    for text in [
      "repositories: [{name: shop, webhook: {provider: github, secret: inline-canary}}]",
      "repositories: [{name: shop, auth: {token: {x: inline-canary}}}]",
      "repositories: [{name: shop, auth: {pasword: inline-canary}}]",
      "repositories: [{name: shop, url: 'https://ann:inline-canary@host:x/y'}]",
      "lattices: [{name: default, nats: 'nats://ann:inline-canary@[::1'}]",
      "lattices: [{name: default, natsPassword: inline-canary}]",
      "lattices: [{name: default, nats: 'nats://ann:inline-canary@host'}",
    ] {
      try writeFile(file, text + "\n")
      try await place.run(["controller", "--config", file, "--print-config"], status: [1, 64, 78])
    }
    for update in [
      "config: {API_KEY: {x: inline-canary}}", "config: [{API_KEY: inline-canary}]",
      "config: {API_KEY: \"inline-canary}", "config: {? [inline-canary] : x}",
    ] {
      try place.site.repository.write(
        "manifests/shop.yaml", Data(Site.application(update: update).utf8))
      for format in ["text", "json", "sarif", "github"] {
        try await place.run(
          ["validate", "--worktree", "--repo", place.site.repository.path, "-o", format],
          status: [1])
      }
    }
  }
}
