import Diagnostics
import JSONCoding
import LatticeModel
import Testing
import YAMLTree

@testable import Manifests

@Suite("Overlays")
struct OverlayTests {
  private static let shop = """
    apiVersion: reconcile.dev/v1
    kind: Application
    metadata: {name: shop}
    x-image: &image {image: "r/web:1"}
    spec:
      actors:
        - name: web # takes orders
          <<: *image
          instances: 2
          config: {level: info, region: none}
      providers:
        - {name: kv, image: "r/kv:1"}
        - {name: db, image: "r/db:1"}
      links:
        - {source: web, target: kv, interface: "wasi:keyvalue/store", values: {bucket: a}}

    """

  private static func overlay(_ spec: String, name: String = "shop") -> String {
    "apiVersion: reconcile.dev/v1\nkind: Application\nmetadata: {name: \(name)}\nspec:\n\(spec)\n"
  }

  private func overlays(_ layers: [String]..., isWhole: Bool = true) -> Overlays {
    Overlays(
      layers.enumerated().map { number, texts in
        texts.enumerated().map { index, text in
          OverlayFile(ManifestFile(path: "over\(number)/\(index).yaml", bytes: Array(text.utf8)))
        }
      }, isWhole: isWhole)
  }

  private func state(
    _ base: String = shop, with overlays: Overlays, lastGood: [ApplicationManifest] = []
  ) -> ResolvedState {
    let file = decodeManifests(
      ManifestFile(path: "shop.yaml", bytes: Array(base.utf8)), with: overlays)
    return resolve([file], revision: "r", tree: "t", with: overlays, lastGood: lastGood)
  }

  @Test("what an environment says differs, field by field; all else is as it was")
  func fields() throws {
    let state = state(
      with: overlays([
        Self.overlay(
          """
            actors:
              - {name: web, instances: 5, config: {region: eu, extra: x}}
            providers: [{name: kv, image: "r/kv:2"}]
            links:
              - {source: web, target: db, interface: "wasi:keyvalue/store"}
              - {source: web, target: db, interface: "wasi:keyvalue/store", name: second}
          """)
      ]))
    #expect(state.diagnostics == [])
    let shop = try #require(state.desired.applications.first)
    let web = try #require(shop.actors.first)
    #expect(web.instances == 5 && web.image == "r/web:1")
    #expect(shop.providers.map(\.image) == ["r/db:1", "r/kv:2"])
    #expect(
      shop.links.map { "\($0.name) \($0.target.id)" }
        == ["default shop-db", "second shop-db"])
    #expect(
      shop.configs.first?.values == ["level": "info", "region": "eu", "extra": "x"])
  }

  @Test("layers lie over one another, the last one on top; null takes a field away")
  func layers() throws {
    let state = state(
      with: overlays(
        [Self.overlay("  actors: [{name: web, instances: 3, config: {region: eu}}]")],
        [Self.overlay("  actors: [{name: web, instances: 7, config: null}]")]))
    #expect(state.diagnostics == [])
    let web = try #require(state.desired.applications.first?.actors.first)
    #expect(web.instances == 7 && web.configs.isEmpty)
  }

  @Test("a mistake is told where it stands, in whichever of the files")
  func places() {
    let state = state(
      with: overlays([Self.overlay("  actors:\n    - {name: web, instances: many}\n  provider: []")]
      ))
    #expect(
      state.diagnostics.map(\.description) == [
        "over0/0.yaml:6:30: error MAN-4: 'instances' of the actor is 'many', not a whole number; "
          + "write digits without quotes",
        "over0/0.yaml:7:3: error MAN-5: spec has no key 'provider'; write 'providers'",
      ])
    #expect(state.desired.frozen.map(\.name) == ["shop"] && state.desired.applications == [])
  }

  @Test(
    "where it cannot be told what lies over an application, it is left alone, never taken bare",
    arguments: [
      "apiVersion: reconcile.dev/v2\nkind: Application\nmetadata: {name: shop}\nspec: {}\n",
      "apiVersion: reconcile.dev/v1\nkind: Aplication\nmetadata: {name: shop}\nspec: {}\n",
      "apiVersion: core.oam.dev/v1beta1\nkind: Application\nmetadata: {name: shop}\nspec: {}\n",
      "apiVersion: reconcile.dev/v1\nkind: Application\nmetadata: {nme: shop}\nspec: {}\n",
      "apiVersion: reconcile.dev/v1\nkind: Application\nspec: [\n",
      "- apiVersion: reconcile.dev/v1\n",
      "aversion: x\nkind: Application\nmetadata: {name: shop}\n",
      overlay("  actors: []") + "---\n" + overlay("  actors: []"),
    ])
  func damaged(text: String) {
    let state = state(with: overlays([text]))
    #expect(state.desired.applications == [] && state.desired.frozen.map(\.name) == ["shop"])
    let errors = state.diagnostics.filter { $0.severity == .error }
    #expect(errors.count == 1 && errors.first?.location?.path == "over0/0.yaml", "\(errors)")
    let lastGood = decodeManifests(ManifestFile(path: "shop.yaml", bytes: Array(Self.shop.utf8)))
      .applications.map { $0.held(at: "abc") }
    let held = self.state(with: overlays([text]), lastGood: lastGood)
    #expect(held.desired.applications.map(\.heldAt) == ["abc"] && held.desired.frozen == [])
  }

  @Test("where a file of overlays could not be read, everything below is left alone")
  func unread() {
    #expect(state(with: overlays([], isWhole: false)).desired.frozen.map(\.name) == ["shop"])
  }

  @Test("an overlay over nothing is an error that names what is nearly so, and freezes nothing")
  func overNothing() {
    let state = state(with: overlays([Self.overlay("  actors: []", name: "shpo")]))
    #expect(
      state.diagnostics.map(\.description) == [
        "over0/0.yaml:1:1: error MAN-27: no Application 'shpo' lies below its overlay; write 'shop'"
      ])
    #expect(state.desired.applications.map(\.name) == ["shop"])
  }

  @Test("documents of other tools beside overlays are passed over with a note")
  func neighbours() {
    let state = state(
      with: overlays([
        "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n",
        Self.overlay("  actors: [{name: web, instances: 4}]"),
      ]))
    #expect(state.diagnostics.map(\.severity) == [.note])
    #expect(state.desired.applications.first?.actors.first?.instances == 4)
  }

  @Test("a manifest of wadm is overlaid by component and by trait")
  func wadm() throws {
    let base = """
      apiVersion: core.oam.dev/v1beta1
      kind: Application
      metadata: {name: shop, annotations: {version: v1}}
      spec:
        components:
          - name: web
            type: component
            properties: {image: r/web:1}
            traits:
              - {type: spreadscaler, properties: {instances: 1}}
              - {type: link, properties: {target: kv, namespace: wasi, package: keyvalue, interfaces: [store]}}
          - {name: kv, type: capability, properties: {image: r/kv:1}}

      """
    let over = """
      apiVersion: core.oam.dev/v1beta1
      kind: Application
      metadata: {name: shop}
      spec:
        components:
          - name: web
            traits: [{type: spreadscaler, properties: {instances: 9}}]

      """
    let state = state(base, with: overlays([over]))
    #expect(state.diagnostics.filter { $0.severity == .error } == [])
    let shop = try #require(state.desired.applications.first)
    #expect(shop.actors.first?.instances == 9 && shop.links.count == 1)
  }

  @Test("rendered, it is one manifest that decodes to the same, with the lower file's comments")
  func rendered() throws {
    let overlays = overlays([
      Self.overlay("  actors: [{name: web, instances: 5, config: {region: eu, \"on\": \"1\"}}]")
    ])
    let file = ManifestFile(path: "shop.yaml", bytes: Array(Self.shop.utf8))
    let document = try #require(renderManifests(file, with: overlays).first)
    #expect(
      document.text == """
        apiVersion: reconcile.dev/v1
        kind: Application
        metadata:
          name: shop
        spec:
          actors:
            - name: web # takes orders
              instances: 5
              config:
                level: info
                region: eu
                'on': '1'
              image: r/web:1
          providers:
            - name: kv
              image: r/kv:1
            - name: db
              image: r/db:1
          links:
            - source: web
              target: kv
              interface: wasi:keyvalue/store
              values:
                bucket: a

        """)
    #expect(document.overlays.map(\.path) == ["over0/0.yaml"] && document.name == "shop")
    let plain = resolve(
      [decodeManifests(ManifestFile(path: "shop.yaml", bytes: Array(document.text.utf8)))],
      revision: "r", tree: "t")
    let actors = plain.desired.applications.first?.actors
    #expect(plain.diagnostics == [])
    #expect(actors?.map(\.instances) == [5])
    #expect(
      actors?.map(\.configs)
        == state(with: overlays).desired.applications.first?.actors.map(\.configs))
  }

  /// A key that is longer than YAML takes before a colon on its line.
  private static let longKey = String(repeating: "long ", count: 230) + "key"

  @Test("a long key of a list's element, of a mapping in one line and of a requirement stays one")
  func longKeys() throws {
    let long = String(Self.longKey.prefix(1_100)).replacing(" ", with: "_")
    let text = """
      apiVersion: reconcile.dev/v1
      kind: HostProfile
      metadata: {name: a}
      spec:
        match:
          labels:
            ? \(long)
            : v
        labels:
          ? \(long)
          : v
      x-list:
      - ? \(long)
        : {? \(long) : [{? \(long) : 1}]}
      - [{? \(long) : [{? \(long) : 1}]}]
      """
    let file = ManifestFile(path: "a.yaml", bytes: Array(text.utf8))
    let root = try #require(parseYAMLDocuments(file.bytes, path: "a.yaml").documents.first?.root)
    var lines = YAMLLines()
    lines.add(0, entriesOf: root)
    let once = lines.text(with: [])
    let reading = parseYAMLDocuments(Array(once.utf8), path: "b.yaml")
    let again = try #require(reading.documents.first?.root)
    #expect(reading.error == nil && JSONValue(again) == JSONValue(root))
    lines = YAMLLines()
    lines.add(0, entriesOf: again)
    #expect(lines.text(with: []) == once)
  }

  @Test(
    "rendered, every value means what it meant, and a second time it is the same",
    arguments: [
      "actors: [{name: web, image: r/web:1, instances: ~, config: {a: 'no', b: \"1\", c: 1.0}}]",
      "x-a: 1", "{actors: [], x-a: 1}",
      "actors:\n        # of web\n    - {name: web, image: 'r/web:1', config: {a: b}}",
      "actors: [{name: web, image: r/web:1, config: {'null': v, '~': w, '1': x, 'a: b': z}}]",
      "actors: [{name: web, image: r/web:1, config: {a: !!int '3', b: !!str 4, c: !!bool 'true'}}]",
      "actors: [{name: web, image: r/web:1, config: {a: \"x\\uffff\\u2028y\", b: ' z ', c: '#d'}}]",
      "actors: [{name: web, image: r/web:1, config: {a: \"two\\nlines\", b: '', c: '- d'}}] # e",
      "actors: [{name: web, image: r/web:1, config: {? '\(longKey)' : z, b: '\(longKey)'}}]",
    ])
  func renderedValues(spec: String) throws {
    let text = application("shop", spec.hasPrefix("{") ? spec : "\n  \(spec)")
    let first = ManifestFile(path: "a.yaml", bytes: Array(text.utf8))
    let once = try #require(renderManifests(first, with: .none).first?.text)
    let second = ManifestFile(path: "a.yaml", bytes: Array(once.utf8))
    #expect(renderManifests(second, with: .none).map(\.text) == [once])
    let (before, after) = (decodeManifests(first), decodeManifests(second))
    #expect(after.diagnostics.map(\.message) == before.diagnostics.map(\.message), "\(once)")
    #expect(
      before.applications.map(\.application.configs.first?.values)
        == after.applications.map(\.application.configs.first?.values), "\(once)")
  }

  @Test("rendered, what wadm takes for an empty mapping is one still")
  func renderedNothing() throws {
    let text = """
      apiVersion: core.oam.dev/v1beta1
      kind: Application
      metadata: {name: shop, annotations: }
      spec: {components: [{name: web, type: component, properties: {image: 'r/web:1'}}]}

      """
    let file = ManifestFile(path: "a.yaml", bytes: Array(text.utf8))
    let rendered = try #require(renderManifests(file, with: .none).first?.text)
    let again = decodeManifests(ManifestFile(path: "a.yaml", bytes: Array(rendered.utf8)))
    #expect(decodeManifests(file).applications.count == 1)
    #expect(again.applications.count == 1, "\(again.diagnostics)")
  }

  @Test("a comment before a rare line break takes no line with it")
  func rareBreaks() throws {
    for ending in ["\r", "\u{85}", "\u{2028}", "\u{2029}"] {
      let text = Self.shop.replacing("# takes orders\n", with: "# takes orders\(ending)")
      let file = ManifestFile(path: "a.yaml", bytes: Array(text.utf8))
      let rendered = try #require(renderManifests(file, with: .none).first?.text)
      let again = decodeManifests(ManifestFile(path: "a.yaml", bytes: Array(rendered.utf8)))
      #expect(again.applications.first?.application.actors.first?.instances == 2, "\(rendered)")
    }
  }

  @Test("a document of KubeVela that has the name of one of wadm below is no neighbour")
  func kubeVela() {
    func wadm(_ type: String) -> String {
      """
      apiVersion: core.oam.dev/v1beta1
      kind: Application
      metadata: {name: shop}
      spec: {components: [{name: kv, type: \(type), properties: {image: r/kv:1}}]}

      """
    }
    let state = state(wadm("capability"), with: overlays([wadm("webservice")]))
    #expect(state.desired.applications == [] && state.desired.frozen.map(\.name) == ["shop"])
    let errors = state.diagnostics.filter { $0.severity == .error }
    #expect(errors.map(\.code.description) == ["MAN-15"])
    #expect(errors.first?.location?.path == "over0/0.yaml")
    let beside = self.state(with: overlays([wadm("webservice")]))
    #expect(beside.desired.applications.map(\.name) == ["shop"] && beside.errorCount == 0)
  }

  @Test("what an overlay takes away is told in the overlay, and one without a document is told")
  func takenAway() {
    let state = state(with: overlays([Self.overlay("  actors: [{name: web, image: null}]")]))
    #expect(state.diagnostics.map { "\($0.location?.path ?? "")" } == ["over0/0.yaml"])
    let empty = self.state(with: overlays(["# nothing differs\n"]))
    #expect(
      empty.diagnostics.map(\.description) == [
        "over0/0.yaml:1:1: warning MAN-27: the file lies over nothing: it has no document; "
          + "remove it, or restore what it said"
      ])
  }
}

extension ResolvedState {
  fileprivate var errorCount: Int { diagnostics.count { $0.severity == .error } }
}
