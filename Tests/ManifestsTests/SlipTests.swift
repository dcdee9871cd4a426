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

  @Test(
    "a quantity that looks octal is told as well",
    arguments: [
      ("resources: {memory: 017}", "017", "17"), ("resources: {memory: 017Mi}", "017Mi", "17Mi"),
      ("resources: {cpu: 010}", "010", "10"), ("resources: {cpu: 0100m}", "0100m", "100m"),
      ("update: {startTimeout: 010s}", "010s", "10s"),
    ])
  func octalQuantity(_ field: String, _ text: String, _ meant: String) {
    let found = findings("spec: {actors: [{name: web, image: 'r/web:1', \(field)}]}")
    #expect(found.count == 1, "\(found)")
    #expect(
      found.first?.hasSuffix(
        " warning '\(text)' is read as \(meant); other tools read something else; "
          + "write \(meant)") == true, "\(found)")
  }

  @Test(
    "a quantity with an ordinary 0 says nothing",
    arguments: [
      "resources: {cpu: 0.5}", "resources: {memory: 100Mi}", "resources: {memory: 07Mi}",
      "update: {startTimeout: 1m05s}",
    ])
  func ordinaryQuantity(_ field: String) {
    #expect(findings("spec: {actors: [{name: web, image: 'r/web:1', \(field)}]}") == [])
  }

  @Test(
    "a key that belongs to another mapping says where its like goes in a link",
    arguments: [
      ("secrets: []", "write sourceSecrets or targetSecrets, for whichever end they are"),
      (
        "config: {a: b}",
        "write sourceConfig or targetConfig, with names from spec.configs, or 'values' for entries"
      ),
    ])
  func linkKeys(_ key: String, _ remedy: String) {
    let found = findings(
      "spec: {actors: [{name: a, image: 'r/a:1'}], providers: [{name: p, image: 'r/p:1'}], "
        + "links: [{source: a, target: p, interface: 'a:b/c', \(key)}]}")
    #expect(found.count == 1 && found[0].hasSuffix("; \(remedy)"), "\(found)")
  }

  @Test(
    "one reference under the name of another is told as that, wherever the two are",
    arguments: [
      "actors: [{name: a, image: 'r/a:1', secrets: [S1, S2]}]",
      "actors: [{name: a, image: 'r/a:1', secrets: [S1]}, "
        + "{name: b, image: 'r/b:1', secrets: [S2]}]",
    ])
  func otherReference(_ parts: String) throws {
    let spec = "spec: {secretStores: [{name: v, backend: b}], \(parts)}"
      .replacing("S1", with: "{name: db, properties: {policy: v, key: one}}")
      .replacing("S2", with: "{name: db, properties: {policy: v, key: two}}")
    let found = findings(spec)
    #expect(found.count == 1, "\(found)")
    let finding = try #require(found.first)
    #expect(
      finding.contains("error the secret 'db' refers to something else here than at 0.yaml:4:"))
    #expect(finding.hasSuffix("; give one of them another name"))
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

  @Test(
    "a subscription to everything, or to a whole tree, is told and not shown",
    arguments: [
      ("'>'", true), ("'*'", true), ("'*.>'", true), ("'a.b, edge.>'", true), ("'edge.>|q'", true),
      ("'a,*'", true), ("'edge.*'", false), ("'edge.eu.>'", false), ("'*.edge'", false),
      ("a", false),
      ("''", false),
    ])
  func subscriptions(_ text: String, _ isTold: Bool) {
    for key in ["subscriptions", "SUBSCRIPTION"] {
      let found = findings("spec: {configs: [{name: c, values: {\(key): \(text)}}]}")
      #expect(found.count == (isTold ? 1 : 0), "\(found)")
      #expect(found.allSatisfy { $0.contains("warning") && !$0.contains("edge") })
    }
    #expect(findings("spec: {configs: [{name: c, values: {subject: \(text)}}]}") == [])
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

  @Test(
    "what a link calls, and one of its ends, hide nothing of its other end",
    arguments: [
      "{source: zz, target: web, interface: bad}", "{source: zz, target: web}",
      "{source: zz, interface: 'a:b/c'}", "{source: zz, target: {nme: x}, interface: 'a:b/c'}",
      "{source: web, target: zz, contract: 'bad'}",
    ])
  func looseEnds(_ link: String) {
    let found = findings("spec: {actors: [{name: web, image: 'r/web:1'}], links: [\(link)]}")
    #expect(
      found.count { $0.contains("shop has neither an actor nor a provider 'zz'") } == 1, "\(found)")
  }

  @Test("an end in another application is looked for too where the link is bad")
  func looseSharedEnds() {
    let found = findings(
      "spec: {actors: [{name: web, image: 'r/web:1'}], "
        + "links: [{source: web, provider: {application: other, name: x}, interface: bad}]}")
    #expect(found.count { $0.contains("there is no application 'other'") } == 1, "\(found)")
  }

  @Test("a key that stands twice hides no other mistake of its document")
  func doubled() {
    let spec = """
      spec:
        actors:
          - {name: web, image: "r/web:1", instances: 1, instances: 2, spread: nowhere}
        links:
          - {source: web, target: stroe, interface: wasi:keyvalue/store}
        providers:
          - {name: store, image: "r/store:1"}
      """
    let found = findings(spec)
    #expect(found.count == 3, "\(found)")
    #expect(found.count { $0.contains("the key \"instances\" stands twice") } == 1)
    #expect(found.count { $0.contains("'stroe'; write 'store'") } == 1)
    #expect(found.count { $0.contains("there is no spread 'nowhere'") } == 1)
  }

  @Test(
    "where the second of two keys may hold what others name, nothing is said to be missing",
    arguments: [
      "{actors: [{name: web, image: 'r/web:1'}], actors: [{name: kv, image: 'r/kv:1'}], L}",
      "{actors: [{name: web, name: kv, image: 'r/web:1'}], L}",
      "{actors: [{name: web, image: 'r/web:1'}], L}, spec: {}",
    ])
  func doubledLists(_ spec: String) {
    let links = "links: [{source: web, target: kv, interface: 'a:b/c'}]"
    let text = "spec: \(spec)".replacing("L}", with: "\(links)}")
      .replacing(", spec: {}", with: "\nspec: {}")
    let found = findings(text)
    #expect(found.count == 1 && found[0].contains("stands twice"), "\(found)")
  }

  @Test(
    "a key that stands twice in a document of wadm hides no other mistake, and makes up none",
    arguments: [
      // Nothing that others name is hidden: the link that leads nowhere is told.
      ("instances: 1", "instances: 1, instances: 2", true), ("id: a", "id: a, id: b", false),
      ("name: kv", "name: vk, name: kv", false),
      ("target: {name: vk}", "target: {name: vk}, target: {name: kv}", false),
    ])
  func doubledInWadm(_ once: String, _ twice: String, isTold: Bool) {
    let text = """
      apiVersion: core.oam.dev/v1beta1
      kind: Application
      metadata: {name: shop}
      spec:
        components:
          - name: web
            type: component
            properties: {image: "r/web:1", id: a}
            traits:
              - {type: spreadscaler, properties: {instances: 1}}
              - type: link
                properties: {target: {name: vk}, namespace: wasi, package: keyvalue, interfaces: [store]}
          - {name: kv, type: capability, properties: {image: "r/kv:1"}}
      """
    let found = resolved(text.replacing(once, with: twice)).diagnostics.map(\.message)
    #expect(found.count { $0.contains("stands twice") } == 1, "\(found)")
    #expect(found.count { $0.contains("vk") } == (isTold ? 1 : 0), "\(found)")
  }

  @Test(
    "a key of a config that other tools do not read as a text is told",
    arguments: [
      ("no", "a boolean"), ("Off", "a boolean"), ("~", "nothing"), ("null", "nothing"),
      ("'no'", nil), ("none", nil), ("n", nil), ("12", nil),
    ])
  func keys(_ key: String, _ other: String?) {
    let found = findings(
      "spec: {actors: [{name: web, image: 'r/web:1', config: {\(key): x}}]}")
    let told = other.map {
      "'\(key)' is taken as the text it is; other tools read \($0); put it in quotes"
    }
    #expect(found.map { String($0.drop { $0 != "'" }) } == [told].compactMap { $0 }, "\(found)")
  }

  @Test("links of an application with many parts find theirs, and one that is none is told")
  func manyParts() {
    let parts = (0..<40).map { "{name: a\($0), image: 'r/a:\($0)', config: [c\($0)]}" }
    let configs = (0..<40).map { "{name: c\($0), values: {n: x\($0)}}" }
    let links = (0..<40).map {
      "{source: a\($0), target: a\($0 == 17 ? 99 : ($0 + 1) % 40), interface: 'a:b\($0)/c'}"
    }
    let found = findings(
      "spec: {actors: [\(parts.joined(separator: ", "))], "
        + "configs: [\(configs.joined(separator: ", "))], "
        + "links: [\(links.joined(separator: ", "))]}")
    #expect(found.count == 1 && found[0].contains("'a99'"), "\(found)")
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

  @Test(
    "a misspelt key is one finding, not a missing one too",
    arguments: [
      ("{actors: [{nme: web, image: 'r/web:1'}]}", "4:18 error the actor has no key 'nme'"),
      ("{actors: [{name: web, imge: 'r/web:1'}]}", "4:29 error the actor has no key 'imge'"),
      ("{configs: [{name: c, valus: {a: b}}]}", "4:28 error the config has no key 'valus'"),
      ("{configs: [{name: c, extrnal: true}]}", "4:28 error the config has no key 'extrnal'"),
      (
        "{links: [{sorce: a, target: b, interface: 'a:b/c'}], actors: [{name: b, image: 'r/b:1'}]}",
        "4:17 error the link has no key 'sorce'"
      ),
      (
        "{links: [{source: a, provder: {application: x, name: y}, interface: 'a:b/c'}], "
          + "actors: [{name: a, image: 'r/a:1'}]}",
        "4:28 error the link has no key 'provder'"
      ),
      (
        "{secretStores: [{name: v, backnd: b}], actors: [{name: web, image: 'r/web:1', secrets: "
          + "[{name: s, properties: {policy: v, key: k}}]}]}",
        "4:33 error the secretStore has no key 'backnd'"
      ),
    ])
  func once(_ spec: String, _ finding: String) {
    let found = findings("spec: \(spec)")
    #expect(found.count == 1 && found[0].hasPrefix(finding), "\(found)")
  }

  @Test(
    "what cannot be read may hold what others name",
    arguments: [
      "spread: [{name: s}]", "spread: s", "spred: {s: []}", "configs: c", "configs: {c: {a: b}}",
      "configs: [c]", "confgs: [{name: c, values: {}}]", "configs: [{name: C?, values: {}}]",
      "configs: [{name: c, values: [a]}]",
    ])
  func unread(_ list: String) {
    let part = list.hasPrefix("s") ? "spread: s" : "config: [c]"
    let found = findings(
      "spec: {\(list), actors: [{name: web, image: 'r/web:1', \(part)}]}")
    #expect(found.count == 1 && !found[0].contains("there is no"), "\(found)")
  }

  @Test("what an alias brings in again is told once, where it stands")
  func aliases() {
    #expect(
      findings(
        """
        x-a: &a {image: 'r/a:1', instnces: 2}
        spec: {actors: [{name: a, <<: *a}, {name: b, <<: *a}]}
        """) == ["4:26 error the actor has no key 'instnces'; write 'instances'"])
  }

  @Test("a tag that asks for more than a text is told; its text is not shown")
  func tags() {
    let found = findings(
      "spec: {configs: [{name: c, values: {a: !secret s3cret, b: !!binary czNjcmV0, c: !!str 1, "
        + "d: ! v}}]}")
    #expect(found.count == 2 && found.allSatisfy { $0.contains("warning 'values.") }, "\(found)")
    #expect(found.first?.contains("has the tag '!secret', which is passed over") == true)
    #expect(found.last?.contains("has the tag '!!binary'") == true)
    #expect(!found.contains { $0.contains("s3cret") || $0.contains("czNj") })
    let tagged = findings("spec: {actors: [{name: a, image: 'r/a:1', instances: !!str 3}]}")
    #expect(tagged.count == 1 && tagged[0].hasSuffix("write digits without a tag"), "\(tagged)")
  }

  @Test("values of a requirement that cannot be read are told once")
  func values() {
    let found = findings(
      "spec: {spread: {s: [{name: r, requirements: [{key: z, operator: In, values: zone}, "
        + "{operator: In, values: []}]}]}}")
    #expect(found.count == 3, "\(found)")
    #expect(found.count { $0.contains("do not suit") } == 1)
  }

  @Test("of a few words the nearest is the remedy")
  func words() {
    func remedy(_ strategy: String) -> String? {
      findings(
        "spec: {actors: [{name: a, image: 'r/a:1', update: {strategy: \(strategy)}}]}"
      ).first.flatMap { $0.split(separator: "; ").last.map(String.init) }
    }
    #expect(remedy("Rolling") == "write rolling" && remedy("recrate") == "write recreate")
    #expect(remedy("blue") == "write rolling or recreate")
    let dialect = resolved(document("l", "{dialect: v3}", "Lattice")).diagnostics
    #expect(dialect.last?.remedy == "write auto, v0, v1 or v2", "\(dialect)")
  }

  @Test("an application with errors is held against the others too")
  func references() {
    let broken = application(
      "shop",
      "{actrs: [], dependsOn: [kv, shop, shap, bolg], policies: [nobody], actors: [{name: a, "
        + "image: 'r/a:1'}], links: [{source: a, provider: {application: kv, name: stoer}, "
        + "interface: 'a:b/c'}, {source: a, provider: {application: kvv, name: store}, "
        + "interface: 'a:b/c'}, {provider: {application: kvx, name: y}, interface: 'a:b/c'}]}")
    let state = resolved(
      broken, application("kv", "{providers: [{name: store, image: 'r/s:1'}]}"),
      application("blog", "{instancs: 1}"))
    let found = state.diagnostics.filter { $0.location?.path == "0.yaml" && $0.severity == .error }
      .map { "\($0.message); \($0.remedy ?? "")" }
    #expect(
      found == [
        "spec has no key 'actrs'; write 'actors'", "shop depends on itself; remove it",
        "shop depends on 'shap', which is not declared; declare it, or remove it",
        "shop depends on 'bolg', which is not declared; write 'blog'",
        "there is no policy 'nobody'; declare it, or remove it",
        "kv has no provider 'stoer'; write 'store'", "there is no application 'kvv'; write 'kv'",
        "the link has no 'source'; add 'source', or 'provider' with application and name",
        "there is no application 'kvx'; write 'kv'",
      ])
    #expect(state.desired.frozen.map(\.name) == ["blog", "shop"])
  }

  @Test("misspelt apiVersion and kind are told at the key, both of them")
  func envelopes() {
    func found(_ head: String) -> [String] {
      resolved("\(head)\nmetadata: {name: shop}\nspec: {actors: []}\n").diagnostics.map {
        "\($0.location?.line ?? 0):\($0.location?.column ?? 0) \($0.message); \($0.remedy ?? "")"
      }
    }
    #expect(
      found("apiversion: reconcile.dev/v1\nkind: Application") == [
        "1:1 the document has no key 'apiversion'; write 'apiVersion'"
      ])
    #expect(
      found("apiVersion: reconcile.dev/v1\nKind: Application") == [
        "2:1 the document has no key 'Kind'; write 'kind'"
      ])
    #expect(
      found("apiVersion: reconcile.dev/v2\nkind: Aplication") == [
        "1:13 apiVersion is 'reconcile.dev/v2'; write 'reconcile.dev/v1'",
        "2:7 kind is 'Aplication'; write Application",
      ])
  }
}
