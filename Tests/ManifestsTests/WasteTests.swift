import Diagnostics
import LatticeModel
import Testing

@testable import Manifests

@Suite("What serves nobody, or twice what once would")
struct WasteTests {
  private func findings(_ texts: [String]) -> [String] {
    let files = texts.enumerated().map {
      decodeManifests(ManifestFile(path: "\($0).yaml", bytes: Array($1.utf8)))
    }
    return resolve(files, revision: "r", tree: "t").diagnostics.map {
      "\($0.location?.description ?? "") \($0.code) \($0.severity) \($0.message)"
    }
  }

  /// Two applications that run one image on each host, each under the requirements given for it.
  private func daemons(_ one: String, _ other: String, image: String = "r/agent:1") -> [String] {
    zip(["a", "b"], [one, other]).map { name, requirements in
      let rule = "[{name: r, requirements: \(requirements)}]"
      return application(
        name, "{providers: [{name: p, image: '\(image)', perHost: true, spread: \(rule)}]}")
    }
  }

  @Test(
    "one image that two applications run on each host of both is told, unless no host is of both",
    arguments: [
      ("{zone: a}", "{zone: a}", true), ("{zone: a}", "{zone: b}", false),
      ("{zone: a}", "{tier: edge}", true), ("{}", "{zone: a}", true),
      (
        "[{key: z, operator: In, values: [a, b]}]", "[{key: z, operator: NotIn, values: [a]}]", true
      ),
      ("[{key: z, operator: In, values: [a]}]", "[{key: z, operator: NotIn, values: [a]}]", false),
      ("[{key: z, operator: Exists}]", "[{key: z, operator: DoesNotExist}]", false),
      ("[{key: z, operator: NotIn, values: [a]}]", "[{key: z, operator: DoesNotExist}]", true),
      ("[{key: n, operator: Gt, values: [3]}]", "[{key: n, operator: Lt, values: [4]}]", false),
      ("[{key: n, operator: Gt, values: [3]}]", "[{key: n, operator: Lt, values: [5]}]", true),
      ("[{key: n, operator: Gt, values: [3]}]", "[{key: n, operator: DoesNotExist}]", false),
      ("{n: '2'}", "[{key: n, operator: Gt, values: [3]}]", false),
      (
        "[{key: n, operator: Gt, values: [9223372036854775807]}]", "[{key: n, operator: Exists}]",
        false
      ),
    ])
  func daemonsTwice(_ one: String, _ other: String, _ isTold: Bool) throws {
    let found = findings(daemons(one, other)).filter { !$0.contains("MAN-24") }
    #expect(found.count == (isTold ? 1 : 0), "\(found)")
    #expect(
      found.allSatisfy {
        $0.hasPrefix("1.yaml:4:20 MAN-28 warning") && $0.contains("0.yaml:4:20")
      })
  }

  @Test("what hosts have built in, another image and what does not run are no waste")
  func noWaste() {
    #expect(findings(daemons("{}", "{}", image: "wasmcloud+builtin://http-client")) == [])
    let texts = daemons("{}", "{}")
    #expect(findings([texts[0], texts[1].replacing("agent:1", with: "other:1")]) == [])
    #expect(findings([texts[0], texts[1].replacing("agent", with: "agent")]).count == 1)
    #expect(findings([texts[0], texts[1].replacing("'r/", with: "'oci://r/")]).count == 1)
    #expect(
      findings([texts[0], texts[1].replacing("perHost", with: "instances: 0, perHost")]) == [])
    #expect(findings([texts[0], texts[1].replacing("perHost: true, ", with: "")]) == [])
  }

  @Test("a rule that no host can meet is told where it stands")
  func impossible() {
    let rule =
      "{name: r, requirements: [{key: z, operator: Exists}, {key: z, operator: DoesNotExist}]}"
    #expect(
      findings([application("a", "{actors: [{name: w, image: 'r/w:1', spread: [\(rule)]}]}")]) == [
        "0.yaml:4:52 MAN-24 warning no host can meet all requirements of rule 'r'"
      ])
  }

  private static let image = "ghcr.io/wasmcloud/keyvalue-redis:0.28.0"
  private static let actor = "actors: [{name: web, image: 'r/web:1'}]"
  private static let provider = "providers: [{name: kv, image: '\(image)'}]"
  private static let link =
    "links: [{source: web, target: kv, interface: wasi:keyvalue/store}]"

  @Test("a provider of wasmCloud that no link names is told, where one could")
  func unlinked() {
    #expect(
      findings([application("a", "{\(Self.actor), \(Self.provider)}")]) == [
        "0.yaml:4:61 MAN-29 warning no link names the provider 'kv', which does nothing without one"
      ])
    #expect(findings([application("a", "{\(Self.actor), \(Self.provider), \(Self.link)}")]) == [])
    // One without actors is there for others; another's image may do something by itself.
    #expect(findings([application("a", "{\(Self.provider)}")]) == [])
    let own = Self.provider.replacing("keyvalue-redis", with: "metrics")
    #expect(findings([application("a", "{\(Self.actor), \(own)}")]) == [])
    let other = application(
      "b",
      "{\(Self.actor), links: [{source: web, provider: {application: a, name: kv}, "
        + "interface: wasi:keyvalue/store}]}")
    #expect(findings([application("a", "{\(Self.actor), \(Self.provider)}"), other]) == [])
  }

  @Test("configs and spreads that nobody names are told, and what others may name is not")
  func unused() {
    let configs = "configs: [{name: c, values: {a: b}}]"
    let spread = "spread: {east: [{name: e, requirements: {zone: e}}]}"
    let found = findings([application("a", "{\(configs), \(spread), \(Self.actor)}")])
    #expect(
      found == [
        "0.yaml:4:18 MAN-29 warning no actor, provider or link has the config 'a-c'",
        "0.yaml:4:55 MAN-29 warning no actor or provider has the spread 'east'",
      ])
    let named = Self.actor.replacing("}]", with: ", config: [c], spread: east}]")
    #expect(findings([application("a", "{\(configs), \(spread), \(named)}")]) == [])
    #expect(findings([application("a", "{\(configs)}")]) == [])
    let other = application(
      "b",
      "{configs: [{name: a-c, external: true}], "
        + "actors: [{name: web, image: 'r/web:1', config: [a-c]}]}")
    #expect(findings([application("a", "{\(configs), \(Self.actor)}"), other]) == [])
  }

  @Test("where something cannot be read, nobody knows what it names")
  func unread() {
    let text = application("a", "{\(Self.actor), \(Self.provider)}")
    for other in [application("b", "{actrs: []}"), "apiVersion: reconcile.dev/v1\nkind: [\n"] {
      #expect(!findings([text, other]).contains { $0.contains("MAN-29") })
    }
    let slip = application(
      "a", "{spread: {east: []}, actors: [{name: w, image: r/w, spread: eest}]}")
    #expect(!findings([slip]).contains { $0.contains("MAN-29") })
  }

  @Test("of the real applications only one has a provider without a link")
  func corpus() throws {
    let found = try corpusOfWadm().filter(\.isValid).compactMap { name, text, _ in
      findings([text]).contains { $0.contains("MAN-28") || $0.contains("MAN-29") } ? name : nil
    }
    #expect(found.map { $0.hasSuffix("oam__config.yaml") } == [true], "\(found)")
  }
}
