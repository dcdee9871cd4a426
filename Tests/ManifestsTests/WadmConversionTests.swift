import Diagnostics
import Foundation
import JSONCoding
import LatticeModel
import ReconcileTestKit
import Testing
import YAMLTree

@testable import Manifests

@Suite("Conversion of manifests of wadm")
struct WadmConversionTests {
  @Test("the native form of a manifest has its comments, and is the same model")
  func conversion() throws {
    let converted = convert(Self.commented)
    #expect(converted.diagnostics.isEmpty, "\(converted.diagnostics)")
    let text = try #require(converted.text)
    #expect(text == Self.native)
    try expectSame(Self.commented, text)
  }

  @Test("what cannot be converted is told, and nothing is written")
  func refusals() {
    let native = application("shop", "{}")
    #expect(convert(native).text == nil)
    #expect(
      convert(native).diagnostics.map { "\($0.message); \($0.remedy ?? "")" } == [
        "the document is in the native form already; nothing is to be done"
      ])
    #expect(
      convert("apiVersion: apps/v1\nkind: Deployment\n").diagnostics.map(\.message) == [
        "the document is no application of wadm"
      ])
    #expect(convert("").diagnostics.map(\.message) == ["there is no application of wadm"])
    #expect(convert(WadmTests.manifest(name: "a.b")).text == nil)
    let rival = convert(WadmTests.twice("'1': {x: y}", "'1': ~"))
    #expect(rival.text == nil)
    #expect(
      rival.diagnostics.contains {
        $0.message == "config '1' is both the application's and somebody else's"
      })
  }

  @Test("what decodes is converted to what decodes, to the same")
  func odd() throws {
    let texts = [
      // A component of another application alone.
      document(
        "[{name: far, type: capability, properties: {application: {name: o, component: c}}}]"),
      document("[]"),
      // Two policies of one name, of which the last one counts.
      document(
        "[{name: a, type: component, properties: {image: 'r/a:1', secrets: [{name: s, properties: "
          + "{policy: v, key: k}}]}}]\n  policies: [\(policy("one")), \(policy("two"))]"),
      // A config of its own and one of others that are called alike.
      WadmTests.twice("shop: {x: y}", "shop: ~"), WadmTests.twice("a-1: ~", "a-1: {x: y}"),
      // A link and a component whose parts stand elsewhere in the text.
      document(
        "\n  - {name: a, type: component, properties: {image: 'r/a:1'}, traits: [{type: link, properties: "
          + "&l {target: p, namespace: n, package: m, interfaces: [i]}}]}\n"
          + "  - name: p\n    type: component\n    properties: {image: 'r/p:1'}\n    traits:\n"
          + "    # The same.\n    - {type: link, properties: *l}"),
      // Names and numbers that only one of the forms had room for.
      document(
        "[{name: a, type: component, properties: {image: 'r/a:1', config: [{name: my.config}]}, "
          + "traits: [{type: spreadscaler, properties: {instances: 2, spread: [{name: x, "
          + "requirements: {a: b}, weight: 2000000}]}}]}]"),
    ]
    for text in texts {
      let native = try #require(convert(text).text, "\(convert(text).diagnostics)")
      #expect(
        !decodeManifests(ManifestFile(path: "a.yaml", bytes: Array(native.utf8))).diagnostics
          .contains { $0.severity == .error })
      try expectSame(text, native)
    }
  }

  private func document(_ components: String) -> String {
    "apiVersion: core.oam.dev/v1beta1\nkind: Application\n"
      + "metadata: {name: shop, annotations: {}}\nspec:\n  components: \(components)\n"
  }

  private func policy(_ backend: String) -> String {
    "{name: v, type: policy.secret.wasmcloud.dev/v1alpha1, properties: {backend: \(backend)}}"
  }

  @Test("a comment stays with its link or component, also where nothing comes of what it stands at")
  func comments() throws {
    let text = document(
      """

          - name: web
            type: component
            properties:
              image: r/a:1
            traits:
              - type: spreadscaler
                properties: {instances: 1}
              - type: link
                properties:
                  target: kv # who
                  namespace: wasi # ns
                  package: keyvalue # pk
                  interfaces: [store] # if
                  name: default # nm
          - name: kv
            properties:
              image: r/kv:1
            type: capability # ty
          - name: far
            type: capability
            properties: {image: r/far:1}
      """)
    #expect(
      try #require(convert(text).text).split(separator: "\n").drop { $0 != "  providers:" } == [
        "  providers:",
        "    - name: kv",
        "      image: r/kv:1",
        "      # ty",
        "    - name: far",
        "      image: r/far:1",
        "  links:",
        "    - source: web",
        "      target: kv # who",
        "      # ns",
        "      # pk",
        "      interface: wasi:keyvalue/store # if",
        "      # nm",
      ])
  }

  @Test("a text can be written in one line without becoming another")
  func texts() throws {
    let texts = [
      "", " ", "plain", "a: b", "a #b", "#a", "1", "1.0", "0x1", "true", "No", "~", "null", "it's",
      "'", "\"",
      "a\nb\n", "tab\t", "ä ö", "\u{2028}", "\u{FEFF}x", "- a", "a:", "[a]", "{a", "*a", "&a", "!a",
      "|",
      ">", "%a", "@a", "`a", "\\", "a\\nb", "\u{1}", "=", "/path", "a, b", "?", "? a", "-", "---",
      "...",
      "\u{1F600}",
    ]
    for text in texts {
      let document = try parseYAML(Array("- \(writtenText(text))\n".utf8), path: "a").first?.root
      let read = document?.elements.first { _ in true }
      #expect(read?.scalarType == .string && read?.text == text, "\(writtenText(text))")
    }
  }

  @Test("of what others wrote, the native form is the same model, and fits the schema")
  func conversions() async throws {
    let sound = try corpusOfWadm().filter(\.isValid)
    var texts: [(name: String, native: String)] = []
    for (name, text, _) in sound {
      let converted = convert(text)
      guard let native = converted.text else {
        Issue.record("\(name): \(converted.diagnostics)")
        continue
      }
      try expectSame(text, native)
      texts.append((name, native))
    }
    let values = try texts.map { name, native in
      let root = try #require(try parseYAML(Array(native.utf8), path: name).first?.root)
      return (kind: "Application", value: JSONValue(root))
    }
    for (verdict, text) in zip(try await SchemaJudge.verdicts(on: values), texts) {
      #expect(verdict == nil, "\(text.name): \(verdict ?? "")\n\(text.native)")
    }
  }

  private static let commented = """
    # A shop.
    apiVersion: core.oam.dev/v1beta1
    kind: Application
    metadata:
      name: shop # as in the contract
      annotations:
        version: v0.1.0
    spec:
      components:
        # Answers requests.
        - name: web
          type: component
          properties:
            image: r.example.com/web:1.2 # the newest
            # image: file://./web.wasm
            config:
              - name: texts
                properties:
                  # what is said first
                  greeting: "it's # 1" # no comment: #
                  lines: |
                    one
                    # two
          traits:
            # Two of three in the east.
            - type: spreadscaler
              properties:
                instances: 3
                spread:
                  - name: east
                    weight: 67
                    requirements:
                      zone: e # of the lattice
                  - name: west
                    weight: 33
                    requirements: {zone: w}
            # Sessions.
            - type: link
              properties:
                target:
                  name: kv
                  config:
                    - name: kv-url
                      properties:
                        url: redis://r:6379
                namespace: wasi
                package: keyvalue
                interfaces: [store, atomics]
        - name: kv
          type: capability
          properties:
            id: kv_redis
            image: r.example.com/kv:1
            config:
              - name: defaults
    # The end.

    """

  private static let native = """
    # A shop.
    apiVersion: reconcile.dev/v1
    kind: Application
    metadata:
      name: shop # as in the contract
      annotations:
        version: v0.1.0
    spec:
      actors:
        # Answers requests.
        - name: web
          image: r.example.com/web:1.2 # the newest
          # Two of three in the east.
          instances: 3
          spread:
            - name: east
              weight: 67
              requirements:
                zone: e # of the lattice
            - name: west
              weight: 33
              requirements:
                zone: w
          # image: file://./web.wasm
          config: [texts]
      providers:
        - name: kv
          image: r.example.com/kv:1
          id: kv_redis
          config: [defaults]
      configs:
        - name: texts
          values:
            # what is said first
            greeting: 'it''s # 1' # no comment: #
            lines: "one\\n# two\\n"
        - name: kv-url
          values:
            url: redis://r:6379
        - name: defaults
          external: true
      links:
        # Sessions.
        - source: web
          target: kv
          interface: wasi:keyvalue/store,atomics
          targetConfig: [kv-url]
    # The end.

    """
}

/// What converting a text comes to.
func convert(_ text: String) -> ConvertedManifest {
  convertWadm(ManifestFile(path: "a.yaml", bytes: Array(text.utf8)))
}

/// Expects that two texts declare the same, wherever it stands in them.
func expectSame(
  _ one: String, _ other: String, at place: SourceLocation = #_sourceLocation
) throws {
  let models = [one, other].map {
    decodeManifests(ManifestFile(path: "a.yaml", bytes: Array($0.utf8))).applications.map(
      \.placeless)
  }
  #expect(!models[0].isEmpty && models[0] == models[1], "\(other)", sourceLocation: place)
}

extension ApplicationManifest {
  /// The same, as if everything stood at one place.
  fileprivate var placeless: ApplicationManifest {
    let place = SourcePosition(path: "", line: 1, column: 1)
    var bare = self
    bare.application.origin = place
    // The native form says it link by link.
    bare.application.isForHostsBefore1 = false
    for index in bare.application.actors.indices { bare.application.actors[index].origin = place }
    for index in bare.application.providers.indices {
      bare.application.providers[index].origin = place
    }
    for index in bare.application.configs.indices { bare.application.configs[index].origin = place }
    for index in bare.links.indices {
      bare.links[index].origin = place
      for end in [\LinkManifest.source, \LinkManifest.target] {
        bare.links[index][keyPath: end].position = place
        bare.links[index][keyPath: end].kind = .any
      }
    }
    return bare
  }
}
