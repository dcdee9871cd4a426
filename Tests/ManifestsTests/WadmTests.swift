import Diagnostics
import Foundation
import JSONCoding
import LatticeModel
import ReconcileTestKit
import Testing
import YAMLTree

@testable import Manifests

@Suite("Manifests of wadm")
struct WadmTests {
  /// An application with one component, whose parts are written in one line each.
  static func manifest(
    name: String = "shop", metadata: String = "annotations: {}",
    properties: String = "image: r/a:1",
    traits: String = "{type: spreadscaler, properties: {instances: 1}}", more: String = ""
  ) -> String {
    """
    apiVersion: core.oam.dev/v1beta1
    kind: Application
    metadata: {name: \(name), \(metadata)}
    spec:
      components:
      - name: web
        type: component
        properties: {\(properties)}
        traits: [\(traits)]
      - name: kv
        type: capability
        properties: {image: r/kv:1}
    \(more)
    """
  }

  private static let link =
    "{type: link, properties: {namespace: wasi, package: keyvalue, interfaces: [store], target: kv}}"

  private func decode(_ text: String) -> DecodedFile {
    decodeManifests(ManifestFile(path: "a.yaml", bytes: Array(text.utf8)))
  }

  @Test(
    "a mistake in a component of wadm is one finding",
    arguments: [
      ("imge: r/a:1", nil, "'properties' of the component has no key 'imge'; write 'image'"),
      (nil, "{type: spreadscaler, properties: {instnces: 1}}", "no key 'instnces'"),
      (nil, "{type: spreadscaller, properties: {instances: 1}}", "write 'spreadscaler'"),
      (nil, "{typ: spreadscaler, properties: {instances: 1}}", "no key 'typ'; write 'type'"),
      (nil, "spreadscaler", "the trait is 'spreadscaler', not a mapping"),
    ] as [(String?, String?, String)])
  func once(_ properties: String?, _ traits: String?, _ message: String) {
    let scaler = "{type: spreadscaler, properties: {instances: 1}}"
    let found = decode(
      Self.manifest(properties: properties ?? "image: r/a:1", traits: traits ?? scaler)
    ).diagnostics.map { "\($0.message); \($0.remedy ?? "")" }
    #expect(found.count == 1 && found[0].contains(message), "\(found)")
  }

  @Test(
    "a misspelt key that wadm passes over is an error where the key must be there, and told once")
  func missed() {
    for text in [
      Self.manifest(metadata: "annotation: {}"),
      Self.manifest(more: "  policies: [{name: p, type: t, propertis: {}}]"),
      Self.manifest().replacing("traits:", with: "trait:"),
    ] {
      let found = decode(text).diagnostics
      #expect(found.map(\.severity) == [.error] && found[0].code.number == 5, "\(found)")
    }
  }

  @Test("an application has the ids, names and numbers that wadm gives it")
  func model() throws {
    let state = resolved(
      """
      apiVersion: core.oam.dev/v1beta1
      kind: Application
      metadata: {name: My_Shop, annotations: {version: 1.0}}
      spec:
        components:
        - name: Web.front
          type: actor
          properties:
            image: r/web:1
            config: [{name: Lang, properties: {lang: en}}, {name: of_others}]
          traits:
          - type: spreadscaler
            properties:
              replicas: 7
              spread:
              - {name: east, requirements: {zone: e}, weight: 30}
              - {name: west, requirements: {zone: w}}
          - type: link
            properties:
              {namespace: wasi, package: keyvalue, interfaces: [store], target: kv, name: main,
                target_config: [{name: url, properties: {url: "redis://r"}}]}
          - type: link
            properties:
              {namespace: wasi, package: keyvalue, interfaces: [atomics], name: main,
                target: {name: kv}}
        - name: kv
          type: capability
          properties: {image: r/kv:1, id: VKV}
        - name: agent
          type: component
          properties: {image: r/agent:1}
          traits: [{type: daemonscaler, properties: {instances: 2}}]
        - name: idle
          type: component
          properties: {image: r/idle:1}
      """)
    #expect(
      state.diagnostics.map(\.description) == [
        "0.yaml:3:18: note MAN-23: 'My_Shop' is called 'my-shop' here",
        "0.yaml:33:5: warning MAN-24: nothing says how many instances of 'idle' run, so none does; "
          + "add a trait of type spreadscaler",
      ])
    let application = try #require(state.desired.applications.first)
    #expect(application.name == "my-shop")
    #expect(application.actors.map(\.name) == ["agent", "idle", "web-front"])
    #expect(application.actors.map(\.id) == ["my_shop-agent", "my_shop-idle", "my_shop-web_front"])
    #expect(application.actors.map(\.instances) == [2, 0, 7])
    #expect(application.actors.map(\.perHost) == [true, false, false])
    #expect(application.actors[2].configs == ["my_shop-lang", "of_others"])
    #expect(
      application.actors[2].spread == [
        SpreadConstraint(
          name: "east", weight: 30, requirements: [LabelRequirement("zone", .equals("e"))]),
        SpreadConstraint(name: "west", requirements: [LabelRequirement("zone", .equals("w"))]),
      ])
    #expect(application.providers.map(\.id) == ["VKV"])
    #expect(application.providers.map(\.instances) == [1])
    #expect(application.configs.map(\.name) == ["my_shop-lang", "my_shop-url"])
    #expect(application.configs.map(\.values) == [["lang": "en"], ["url": "redis://r"]])
    #expect(
      application.links.compactMap { $0.definition(by: .interface) } == [
        LinkDefinition(
          key: LinkKey(
            source: "my_shop-web_front", name: "main",
            contract: Contract(namespace: "wasi", package: "keyvalue")),
          target: "VKV", interfaces: ["atomics", "store"], targetConfig: ["my_shop-url"])
      ])
  }

  @Test("components of other applications are the ends of links, and nothing else")
  func shared() throws {
    let owner = Self.manifest(name: "base", metadata: "annotations: {}")
    let user = Self.manifest(
      name: "user", properties: "application: {name: base, component: web}",
      traits: "{type: link, properties: {namespace: a, package: b, interfaces: [c], target: kv}}, "
        + "{type: link, properties: {namespace: a, package: d, interfaces: [c], target: far}}",
      more: """
          - name: far
            type: capability
            properties: {application: {name: base, component: kv}}
        """)
    let state = resolved(owner, user)
    #expect(state.diagnostics.isEmpty, "\(state.diagnostics)")
    let application = try #require(state.desired.applications.last)
    #expect(application.actors.isEmpty && application.providers.map(\.name) == ["kv"])
    #expect(
      application.links.map { [$0.source.id, $0.target.id] } == [
        ["base-web", "user-kv"], ["base-web", "base-kv"],
      ])
    let wrong = resolved(
      owner,
      user.replacing(
        "type: capability\n    properties: {app", with: "type: actor\n    properties: {app"))
    #expect(wrong.diagnostics.map(\.message) == ["base has no actor 'kv'"])
  }

  /// What wadm 0.21 was seen to say of small manifests, and what is said here where that is another
  /// thing: `nil` where both read it.
  @Test(
    "what wadm refuses is refused, and what it passes over is told",
    arguments: [
      ("labels", manifest(metadata: "annotations: {}, labels: {a/b: c}"), nil),
      ("no annotations", manifest(metadata: "labels: {}"), "MAN-3"),
      ("bad label", manifest(metadata: "annotations: {1a/b: c}"), "MAN-6"),
      ("name with a full stop", manifest(name: "a.b"), "MAN-6"),
      ("name with a blank", manifest(name: "\"x \""), "MAN-6"),
      ("latest", manifest(metadata: "annotations: {version: latest}"), "MAN-7"),
      ("key at the top", manifest(more: "extra: 1"), "MAN-5"),
      ("key of metadata", manifest(metadata: "annotations: {}, owner: me"), "warning MAN-5"),
      ("key of a component", manifest(more: "    owner: me"), "warning MAN-5"),
      ("trait for traits", manifest(more: "    trait: []"), "MAN-5"),
      ("key of properties", manifest(properties: "image: r/a:1, links: []"), "MAN-5"),
      ("both", manifest(properties: "image: a:1, application: {name: b, component: c}"), "MAN-7"),
      ("neither", manifest(properties: "id: a"), "MAN-3"),
      ("id", manifest(properties: "image: r/a:1, id: a.b"), "MAN-6"),
      ("number in a config", config("{port: 80}"), "MAN-4"),
      ("text in a config", config("{port: '80', flag: NO}"), "warning MAN-16"),
      ("config of others", config("~"), "warning MAN-18"),
      ("two configs", twice("component_a: {x: y}", "component_a: {x: z}"), "MAN-13"),
      ("the same config", twice("a: {x: v}", "a: {x: v}"), nil),
      (
        "trait of its own", manifest(traits: scaler + ", {type: mine, properties: {}}"),
        "warning MAN-7"
      ),
      (
        "nearly a trait", manifest(traits: "{type: spreadscalar, properties: {instances: 1}}"),
        "MAN-7"
      ),
      ("scaler as link", manifest(traits: "{type: link, properties: {instances: 1}}"), "MAN-7"),
      (
        "link as scaler",
        manifest(traits: link.replacing("type: link", with: "type: spreadscaler")), "MAN-7"
      ),
      ("no instances", manifest(traits: "{type: spreadscaler, properties: {spread: []}}"), "MAN-3"),
      ("negative", manifest(traits: "{type: spreadscaler, properties: {instances: -1}}"), "MAN-7"),
      (
        "text for a number", manifest(traits: "{type: spreadscaler, properties: {instances: '1'}}"),
        "MAN-4"
      ),
      ("two scalers", manifest(traits: "\(scaler), \(scaler)"), "MAN-13"),
      ("no requirements", manifest(traits: spread("{name: a}")), "MAN-3"),
      ("empty requirements", manifest(traits: spread("{name: a, requirements: {}}")), nil),
      ("no weight", manifest(traits: spread("{name: a, requirements: {}, weight: 0}")), "MAN-7"),
      (
        "one name for two rules",
        manifest(traits: spread("{name: a, requirements: {}}, {name: a, requirements: {b: c}}")),
        "MAN-6"
      ),
      ("link", manifest(traits: "\(scaler), \(link)"), nil),
      ("link twice", manifest(traits: "\(scaler), \(link), \(link)"), "MAN-8"),
      ("no target", manifest(traits: link.replacing(", target: kv", with: "")), "MAN-3"),
      ("target away", manifest(traits: link.replacing("target: kv", with: "target: kw")), "MAN-9"),
      ("one interface", manifest(traits: link.replacing("[store]", with: "store")), "MAN-4"),
      ("no interface", manifest(traits: link.replacing("[store]", with: "[]")), "MAN-7"),
      (
        "key of a link",
        manifest(traits: "\(scaler), " + link.replacing("target", with: "notes: {}, target")),
        "warning MAN-5"
      ),
      ("linkdef", manifest(traits: link.replacing("type: link", with: "type: linkdef")), "MAN-7"),
      (
        "no components",
        "apiVersion: core.oam.dev/v1beta1\nkind: Application\nmetadata: {name: a, annotations: {}}\nspec: {components: []}",
        nil
      ),
      (
        "another kind", manifest().replacing("kind: Application", with: "kind: Aplication"), "MAN-2"
      ),
      ("another version", manifest().replacing("v1beta1", with: "v1beta2"), "MAN-1"),
      ("secret", secret("{name: db, properties: {policy: vault, key: k}}"), nil),
      (
        "number in a policy",
        secret("{name: db, properties: {policy: vault, key: k}}").replacing(
          "backend: vault-prod", with: "backend: vault-prod, port: 80"), nil
      ),
      ("number for a name", manifest().replacing("name: web", with: "name: 12"), nil),
      ("number for a target", manifest(traits: link.replacing("kv", with: "12")), "MAN-4"),
      ("no policy", secret("{name: db, properties: {policy: volt, key: k}}"), "MAN-9"),
      ("no key", secret("{name: db, properties: {policy: vault}}"), "MAN-3"),
    ] as [(String, String, String?)])
  func verdict(_ name: String, _ text: String, _ finding: String?) throws {
    let decoded = decode(text)
    let errors = decoded.diagnostics.filter { $0.severity == .error }
    let said = decoded.diagnostics.map { diagnostic in
      (diagnostic.severity == .error ? "" : "\(diagnostic.severity) ") + "\(diagnostic.code)"
    }
    if let finding {
      #expect(said.contains(finding), "\(name): \(decoded.diagnostics)")
    } else {
      #expect(said.isEmpty, "\(name): \(decoded.diagnostics)")
    }
    #expect(decoded.applications.count == (errors.isEmpty ? 1 : 0), "\(name)")
    // A document that is bad protects its name; where it has none, everything.
    let isProtected = !decoded.frozen.isEmpty || !decoded.unreadable.isEmpty
    #expect(isProtected == !errors.isEmpty, "\(name)")
  }

  private static let scaler = "{type: spreadscaler, properties: {instances: 1}}"

  private static func spread(_ rules: String) -> String {
    "{type: spreadscaler, properties: {instances: 1, spread: [\(rules)]}}"
  }

  private static func config(_ properties: String) -> String {
    manifest(properties: "image: r/a:1, config: [{name: a, properties: \(properties)}]")
  }

  static func twice(_ one: String, _ other: String) -> String {
    func config(_ text: String) -> String {
      let parts = text.split(separator: ": ", maxSplits: 1)
      return "[{name: \(parts[0]), properties: \(parts[1])}]"
    }
    return manifest(
      properties: "image: r/a:1, config: \(config(one))",
      traits: "\(scaler), "
        + link.replacing("target: kv", with: "target: {name: kv, config: \(config(other))}"))
  }

  private static func secret(_ secret: String) -> String {
    manifest(properties: "image: r/a:1, secrets: [\(secret)]").replacing(
      "spec:\n",
      with: """
        spec:
          policies:
          - name: vault
            type: policy.secret.wasmcloud.dev/v1alpha1
            properties: {backend: vault-prod}

        """)
  }

  @Test("no value of a config stands in a finding")
  func values() {
    let decoded = decode(Self.config("{port: 31337, key: {a: 31337}}"))
    #expect(decoded.diagnostics.count == 2)
    #expect(!decoded.diagnostics.contains { $0.description.contains("31337") })
  }

  @Test("of what others wrote, what wadm reads is read, and what it refuses is refused")
  func verdicts() throws {
    for (name, text, isValid) in try corpusOfWadm() {
      let decoded = decode(text)
      let state = resolve([decoded], revision: "r", tree: "t")
      // Whether the other application is there is seen where it is deployed.
      let errors = state.diagnostics.filter {
        $0.severity == .error && !(text.contains("application:") && $0.code.description == "MAN-9")
      }
      #expect(errors.isEmpty == isValid, "\(name): \(errors)")
    }
  }
}

/// The manifests that others wrote, with whether wadm reads them: 0.21, or 0.10 those for hosts before
/// 1.0; none where `RECONCILE_CORPUS` is unset.
func corpusOfWadm() throws -> [(name: String, text: String, isValid: Bool)] {
  guard let folder = ProcessInfo.processInfo.environment["RECONCILE_CORPUS"] else { return [] }
  let index = try String(contentsOfFile: "\(folder)/index.tsv", encoding: .utf8)
  return try index.split(separator: "\n").dropFirst().map { line in
    let columns = line.split(separator: "\t", omittingEmptySubsequences: false)
    let text = try String(contentsOfFile: "\(folder)/\(columns[0])", encoding: .utf8)
    return (String(columns[0]), text, columns[4] == "valid" || columns[8] == "valid")
  }
}
