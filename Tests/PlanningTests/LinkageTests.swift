import Diagnostics
import LatticeModel
import Manifests
import Planning
import Testing

/// Links that say what hosts before 1.0 link by, or hosts since, or both; and applications that are for
/// one of the two as a whole.
@Suite("By what hosts link")
struct LinkageTests {
  /// A lattice with one host, its stores empty where nothing was put.
  private struct Lattice {
    var observed = ObservedState()
    var context = PlanningContext(lattice: "default")

    init(_ linkage: Linkage = .interface, prune: Bool = true) {
      observed.note(
        HostReport(
          host: "NA", labels: ["reconcile.dev/cpu": "8", "reconcile.dev/memory": "128Mi"]),
        at: Timestamp(nanoseconds: 1))
      observed.view = .complete
      context.prune = prune
      context.abilities = HostAbilities(linkage: linkage)
    }

    func desired(_ texts: [String]) -> DesiredState {
      let state = resolve(
        texts.enumerated().map {
          decodeManifests(ManifestFile(path: "\($0).yaml", bytes: Array($1.utf8)))
        }, revision: "r", tree: "t")
      #expect(!state.diagnostics.contains { $0.severity == .error }, "\(state.diagnostics)")
      return state.desired
    }

    mutating func plan(_ texts: String...) -> Plan {
      let desired = desired(texts)
      for application in desired.applications {
        for link in application.links where observed.links[link.source.id] == nil {
          observed.noteLinks([], of: link.source.id)
        }
        for config in application.configs where observed.configs[config.name] == nil {
          observed.noteConfig(.absent, named: config.name)
        }
      }
      return Planning.plan(from: observed, to: desired, in: context)
    }

    mutating func carryOut(_ text: String) {
      let plan = plan(text)
      (observed, context.record) = simulate(plan, on: observed, record: context.record)
    }
  }

  private static func shop(_ link: String, more: String = "") -> String {
    """
    apiVersion: reconcile.dev/v1
    kind: Application
    metadata: {name: shop}
    spec:
      actors: [{name: web, image: "r/web:1"}]
      providers: [{name: kv, image: "r/kv:1"}, {name: blobs, image: "r/blobs:1"}]
      links:
        - {source: web, target: kv, values: {url: here}, \(link)}
        \(more)
    """
  }

  private static let interface = #"interface: "wasi:keyvalue/store""#
  private static let contract = "contract: wasmcloud:keyvalue"

  @Test("a link by contract alone is held where hosts link by interface, and nothing is put for it")
  func held() {
    var lattice = Lattice()
    let plan = lattice.plan(Self.shop(Self.contract))
    #expect(plan.steps.map(\.unit.kind) == [.provider, .provider, .actor])
    #expect(plan.held.map(\.rule) == [.notLinkable])
    #expect(plan.held.map(\.step.unit.name) == ["web -> kv wasmcloud:keyvalue"])
    #expect(
      plan.held.map(\.detail) == [
        "it has a contract alone, and the hosts of this lattice link by interface"
      ])
    #expect(plan.held.map(\.remedy) == ["add 'interface' to it, such as wasi:keyvalue/store"])
    #expect(plan.counts.missing == 4)
  }

  @Test("with both, a link is planned as with what the hosts link by alone")
  func both() {
    var (one, other) = (Lattice(), Lattice())
    let first = one.plan(Self.shop(Self.interface))
    let second = other.plan(Self.shop("\(Self.interface), \(Self.contract)"))
    #expect(first == second && planIdentifier(first) == planIdentifier(second))
    #expect(first.steps.map(\.unit.kind).contains(.link))
  }

  @Test("what a link by contract may be to replace is left alone, with its values; other links go")
  func replaced() {
    let blobs = #"- {source: web, target: blobs, name: big, interface: "wasi:blobstore/container"}"#
    let other = #"- {source: blobs, target: web, interface: "wasi:http/incoming-handler"}"#
    var lattice = Lattice()
    lattice.carryOut(Self.shop(Self.interface, more: "\(blobs)\n    \(other)"))
    #expect(lattice.observed.links["shop-web"]?.count == 2)
    let plan = lattice.plan(Self.shop(Self.contract))
    #expect(
      plan.steps.map(\.unit.name) == ["shop-web -> shop-blobs", "shop-blobs -> shop-web"].sorted())
    #expect(
      plan.held.map { "\($0.rule.rawValue) \($0.step.unit.kind) \($0.step.unit.name)" } == [
        "not-linkable config shop-web-kv-wasi_keyvalue-default",
        "not-linkable link shop-web -> shop-kv", "not-linkable link web -> kv wasmcloud:keyvalue",
      ])
    #expect(
      plan.held.first?.detail
        == "link web -> kv wasmcloud:keyvalue, at 0.yaml:8:7, may be meant in its place; it has a "
        + "contract alone, and the hosts of this lattice link by interface")
    // One under the same name may be the same link with another target.
    let moved = Self.shop(Self.contract).replacing("target: kv", with: "target: blobs")
    #expect(lattice.plan(moved).held.map(\.step.unit.name).contains("shop-web -> shop-kv"))
    // Once it says its interface, it is the link that is stored.
    let mended = Self.shop("\(Self.interface), \(Self.contract)")
    #expect(lattice.plan(mended).held.isEmpty)
    #expect(!lattice.plan(mended).steps.contains { $0.unit.name.contains("kv") })
  }

  @Test("where hosts link by contract a link comes to it, and one by interface alone is held")
  func byContract() {
    var lattice = Lattice(.contract)
    let plan = lattice.plan(Self.shop("\(Self.interface), \(Self.contract)"))
    #expect(plan.held.isEmpty)
    let link = LinkDefinition(
      key: LinkKey(source: "shop-web", contract: "wasmcloud:keyvalue"), target: "shop-kv",
      interfaces: [], targetConfig: ["shop-web-kv-wasi_keyvalue-default"])
    #expect(plan.steps.flatMap(\.intents).contains(.connect(link)))
    let after = simulate(plan, on: lattice.observed, record: lattice.context.record)
    (lattice.observed, lattice.context.record) = after
    #expect(lattice.plan(Self.shop("\(Self.interface), \(Self.contract)")).isEmpty)
    var other = Lattice(.contract)
    let alone = other.plan(Self.shop(Self.interface))
    #expect(!alone.steps.contains { [.link, .config].contains($0.unit.kind) })
    #expect(
      alone.held.map { "\($0.detail); \($0.remedy)" } == [
        "it has an interface alone, and the hosts of this lattice link by contract; add 'contract' to "
          + "it, such as wasmcloud:keyvalue"
      ])
  }

  /// An application of wadm, in one of its two forms.
  private static func wadm(_ isOld: Bool, instances: Int = 1) -> String {
    """
    apiVersion: core.oam.dev/v1beta1
    kind: Application
    metadata: {name: shop, annotations: {}}
    spec:
      components:
        - name: web
          type: actor
          properties: {image: "r/web:\(isOld ? 1 : 2)"}
          traits:
            - {type: spreadscaler, properties: {instances: \(instances)}}
            - \(isOld
      ? "{type: linkdef, properties: {target: kv, values: {url: here}}}"
      : "{type: link, properties: {target: kv, namespace: wasi, package: keyvalue, interfaces: [store]}}")
        - name: kv
          type: capability
          properties: {image: "r/kv:1"\(isOld ? ", contract: wasmcloud:keyvalue" : "")}
          traits: [{type: spreadscaler, properties: {instances: \(instances)}}]
    """
  }

  @Test(
    "an application for hosts before 1.0 is held whole on others, whatever of it runs",
    arguments: 0...1)
  func whole(_ instances: Int) {
    var lattice = Lattice()
    let plan = lattice.plan(Self.wadm(true, instances: instances))
    #expect(plan.isEmpty && plan.unplaceable.isEmpty)
    #expect(
      plan.held.map { "\($0.step.unit.kind) \($0.step.unit.name): \($0.detail); \($0.remedy)" } == [
        "application shop: it is made for hosts before 1.0, and those of this lattice are newer; let "
          + "'reconcile convert' write the native form, and add an 'interface' to each link; nothing "
          + "of it is touched meanwhile"
      ])
    #expect(plan.held.map(\.rule) == [.otherHosts])
  }

  @Test("nothing of it is touched that is there, though all is pruned, and it takes no room")
  func protected() {
    var lattice = Lattice()
    let before = Self.wadm(false).replacing(
      "spec:\n", with: "spec:\n  policies: []\n"
    ).replacing(
      "  components:\n",
      with: """
          components:
            - name: old
              type: component
              properties: {image: "r/old:1", config: [{name: c, properties: {a: b}}]}
              traits: [{type: spreadscaler, properties: {instances: 2}}]

        """)
    lattice.carryOut(before)
    #expect(lattice.observed.hosts.first?.actors.count == 2)
    let roomy = """
      apiVersion: reconcile.dev/v1
      kind: Application
      metadata: {name: other}
      spec:
        actors: [{name: big, image: "r/big:1", instances: 2, resources: {memory: 64Mi}}]
      """
    let plan = lattice.plan(Self.wadm(true, instances: 1), roomy)
    #expect(plan.steps.map(\.unit.application) == ["other"])
    #expect(plan.held.map(\.rule) == [.otherHosts])
    #expect(plan.left.isEmpty && plan.unplaceable.isEmpty && plan.unowned.isEmpty)
    // Once it is gone from git, what runs of it goes.
    #expect(lattice.plan(roomy).steps.count { $0.unit.application == "shop" } == 5)
  }

  @Test("hosts that link by contract run it")
  func native() {
    var lattice = Lattice(.contract)
    let plan = lattice.plan(Self.wadm(true))
    #expect(plan.held.isEmpty)
    #expect(Set(plan.steps.map(\.unit.kind)) == [.actor, .provider, .link, .config])
  }

  @Test("whoever else is in scope decides whether it is told")
  func scope() {
    var lattice = Lattice()
    lattice.context.only = ["other"]
    #expect(lattice.plan(Self.wadm(true)).held.isEmpty)
  }
}
