import Diagnostics
import LatticeModel
import ReconcileTestKit
import Testing

@testable import Manifests

@Suite("References to secrets")
struct SecretReferenceTests {
  @Test("a reference to a secret lies in the lattice as hosts read it, beside the configs")
  func references() throws {
    let state = resolved(
      application(
        "a",
        """
        {secretStores: [{name: vault, backend: vault-prod, properties: {role: app}},
            {name: kv, backend: nats-kv}],
          actors: [{name: x, image: "r/x:1", config: {k: v}, secrets: [
            {name: db, properties: {policy: vault, key: prod/db, field: password, version: 3}}]},
            {name: y, image: "r/x:1"}],
          providers: [{name: p, image: "r/p:1", secrets: [{name: own, properties: {policy: kv, key: p}},
            {name: db, properties: {policy: vault, key: prod/db, field: password, version: 3}}]}],
          links: [{source: x, target: p, interface: "a:b/c", values: {v: w},
            targetSecrets: [{name: own, properties: {policy: kv, key: p}}]}]}
        """))
    #expect(state.diagnostics == [])
    let found = try #require(state.desired.applications.first)
    #expect(found.actors.map(\.configs) == [["a-x", "SECRET_a-db"], []])
    #expect(found.providers.map(\.configs) == [["SECRET_a-own", "SECRET_a-db"]])
    #expect(
      found.links.map(\.targetConfig) == [["SECRET_a-own", "a-x-p-a_b-default"]])
    let values = Dictionary(uniqueKeysWithValues: found.configs.map { ($0.name, $0.values) })
    #expect(
      values["SECRET_a-db"] == [
        "name": "db", "type": "secret.wasmcloud.dev/v1alpha1", "backend": "vault-prod",
        "key": "prod/db", "field": "password", "version": "3",
        "policy":
          #"{"type":"properties.secret.wasmcloud.dev/v1alpha1","properties":{"role":"app"}}"#,
      ])
    #expect(values["SECRET_a-own"]?["policy"]?.hasSuffix(#""properties":{}}"#) == true)
    #expect(found.actors.map(\.secretsMark.isEmpty) == [false, true])
    #expect(!found.actors[0].secretsMark.contains("\n"))
  }

  @Test("what a part's references say does not depend on who else refers to the same")
  func marks() throws {
    func mark(_ before: String) throws -> String? {
      let state = resolved(
        application(
          "a",
          """
          {secretStores: [{name: v, backend: v}], actors: [\(before)
            {name: x, image: "r/x:1", secrets: [{name: one, properties: {policy: v, key: 1}},
              {name: two, properties: {policy: v, key: 2}}]}]}
          """))
      #expect(state.diagnostics == [])
      return state.desired.applications.first?.actors.last { $0.name == "x" }?.secretsMark
    }
    let other =
      "{name: b, image: \"r/b:1\", secrets: [{name: two, properties: {policy: v, key: 2}}]},"
    #expect(try mark("") == mark(other))
  }

  @Test("what refers to no store, or to two secrets by one name, is told")
  func badReferences() {
    func findings(_ secrets: String) -> [String] {
      resolved(
        application(
          "a",
          "{secretStores: [{name: vault, backend: v}], actors: [{name: x, image: \"r/x:1\", "
            + "secrets: [\(secrets)]}]}")
      ).diagnostics.map { "\($0.severity) \($0.message); \($0.remedy ?? "")" }
    }
    #expect(
      findings("{name: db, properties: {policy: valt, key: k}}") == [
        "error there is no store 'valt' in spec.secretStores; write 'vault'"
      ])
    #expect(
      findings(
        "{name: db, properties: {policy: vault, key: k}}, "
          + "{name: db, properties: {policy: vault, key: l}}"
      ).first?.hasPrefix("error the secret 'db' refers to something else") == true)
  }

  @Test("what says that secrets reach nobody says too where their values must not go")
  func secrets() throws {
    let state = resolved(
      application(
        "a",
        """
        {actors: [{name: x, image: "r/x:1", secrets: [
          {name: key, properties: {policy: vault, key: edge/key}}]}]}
        """))
    let remedy = try #require(state.diagnostics.first?.remedy)
    #expect(remedy.contains("do not write the value into a config instead"))
    #expect(state.desired.applications.count == 1)
  }
}
