import Diagnostics
import LatticeModel
import ReconcileTestKit
import Testing

@testable import Manifests

@Suite("Fields of manifests")
struct FieldTests {
  private func actor(_ fields: String) throws -> ActorSpec {
    let state = resolved(application("a", "{actors: [{name: x, image: \"r/x:1\", \(fields)}]}"))
    #expect(state.diagnostics == [])
    return try #require(state.desired.applications.first?.actors.first)
  }

  @Test("no field that nobody reads must be there: those that are not there are not looked at")
  func unread() {
    var tables = ManifestKind.allCases.map { DocumentFields.of($0).table } + [WadmFields.document]
    var seen = 0
    while let table = tables.popLast() {
      tables += table.rows.flatMap(\.tables)
      let unread = table.rows.filter { $0.effect == .none }
      #expect(unread.allSatisfy { $0.need != .required }, "\(table.name)")
      seen += unread.count
    }
    #expect(seen > 10)
  }

  @Test("0 instances keep an actor declared")
  func none() throws {
    #expect(try actor("instances: 0").instances == 0)
    #expect(try actor("perHost: false").instances == 1)
  }

  @Test(
    "shares of processors and sizes are read in each of their forms",
    arguments: [
      ("{cpu: 500m, memory: 64Mi}", 500, 64 << 20), ("{cpu: 0.5, memory: 64M}", 500, 64_000_000),
      ("{cpu: 2, memory: 1048576}", 2_000, 1 << 20), ("{cpu: 1m, memory: 1.5Ki}", 1, 1_536),
    ])
  func quantities(_ text: String, _ cpu: Int, _ memory: Int) throws {
    #expect(
      try actor("resources: \(text)").resources == ResourceRequest(cpu: cpu, memory: memory))
  }

  @Test("a config of others is used by its name in the lattice, and is not declared")
  func external() throws {
    let state = resolved(
      application(
        "a",
        """
        {actors: [{name: x, image: "r/x:1", config: [ours, Their_s]}],
          providers: [{name: p, image: "r/p:1"}],
          configs: [{name: ours, values: {a: b}}, {name: Their_s, external: true}],
          links: [{source: x, target: p, interface: "a:b/c", values: {v: w},
            sourceConfig: [ours], targetConfig: [Their_s]}]}
        """))
    #expect(state.diagnostics == [])
    let found = try #require(state.desired.applications.first)
    #expect(found.actors.first?.configs == ["a-ours", "Their_s"])
    #expect(found.configs.map(\.name) == ["a-ours", "a-x-p-a_b-default"])
    #expect(found.links.first?.sourceConfig == ["a-ours"])
    #expect(found.links.first?.targetConfig == ["Their_s", "a-x-p-a_b-default"])
    for (config, message) in [
      ("{name: c, external: true, values: {}}", "the config is external and has values"),
      ("{name: c}", "the config has no 'values'"),
      ("{name: c, external: false}", "the config has no 'values'"),
    ] {
      let wrong = resolved(application("a", "{configs: [\(config)]}"))
      #expect(wrong.diagnostics.map(\.message) == [message])
    }
  }

  @Test(
    "what others may change is marked: what only those use that say so, and links of any of them")
  func ignored() throws {
    let state = resolved(
      application(
        "a",
        """
        {actors: [{name: x, image: "r/x:1", config: {k: v}, sync: {ignore: [config, instances]}},
            {name: y, image: "r/y:1", config: [both, mine], sync: {ignore: [config, links]}},
            {name: z, image: "r/z:1", config: [both]}],
          providers: [{name: p, image: "r/p:1", config: {k: v}, sync: {ignore: [config]}}],
          configs: [{name: both, values: {}}, {name: mine, values: {}}, {name: none, values: {}}],
          links: [{source: x, target: p, interface: "a:b/c"},
            {source: y, target: p, interface: "a:b/c", values: {v: w}}]}
        """))
    #expect(state.diagnostics.map(\.code.number) == [ManifestCode.unused.rawValue])
    let found = try #require(state.desired.applications.first)
    #expect(
      found.configs.filter(\.isLeft).map(\.name) == ["a-mine", "a-p", "a-x", "a-y-p-a_b-default"])
    #expect(found.links.filter(\.isLeft).map(\.source.name) == ["y"])
    #expect(found.actors.map(\.ignoresInstances) == [true, false, false])
    let wrong = resolved(
      application("a", "{providers: [{name: p, image: \"r/p:1\", sync: {ignore: [instances]}}]}"))
    #expect(wrong.diagnostics.map(\.remedy) == ["write config or links"])
  }

  @Test("a link says what it calls by an interface, a contract, or both")
  func called() throws {
    func links(_ links: String...) -> ResolvedState {
      resolved(
        application(
          "a",
          "{actors: [{name: x, image: \"r/x:1\"}], providers: [{name: p, image: \"r/p:1\"}, "
            + "{name: q, image: \"r/q:1\"}], links: ["
            + links.map { "{source: x, \($0)}" }.joined(separator: ", ") + "]}"))
    }
    func told(_ state: ResolvedState) -> [String] { state.diagnostics.map(\.description) }
    let sound = links(
      "target: p, interface: \"a:b/d,c\", values: {k: v}",
      "target: p, contract: \"w:c:d\", values: {k: v}",
      "target: q, interface: \"a:e/f\", contract: \"w:e\"",
      "target: q, interface: \"a:g/h\", contract: \"w:e\"")
    #expect(told(sound) == [])
    let found = try #require(sound.desired.applications.first)
    #expect(found.links.map(\.key.contract) == ["a:b", "a:e", "a:g", "w:c:d"])
    #expect(
      found.links.map { $0.definition(by: .interface)?.interfaces } == [
        ["c", "d"], ["f"], ["h"], nil,
      ])
    #expect(
      found.links.map { $0.definition(by: .contract)?.key.contract } == [
        nil, "w:e", "w:e", "w:c:d",
      ])
    #expect(found.configs.map(\.name) == ["a-x-p-a_b-default", "a-x-p-w_c_d-default"])
    #expect(found.configs.map(\.user) == [.link(found.links[0].key), .link(found.links[3].key)])
    #expect(
      told(links("target: p")) == [
        "0.yaml:4:120: error MAN-3: the link has neither 'interface' nor 'contract'; add "
          + "'interface', such as wasi:keyvalue/store; for hosts before 1.0 add 'contract'"
      ])
    #expect(told(links("target: p, interface: ~, contract: w")).count == 2)
    // Where one has no interface, hosts that link by contract would keep one of the two.
    #expect(
      told(
        links("target: p, contract: \"w:c\"", "target: q, interface: \"a:b/c\", contract: \"w:c\""))
        == [
          "0.yaml:4:120: error MAN-12: link 'default' of x for w:c is declared twice; give one of them "
            + "another name; the other is at 0.yaml:4:161"
        ])
  }

  @Test("a link may lead from and to actors and providers of other applications")
  func ends() throws {
    let base = application(
      "base", "{actors: [{name: x, image: \"r/x:1\"}], providers: [{name: p, image: \"r/p:1\"}]}")
    func links(_ source: String, _ target: String) -> ResolvedState {
      resolved(
        base,
        application("a", "{links: [{source: \(source), target: \(target), interface: \"a:b/c\"}]}"))
    }
    let (x, p) = ("{application: base, name: x}", "{application: base, name: p}")
    let sound = links(x, p)
    #expect(sound.diagnostics == [])
    let link = try #require(
      sound.desired.applications.first?.links.first?.definition(by: .interface))
    #expect(link.key.source == "base-x" && link.target == "base-p")
    #expect(
      links(x, "{application: base, name: q}").diagnostics.map(\.message) == [
        "base has neither an actor nor a provider 'q'"
      ])
    #expect(
      links(x, "{application: bose, name: p}").diagnostics.map(\.remedy) == ["write 'base'"])
  }

  @Test("a start is waited for ten minutes, or as long as is asked, at an actor and a provider")
  func startTimeout() throws {
    #expect(try actor("instances: 1").update == UpdatePolicy())
    #expect(UpdatePolicy().startTimeout == .seconds(600))
    #expect(try actor("update: {startTimeout: 1h30m}").update.startTimeout == .seconds(5_400))
    let state = resolved(
      application("a", "{providers: [{name: x, image: \"r/x:1\", update: {startTimeout: 10s}}]}"))
    #expect(state.diagnostics == [])
    #expect(state.desired.applications.first?.providers.first?.update.startTimeout == .seconds(10))
  }

  @Test("each field without an effect yet says so once, as the README does; everything else acts")
  func notActedOn() throws {
    let state = resolved(
      """
      apiVersion: reconcile.dev/v1
      kind: Application
      metadata: {name: a, annotations: {app.example.com/team: x}, labels: {tier: edge}}
      spec:
        actors:
          - name: x
            image: r/x:1
            id: x-1
            instances: 2
            perHost: true
            resources: {cpu: 500m, memory: 64Mi}
            priority: 255
            maxLatency: 1m30s
            preempt: true
            secrets: [{name: key, properties: {policy: p, key: k, field: f, version: 2}}]
            spread: s
            config: [c]
            update:
              strategy: recreate
              maxUnavailable: 2
              startTimeout: 90s
              maxSurge: 1
              minHealthy: 0s
              autoRevert: true
        providers:
          - name: y
            image: r/y:1
            contract: wasmcloud:keyvalue
            linkName: default
            startConfig: {url: here}
            resources: {memory: 64Mi}
            maxLatency: 50ms
            secrets: []
        links:
          - source: x
            target: y
            interface: wasi:keyvalue/store
            contract: wasmcloud:builtin:keyvalue
            name: second_link
            timeout: 5s
            retry: {count: 3, delay: 1s}
        configs: [{name: c, values: {k: v}}]
        spread:
          s: [{name: r, weight: 1, maxPerHost: 1, maxSkew: 1, whenUnsatisfiable: spill}]
        policies: [p]
        dependsOn: [b]
        sync: {prune: true, selfHeal: true, maxPrune: {count: 10, percent: 20}}
      """, application("b", "{}"),
      """
      apiVersion: reconcile.dev/v1
      kind: Policy
      metadata: {name: p}
      spec: {}
      """)
    #expect(state.diagnostics.allSatisfy { $0.severity == .warning && $0.code.number == 10 })
    let fields = state.diagnostics.map { $0.message.split(separator: " is accepted")[0] }
    #expect(
      fields == [
        "'maxLatency' of the actor", "'preempt' of the actor", "'secrets' of the actor",
        "'strategy' of 'update' of the actor", "'maxSurge' of 'update' of the actor",
        "'minHealthy' of 'update' of the actor", "'autoRevert' of 'update' of the actor",
        "'startConfig' of the provider", "'resources' of the provider",
        "'maxLatency' of the provider",
        "'timeout' of the link", "'retry' of the link", "'maxSkew' of the rule",
        "'whenUnsatisfiable' of the rule", "'policies' of spec", "'selfHeal' of 'sync' of spec",
        "'maxPrune' of 'sync' of spec", "the Policy",
      ])
    let readme = readFile("\(repositoryRoot)/README.md")
    let limits = try #require(readme.split(separator: "## Limits").last)
    for field in fields where field.hasPrefix("'") {
      let key = field.split(separator: "'")[0]
      #expect(limits.contains("`\(key)`") || limits.contains("`\(key):"), "\(key)")
    }
  }

  @Test("keys that begin with x- hold what anchors name, at the top of a document and in its spec")
  func helperKeys() throws {
    let state = resolved(
      """
      apiVersion: reconcile.dev/v1
      kind: Application
      metadata: {name: a}
      x-defaults: &defaults {image: r/x:1, instances: 2}
      spec:
        x-more: &more {priority: 7}
        actors:
          - {name: x, <<: [*defaults, *more]}
      """,
      """
      apiVersion: reconcile.dev/v1
      kind: Policy
      metadata: {name: p}
      x-hosts: &hosts [edge-*]
      spec: {x-more: [], appliesTo: {hosts: *hosts}}
      """)
    #expect(state.diagnostics.map(\.message) == ["the Policy is accepted, not acted on yet"])
    let actor = try #require(state.desired.applications.first?.actors.first)
    #expect(actor.image == "r/x:1" && actor.instances == 2 && actor.priority == 7)
    #expect(state.desired.policies.first?.hosts == ["edge-*"])
  }

  @Test("the example of docs/manifests.md decodes without a finding")
  func document() throws {
    let text = try #require(codeBlocks(in: "docs/manifests.md", language: "yaml").last)
    let state = resolved(text)
    #expect(state.diagnostics == [])
    #expect(state.desired.applications.first?.actors.map(\.instances) == [2, 1])
  }

  @Test(
    "keys that begin with x- are unknown ones elsewhere",
    arguments: [
      "metadata: {name: a, x-a: 1}\nspec: {}",
      "metadata: {name: a}\nspec: {actors: [{name: x, image: 'r/x:1', x-a: 1}]}",
      "metadata: {name: a}\nspec: {xa: 1}",
    ])
  func helperKeysElsewhere(_ text: String) {
    let state = resolved("apiVersion: reconcile.dev/v1\nkind: Application\n\(text)\n")
    #expect(state.diagnostics.map(\.code.number) == [5])
  }

  @Test("a policy decodes whole: an absent list allows everything, an empty one nothing")
  func policy() throws {
    let state = resolved(
      """
      apiVersion: reconcile.dev/v1
      kind: Policy
      metadata: {name: edge}
      spec:
        contracts: {allow: [wasmcloud:keyvalue], deny: ["wasmcloud:*"]}
        images: {allow: [], requireDigest: true}
        issuers: {deny: [ABC]}
        network: {allow: ["*.example.com"]}
        actor: {maxMemory: 64Mi, maxInstances: 10}
        appliesTo: {applications: [edge-*], hosts: []}
      """)
    var wanted = PolicySpec(
      name: "edge", origin: SourcePosition(path: "0.yaml", line: 1, column: 1))
    wanted.contracts = AllowanceRule(allow: ["wasmcloud:keyvalue"], deny: ["wasmcloud:*"])
    wanted.images = AllowanceRule(allow: [])
    wanted.requiresDigest = true
    wanted.issuers = AllowanceRule(deny: ["ABC"])
    wanted.network = AllowanceRule(allow: ["*.example.com"])
    wanted.maxMemory = 64 << 20
    wanted.maxInstances = 10
    wanted.applications = ["edge-*"]
    wanted.hosts = []
    #expect(state.desired.policies == [wanted])
  }

  @Test(
    "the keys of labels and annotations follow the Open Application Model",
    arguments: [
      ("foo", true), ("app.oam.io/name", true), ("dash-period.numb3r/any_v4lue", true),
      ("my_prefix/app-name", false), ("1my-prefix/app-name", false), ("a---/app-name", false),
      ("prefix/app-name...", false), ("a/b/c", false), ("/a", false), ("a/", false), ("-a", false),
    ])
  func labelKeys(_ key: String, _ isLegal: Bool) {
    let text = application("a", "{}").replacing("{name: a}", with: "{name: a, labels: {\(key): x}}")
    #expect(resolved(text).diagnostics.isEmpty == isLegal)
  }

  @Test("a shared provider is whichever end of a link is left out")
  func sharedEnds() throws {
    let state = resolved(
      application("shared", "{providers: [{name: http, image: \"r/http:1\"}]}"),
      application(
        "shop",
        """
        {actors: [{name: web, image: "r/web:1"}], links: [
          {provider: {application: shared, name: http}, target: web, interface: "wasi:http/in",
            values: {port: 80}},
          {provider: {application: shared, name: http}, source: web, interface: "wasi:http/out",
            name: second, values: {url: x}}]}
        """))
    #expect(state.diagnostics == [])
    let links = try #require(state.desired.applications.last).links.compactMap {
      $0.definition(by: .interface)
    }
    #expect(links.map(\.key.source) == ["shared-http", "shop-web"])
    #expect(links.map(\.target) == ["shop-web", "shared-http"])
    #expect(links[0].sourceConfig == ["shop-http-web-wasi_http-default"])
    #expect(links[1].targetConfig == ["shop-web-http-wasi_http-second"])
  }
}
