import Diagnostics
import LatticeModel
import Testing

@testable import Manifests

@Suite("Slips of those who write manifests")
struct SlipTests {
  private func findings(_ spec: String) -> [String] {
    let text = "apiVersion: reconcile.dev/v1\nkind: Application\nmetadata: {name: shop}\n" + spec
    return resolved(text).diagnostics.map {
      "\($0.location?.line ?? 0):\($0.location?.column ?? 0) \($0.severity) \($0.message)"
        + "; \($0.remedy ?? "")"
    }
  }

  @Test(
    "a number that looks octal is said to be read as what it is read as",
    arguments: [("017", 17), ("0o17", 15), ("+08", 8)])
  func octal(_ text: String, _ number: Int) {
    #expect(
      findings("spec: {actors: [{name: web, image: 'r/web:1', instances: \(text)}]}") == [
        "4:58 warning '\(text)' is read as \(number); other tools read something else; "
          + "write \(number)"
      ])
  }

  @Test("other spellings of numbers say nothing, or how to write them")
  func numbers() {
    for text in ["0", "17", "0xF", "100", "007"] {
      #expect(
        findings("spec: {actors: [{name: web, image: 'r/web:1', instances: \(text)}]}") == [])
    }
    #expect(
      findings("spec: {actors: [{name: web, image: 'r/web:1', instances: 1_000}]}") == [
        "4:58 error 'instances' of the actor is '1_000', not a whole number; "
          + "write 1000 without quotes"
      ])
  }

  @Test(
    "an entry that looks like a secret is told, and not shown",
    arguments: [
      ("db_password: s3cret", true), ("DB-PASSWORD: s3cret", true), ("apiKey: s3cret", true),
      ("auth.token: s3cret", true), ("url: 'redis://u:s3cret@r:6379/0'", true),
      ("x: '-----BEGIN PRIVATE KEY-----'", true),
      ("x: SUACSSL3UAHUDXKFSNVUZRF5UHPMWZ6BFDTJ7M6USDXIEDNPPQYYYCU3VY", true),
      ("password: ''", false), ("password_file: /run/p", false), ("tokens: '3'", false),
      ("keyspace: a", false), ("url: 'redis://r:6379/0'", false), ("url: 'http://u@r/'", false),
      ("url: 'redis://u:${PASSWORD}@r'", false), ("cluster_key: a", false),
    ])
  func secrets(_ entry: String, _ isTold: Bool) {
    for spec in [
      "{actors: [{name: web, image: 'r/web:1', config: {\(entry)}}]}",
      "{configs: [{name: c, values: {\(entry)}}]}",
    ] {
      let found = findings("spec: \(spec)")
      #expect(found.count == (isTold ? 1 : 0), "\(found)")
      #expect(found.allSatisfy { $0.contains("warning") && $0.contains("looks like a secret") })
      #expect(!found.contains { $0.contains("s3cret") || $0.contains("SUACS") })
    }
  }

  @Test("a subscription to everything that begins so is told")
  func subscriptions() {
    for (text, isTold) in [
      ("'>'", true), ("'a.b, edge.>'", true), ("'edge.*'", false), ("a", false),
    ] {
      let found = findings("spec: {configs: [{name: c, values: {subscriptions: \(text)}}]}")
      #expect(found.count == (isTold ? 1 : 0), "\(found)")
      #expect(found.allSatisfy { $0.contains("warning") && !$0.contains("edge") })
    }
  }

  @Test(
    "an image with a place to fill in is refused",
    arguments: ["r/web:{{version}}", "r/web:${TAG}", "r/web:<tag>", "{{ image }}"])
  func placeholders(_ image: String) {
    let found = findings("spec: {actors: [{name: web, image: '\(image)'}]}")
    #expect(found.count == 1 && found[0].contains("error '\(image)' still has a place"), "\(found)")
  }

  @Test("blanks around an image are not part of it")
  func blanks() {
    let text = "apiVersion: reconcile.dev/v1\nkind: Application\nmetadata: {name: shop}\n"
    let state = resolved(text + "spec: {actors: [{name: web, image: ' r/web:1 '}]}")
    #expect(state.diagnostics.isEmpty)
    #expect(state.desired.applications.first?.actors.first?.image == "r/web:1")
  }

  @Test("one mistake does not hide another: a link leads nowhere, a name stands twice")
  func hidden() {
    let spec = """
      spec:
        actors:
          - {name: web, image: "r/web:1", instancs: 3}
          - {name: web}
        links:
          - {source: web, target: stroe, interface: wasi:keyvalue/store}
        providers:
          - {name: store, image: "r/store:1"}
      """
    #expect(
      findings(spec) == [
        "6:37 error the actor has no key 'instancs'; write 'instances'",
        "7:7 error the actor has no 'image'; add 'image'",
        "7:7 error 'web' is declared twice in shop; give one of them another name; the other is at "
          + "0.yaml:6:7",
        "9:29 error shop has neither an actor nor a provider 'stroe'; write 'store'",
      ])
  }

  @Test("where a name cannot be read, no link is said to lead nowhere for it")
  func nameless() {
    let spec = """
      spec:
        actors: [{name: Web, image: "r/web:1"}]
        links: [{source: web, target: store, interface: wasi:keyvalue/store}]
        providers: [{name: store, image: "r/store:1"}]
      """
    #expect(findings(spec).count == 1)
  }
}
