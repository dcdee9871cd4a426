import Foundation
import JSONCoding
import LatticeModel
import LatticeSimulator
import NATSTransport
import ReconcileTestKit
import Testing

/// What wadm 0.21.1 sent to two hosts 1.9.2 for one application, as recorded on 2026-11-22; the hosts'
/// ids, labels and folders are those of the test.
@Suite("A lattice that wadm filled", .serialized)
struct WadmTests {
  private static let manifest = """
    # The application that wadm deployed.
    apiVersion: core.oam.dev/v1beta1
    kind: Application
    metadata:
      name: hello
      annotations: {description: recorded}
    spec:
      components:
        - name: hello-world
          type: component
          properties:
            image: registry.example.com/a:1
            config: [{name: greeting, properties: {text: one}}]
          traits:
            - type: spreadscaler
              properties:
                instances: 5
                spread:
                  - {name: left, weight: 70, requirements: {zone: b}}
                  - {name: right, weight: 30, requirements: {zone: a}}
        - name: http-server
          type: capability
          properties: {image: registry.example.com/http-server:1}
          traits:
            - type: link
              properties:
                target: hello-world
                namespace: wasi
                package: http
                interfaces: [incoming-handler]
                source: {config: [{name: default-http, properties: {address: "127.0.0.1:18090"}}]}
        # One a host.
        - name: agent
          type: component
          properties: {image: registry.example.com/a:1}
          traits: [{type: daemonscaler, properties: {instances: 2}}]
    """

  private static func annotations(_ spread: String) -> String {
    """
    {"wasmcloud.dev/appspec":"hello","wasmcloud.dev/managed-by":"wadm",\
    "wasmcloud.dev/scaler":"bd8fea50d341412f710f7c6943347fc2b63a40e785111c39cf9e981db9312078",\
    "wasmcloud.dev/spread_name":"\(spread)"}
    """
  }

  private static func scale(_ id: String, _ count: Int, _ config: String, _ spread: String)
    -> String
  {
    """
    {"component_ref":"registry.example.com/a:1","component_id":"\(id)",\
    "annotations":\(annotations(spread)),"count":\(count),"host_id":"HOST","config":[\(config)],\
    "allow_update":false}
    """
  }

  private static func requests(left: HostID, right: HostID) -> [(subject: String, body: String)] {
    let greeting = #""hello-greeting""#
    return [
      ("config.put.hello-greeting", #"{"text":"one"}"#),
      ("config.put.hello-default_http", #"{"address":"127.0.0.1:18090"}"#),
      (
        "provider.start.\(right)",
        """
        {"provider_id":"hello-http_server","provider_ref":"registry.example.com/http-server:1",\
        "host_id":"HOST","config":[],"annotations":\(annotations("default"))}
        """
      ),
      ("component.scale.\(right)", scale("hello-agent", 2, "", "default")),
      ("component.scale.\(left)", scale("hello-agent", 2, "", "default")),
      ("component.scale.\(left)", scale("hello-hello_world", 4, greeting, "left")),
      ("component.scale.\(right)", scale("hello-hello_world", 1, greeting, "right")),
      (
        "link.put",
        """
        {"source_id":"hello-http_server","target":"hello-hello_world","name":"default",\
        "wit_namespace":"wasi","wit_package":"http","interfaces":["incoming-handler"],\
        "source_config":["hello-default_http"],"target_config":[]}
        """
      ),
    ]
  }

  /// Two hosts that run what wadm sent them.
  private func filled() async throws -> Site {
    let site = try await Site(hosts: 2)
    let hosts = await site.lattice.truth.keys.sorted()
    let lines = try await site.reconcile("get", "hosts").output.split(separator: "\n")
    let right = try #require(
      hosts.first { id in lines.contains { $0.contains(id.rawValue) && $0.contains("zone=a") } })
    let left = try #require(hosts.first { $0 != right })
    for (subject, body) in Self.requests(left: left, right: right) {
      let host = subject.split(separator: ".").last.map(String.init) ?? ""
      let answer = try await site.client.request(
        Array(body.replacing("HOST", with: host).utf8), to: "wasmbus.ctl.v1.default.\(subject)",
        timeout: .seconds(5))
      #expect(try JSONValue(parsing: answer.payload)["success"] == true, "\(subject)")
    }
    try await waitUntil("all run") {
      guard await site.lattice.ledger.count == Self.requests(left: left, right: right).count
      else { return false }
      let counts = await [
        site.instances(of: "hello-agent"), site.instances(of: "hello-hello_world"),
      ]
      return counts.map { $0.values.sorted() } == [[2, 2], [1, 4]]
    }
    return site
  }

  @Test("it is in sync with wadm's manifest, and with its native form, and nothing is sent")
  func adoption() async throws {
    let site = try await filled()
    let before = await site.lattice.ledger.count
    try await site.commit(["hello": Self.manifest])
    let wadm = try await site.reconcile()
    #expect(wadm.status == 0, "\(wadm.output)\(wadm.errors)")
    let native = try await site.reconcile("convert", "manifests/hello.yaml")
    #expect(native.status == 0 && native.errors.isEmpty, "\(native.errors)")
    #expect(native.output.contains("# One a host.\n    - name: agent\n"))
    try await site.commit(["hello": native.output])
    let converted = try await site.reconcile()
    #expect(converted.status == 0, "\(converted.output)\(converted.errors)")
    #expect(await site.lattice.ledger.count == before)
  }

  @Test(
    "adopted, it is ours as it is: nothing is sent for that, and what changes then goes through")
  func adopted() async throws {
    let site = try await filled()
    let before = await site.lattice.ledger.count
    let next = Self.manifest.replacing("registry.example.com/a:1", with: "registry.example.com/a:2")
    try await site.commit(["hello": next])
    let held = try await site.reconcile("diff")
    #expect(held.status == 3 && held.output.contains("it is managed by wadm"), "\(held.output)")
    let other = try await site.reconcile("adopt", "--all", "--dry-run")
    #expect(other.status == 3, "\(other.output)\(other.errors)")
    #expect(other.output.contains("not as declared, and left: hello  actor hello-world on "))
    try await site.commit(["hello": Self.manifest])
    #expect(try await site.reconcile("adopt").status == 64)
    let dry = try await site.reconcile("adopt", "hello", "--dry-run")
    #expect(dry.status == 2, "\(dry.output)\(dry.errors)")
    #expect(dry.output.contains("would be adopted: hello  actor agent on "), "\(dry.output)")
    let adopted = try await site.reconcile("adopt", "hello", "-o", "json")
    #expect(adopted.status == 0, "\(adopted.output)\(adopted.errors)")
    // Two actors on two hosts, a provider, a link and two configs.
    #expect(adopted.result?["adopted"]?.array?.count == 8, "\(adopted.output)")
    #expect(await site.lattice.ledger.count == before)
    let plan = try await site.reconcile("diff", "-o", "json")
    #expect(plan.status == 0 && plan.result?["commands"]?.int == 0, "\(plan.output)")
    let again = try await site.reconcile("adopt", "--all")
    #expect(again.status == 0 && again.output == "nothing of others is as declared\n")
    // A host is told by its old annotations what is to end.
    try await site.commit(["hello": next])
    try await site.sync()
    #expect(
      Set(await site.lattice.truth.values.flatMap { $0.actors.values.map(\.code) })
        == ["registry.example.com/a:2"])
    try await site.commit(["hello": Site.application("shop", instances: 1)])
    try await site.sync("--prune")
    #expect(await site.lattice.truth.values.allSatisfy { $0.providers.isEmpty })
    #expect(await site.instances(of: "hello-agent").isEmpty)
  }

  @Test("a manifest of wadm is deployed by ids and configs that wadm would use")
  func deployment() async throws {
    let site = try await Site(hosts: 2)
    try await site.commit(["hello": Self.manifest])
    try await site.sync()
    #expect(await site.instances(of: "hello-hello_world").values.sorted() == [1, 4])
    #expect(await site.instances(of: "hello-agent").values.sorted() == [2, 2])
    let native = try await site.reconcile("convert", "manifests/hello.yaml")
    try await site.commit(["hello": native.output])
    #expect(try await site.reconcile("diff").status == 0)
  }

  @Test("what wadm had for hosts before 1.0 is held whole, and its native form link by link")
  func actorEra() async throws {
    let site = try await Site(hosts: 1)
    try await site.commit(["echo": Self.actorEra])
    let diff = try await site.reconcile("diff")
    #expect(diff.status == 3, "\(diff.output)\(diff.errors)")
    #expect(diff.output.contains("it is made for hosts before 1.0"), "\(diff.output)")
    #expect(try await site.reconcile().status == 3)
    #expect(await site.lattice.ledger.isEmpty)
    let native = try await site.reconcile("convert", "manifests/echo.yaml")
    #expect(native.status == 0 && native.errors.contains("warning MAN-15"), "\(native.errors)")
    try await site.commit(["echo": native.output])
    let held = try await site.reconcile("diff")
    #expect(held.status == 3 && held.output.contains("it has a contract alone"), "\(held.output)")
    try await site.commit([
      "echo": native.output.replacing(
        "contract: wasmcloud:httpserver\n      values",
        with:
          "contract: wasmcloud:httpserver\n      interface: wasi:http/incoming-handler\n      values"
      )
    ])
    try await site.sync()
    #expect(await site.instances(of: "echo-echo").values.sorted() == [2])
  }

  private static let actorEra = """
    apiVersion: core.oam.dev/v1beta1
    kind: Application
    metadata:
      name: echo
      annotations: {version: v0.0.1}
    spec:
      components:
        - name: echo
          type: actor
          properties: {image: "registry.example.com/a:1"}
          traits:
            - {type: spreadscaler, properties: {replicas: 2}}
            - {type: linkdef, properties: {target: httpserver, values: {ADDRESS: "0.0.0.0:8080"}}}
        - name: httpserver
          type: capability
          properties: {image: "registry.example.com/http-server:1", contract: "wasmcloud:httpserver"}
    """

  @Test("what cannot be converted is told with its place, and nothing is written")
  func refusal() async throws {
    let site = try await Site(hosts: 0)
    try site.repository.write(
      "bad.yaml", Self.manifest.replacing("target: hello", with: "target: helo"))
    let bad = try await site.reconcile("convert", "bad.yaml")
    #expect(bad.status == 1 && bad.output.isEmpty)
    #expect(bad.errors.hasPrefix("bad.yaml:27:21: error MAN-9"), "\(bad.errors)")
    #expect(bad.errors.contains("write 'hello-world'"), "\(bad.errors)")
    let none = try await site.reconcile("convert", "none.yaml")
    #expect(none.status == 1 && none.errors.contains("none.yaml: there is no such file"))
    #expect(try await site.reconcile("convert").status == 64)
  }
}
