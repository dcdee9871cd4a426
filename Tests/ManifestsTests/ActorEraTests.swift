import Diagnostics
import LatticeModel
import Testing

@testable import Manifests

@Suite("Manifests of wadm for hosts before 1.0")
struct ActorEraTests {
  static let shop = """
    apiVersion: core.oam.dev/v1beta1
    kind: Application
    metadata:
      name: shop
      annotations: {version: v0.1.0, experimental: true}
    spec:
      components:
        # Answers requests.
        - name: Web front
          type: actor
          properties:
            image: r.example.com/web:0.3.8 # signed
          traits:
            - type: spreadscaler
              properties:
                replicas: 4
                spread:
                  - name: east
                    requirements: {zone: e}
            # Listens here.
            - type: linkdef
              properties:
                target: http
                values:
                  # on all addresses
                  ADDRESS: 0.0.0.0:8080 # as ever
            - type: linkdef
              properties: {target: kv}
        - name: http
          type: capability
          properties:
            image: r.example.com/httpserver:0.19.1
            contract: wasmcloud:httpserver
            # a text
            config: '{"cache": 1}'
        - name: kv
          type: capability
          properties:
            image: r.example.com/kvredis:0.21.0
            contract: wasmcloud:example:keyvalue # of ours
            link_name: fast
            config:
              # where it is
              url: redis://r:6379
              pool: {size: 4, hosts: [a, true, 1.5, ~]}
          traits:
            - type: daemonscaler
              properties: {instances: 1}

    """

  @Test("actors, capabilities and linkdefs are actors, providers and links by contract")
  func model() throws {
    let state = resolved(Self.shop)
    #expect(state.diagnostics.isEmpty, "\(state.diagnostics)")
    let application = try #require(state.desired.applications.first)
    #expect(application.isForHostsBefore1)
    #expect(application.actors.map(\.name) == ["web-front"])
    #expect(application.actors.map(\.id) == ["shop-web_front"])
    #expect(application.actors.map(\.instances) == [4])
    #expect(application.actors[0].spread.map(\.name) == ["east"])
    #expect(application.providers.map(\.name) == ["http", "kv"])
    #expect(
      application.providers.map(\.contract) == [
        "wasmcloud:httpserver", "wasmcloud:example:keyvalue",
      ])
    #expect(application.providers.map(\.linkName) == ["default", "fast"])
    #expect(application.providers.map(\.perHost) == [false, true])
    #expect(
      application.providers.map(\.startConfig) == [
        #""{\"cache\": 1}""#,
        #"{"pool":{"hosts":["a",true,1.5,null],"size":4},"url":"redis://r:6379"}"#,
      ])
    #expect(application.links.map { $0.definition(by: .interface) } == [nil, nil])
    #expect(
      application.links.compactMap { $0.definition(by: .contract) } == [
        LinkDefinition(
          key: LinkKey(
            source: "shop-web_front", name: "fast", contract: "wasmcloud:example:keyvalue"),
          target: "shop-kv", interfaces: []),
        LinkDefinition(
          key: LinkKey(source: "shop-web_front", contract: "wasmcloud:httpserver"),
          target: "shop-http", interfaces: [],
          targetConfig: ["shop-web_front-http-wasmcloud_httpserver-default"]),
      ])
    #expect(application.configs.map(\.values) == [["ADDRESS": "0.0.0.0:8080"]])
  }

  /// A manifest with an actor and two capabilities, whose parts are written in one line each.
  private static func manifest(
    metadata: String = "name: a, annotations: {}", actor: String = "image: r/a:1",
    traits: String = "{type: spreadscaler, properties: {replicas: 1}}, \(linkdef)",
    capability: String = "image: r/kv:1, contract: wasmcloud:keyvalue",
    capabilityTraits: String = "", other: String = "image: r/http:1, contract: wasmcloud:http",
    more: String = ""
  ) -> String {
    """
    apiVersion: core.oam.dev/v1beta1
    kind: Application
    metadata: {\(metadata)}
    spec:
      components:
      - {name: web, type: actor, properties: {\(actor)}, traits: [\(traits)]}
      - {name: kv, type: capability, properties: {\(capability)}, traits: [\(capabilityTraits)]}
      - {name: http, type: capability, properties: {\(other)}}
    \(more)
    """
  }

  private static let linkdef = "{type: linkdef, properties: {target: kv, values: {a: b}}}"
  private static let scaler = "{type: spreadscaler, properties: {instances: 1}}"
  private static let kv = "image: r/kv:1, contract: wasmcloud:keyvalue"

  private static func second(_ image: String) -> String {
    "  - {name: other, type: actor, properties: {image: \(image)}, traits: [\(scaler)]}"
  }

  @Test(
    "what wadm 0.10 refuses is refused, and what it passes over is told",
    arguments: [
      ("sound", manifest(), nil),
      ("latest", manifest(metadata: "name: a, annotations: {version: latest}"), "MAN-7"),
      ("no annotations", manifest(metadata: "name: a"), "MAN-3"),
      ("labels", manifest(metadata: "name: a, annotations: {}, labels: {x: z}"), nil),
      ("name", manifest(metadata: "name: a.b, annotations: {}"), "MAN-6"),
      ("no image", manifest(actor: ""), "MAN-3"),
      ("id, which hosts learn", manifest(actor: "image: r/a:1, id: x"), "warning MAN-5"),
      ("key of a spec", manifest(more: "  policies: []"), "warning MAN-5"),
      ("key at the top", manifest(more: "extra: 1"), "warning MAN-5"),
      ("nearly a key", manifest(capability: kv + ", link-name: x"), "MAN-5"),
      ("no contract", manifest(capability: "image: r/kv:1, link_name: x"), "MAN-3"),
      ("no contract at all", manifest(capability: "image: r/kv:1, contract: ~"), "MAN-3"),
      ("bad contract", manifest(capability: "image: r/kv:1, contract: kv"), "MAN-7"),
      ("bad link name", manifest(capability: kv + ", link_name: a.b"), "MAN-6"),
      ("text as config", manifest(capability: kv + ", config: abc"), nil),
      ("mapping as config", manifest(capability: kv + ", config: {a: {b: [1]}}"), nil),
      ("list as config", manifest(capability: kv + ", config: [{name: a}]"), "MAN-4"),
      ("number as config", manifest(capability: kv + ", config: 5"), "MAN-4"),
      (
        "secret in a config", manifest(capability: kv + ", config: {password: x}"), "warning MAN-25"
      ),
      ("another type", manifest().replacing("type: actor", with: "type: component"), "MAN-7"),
      ("trait of today", manifest(traits: "\(scaler), {type: link, properties: {}}"), "MAN-7"),
      ("nearly a trait", manifest(traits: "\(scaler), {type: linkdeff, properties: {}}"), "MAN-7"),
      (
        "trait of its own", manifest(traits: "\(scaler), {type: mine, properties: {}}"),
        "warning MAN-7"
      ),
      ("never runs", manifest(traits: linkdef), "warning MAN-24"),
      ("two scalers", manifest(traits: "\(scaler), \(scaler)"), "MAN-13"),
      (
        "both numbers",
        manifest(traits: "{type: spreadscaler, properties: {instances: 1, replicas: 1}}"), "MAN-3"
      ),
      ("target twice", manifest(traits: "\(scaler), \(linkdef), \(linkdef)"), "MAN-8"),
      (
        "target away",
        manifest(traits: "\(scaler), \(linkdef.replacing("kv", with: "kw"))"), "MAN-9"
      ),
      (
        "no target", manifest(traits: "\(scaler), {type: linkdef, properties: {values: {}}}"),
        "MAN-3"
      ),
      (
        "no values", manifest(traits: "\(scaler), {type: linkdef, properties: {target: kv}}"), nil
      ),
      (
        "number in values",
        manifest(traits: "\(scaler), {type: linkdef, properties: {target: kv, values: {a: 1}}}"),
        "MAN-4"
      ),
      (
        "actor as target",
        manifest(
          traits: "\(scaler), \(linkdef.replacing("kv", with: "other"))", more: second("r/b:1")),
        "MAN-7"
      ),
      ("linkdef of a capability", manifest(capabilityTraits: linkdef), "MAN-7"),
      ("component twice", manifest(more: second("r/b:1").replacing("other", with: "kv")), "MAN-8"),
      ("image twice", manifest(more: second("oci://r/a:1")), "MAN-8"),
      ("another version of an image", manifest(more: second("r/a:2")), nil),
      (
        "provider twice", manifest(other: "image: r/kv:2, contract: wasmcloud:keyvalue"), "MAN-8"
      ),
      (
        "provider under two names",
        manifest(other: "image: r/kv:2, contract: wasmcloud:keyvalue, link_name: b"), nil
      ),
      (
        "two images of one registry",
        manifest(
          capability: "image: localhost:5000/kv:1, contract: a:b",
          other: "image: localhost:5000/http:1, contract: a:b"), nil
      ),
    ] as [(String, String, String?)])
  func verdict(_ name: String, _ text: String, _ finding: String?) {
    let decoded = decodeManifests(ManifestFile(path: "a.yaml", bytes: Array(text.utf8)))
    let errors = decoded.diagnostics.filter { $0.severity == .error }
    let said = decoded.diagnostics.map { diagnostic in
      (diagnostic.severity == .error ? "" : "\(diagnostic.severity) ") + "\(diagnostic.code)"
    }
    #expect(said == [finding].compactMap { $0 }, "\(name): \(decoded.diagnostics)")
    #expect(
      decoded.applications.map(\.application.isForHostsBefore1) == (errors.isEmpty ? [true] : []))
    // A document that is bad protects its name; where it has none, everything.
    #expect((!decoded.frozen.isEmpty || !decoded.unreadable.isEmpty) == !errors.isEmpty, "\(name)")
  }

  @Test("the findings say where, why and what to do")
  func words() {
    func finding(_ text: String) -> String? {
      decodeManifests(ManifestFile(path: "a.yaml", bytes: Array(text.utf8))).diagnostics.first?
        .description
    }
    #expect(
      finding(Self.manifest(traits: "\(Self.scaler), \(Self.linkdef), \(Self.linkdef)"))
        == "a.yaml:6:204: error MAN-8: the linkdef of 'web' to 'kv' is declared twice; keep one, with "
        + "the values of both; the other is at a.yaml:6:145")
    #expect(
      finding(Self.manifest(more: Self.second("r/a:1")))
        == "a.yaml:9:5: error MAN-8: 'other' and 'web' run one image, by which hosts tell actors; keep "
        + "one, with the instances of both; the other is at a.yaml:6:5")
    #expect(
      finding(Self.manifest(other: Self.kv))
        == "a.yaml:8:5: error MAN-8: 'http' and 'kv' run one image under the link name 'default', by "
        + "which hosts tell providers; give one of them another 'link_name'; the other is at "
        + "a.yaml:7:5")
  }

  @Test("no value of a linkdef or config stands in a finding, or below it")
  func values() {
    let text = Self.manifest(
      traits: "\(Self.scaler), {type: linkdef, properties: {target: kw, values: {a: 31337}}}",
      capability: Self.kv + ", config: 31337", other: Self.kv + ", config: {password: s31337}")
    let findings = decodeManifests(ManifestFile(path: "a.yaml", bytes: Array(text.utf8)))
      .diagnostics
    #expect(findings.count > 3, "\(findings)")
    let lines = SourceLines(Array(text.utf8))
    for finding in findings {
      let shown = finding.location.flatMap { lines.excerpt(at: $0) } ?? ""
      #expect(!"\(finding)\(shown)".contains("31337"), "\(finding)\n\(shown)")
    }
    let opaque = "spec:\n  components:\n  - properties:\n      config: s31337\n      contract: x\n"
    let shown = (1...5).map { line in
      (1...20).map { column in
        SourceLines(Array(opaque.utf8)).excerpt(
          at: SourcePosition(path: "a", line: line, column: column)) ?? ""
      }.joined()
    }.joined()
    #expect(!shown.contains("31337") && shown.contains("contract: x"), "\(shown)")
  }

  @Test(
    "the native form has contracts, values and comments, is the same model, and says what lacks")
  func conversion() throws {
    let converted = convert(Self.shop)
    #expect(
      converted.diagnostics.map(\.description) == [
        "a.yaml:21:17: warning MAN-15: shop is for hosts before 1.0: which interfaces its links call, "
          + "it does not say; add 'interface' to each link, such as wasi:keyvalue/store, and name images "
          + "for hosts since 1.0; a contract alone links nothing there"
      ])
    let text = try #require(converted.text)
    #expect(text == Self.native)
    try expectSame(Self.shop, text)
  }

  private static let native = """
    apiVersion: reconcile.dev/v1
    kind: Application
    metadata:
      name: shop
      annotations:
        version: v0.1.0
        experimental: true
    spec:
      actors:
        # Answers requests.
        - name: web-front
          image: r.example.com/web:0.3.8 # signed
          instances: 4
          spread:
            - name: east
              requirements:
                zone: e
      providers:
        - name: http
          image: r.example.com/httpserver:0.19.1
          contract: wasmcloud:httpserver
          # a text
          startConfig: '{"cache": 1}'
        - name: kv
          image: r.example.com/kvredis:0.21.0
          instances: 1
          perHost: true
          contract: wasmcloud:example:keyvalue # of ours
          linkName: fast
          startConfig:
            # where it is
            url: redis://r:6379
            pool:
              size: 4
              hosts:
                - a
                - true
                - 1.5
                - null
      links:
        # Listens here.
        - source: web-front
          target: http
          contract: wasmcloud:httpserver
          values:
            # on all addresses
            ADDRESS: '0.0.0.0:8080' # as ever
        - source: web-front
          target: kv
          contract: wasmcloud:example:keyvalue
          name: fast

    """
}
