import Diagnostics
import Foundation
import LatticeModel
import Testing

@testable import Manifests

@Suite("Documents of other tools")
struct NeighbourTests {
  static let ours = """
    apiVersion: reconcile.dev/v1
    kind: Application
    metadata: {name: shop}
    spec: {actors: [{name: web, image: "r/web:1"}]}
    """

  struct Case: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var text: String

    init(_ name: String, _ text: String) { (testDescription, self.text) = (name, text) }
  }

  static let neighbours = [
    Case("a Deployment", "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: shop}\nspec: {}"),
    Case(
      "an Application of Argo CD",
      "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: shop}\nspec: {}"),
    Case("a ConfigMap", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: shop}\ndata: {}"),
    Case("a chart", "apiVersion: v2\nname: shop\nversion: 0.1.0"),
    Case(
      "a kustomization",
      "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: [a.yaml]"),
    Case("a kustomization without a head", "resources: [a.yaml]\nnamePrefix: x-"),
    Case("a Policy of Kubernetes", "apiVersion: policy/v1\nkind: Policy\nmetadata: {name: shop}"),
    Case("a Compose file", "services: {web: {image: nginx, ports: [\"80:80\"]}}"),
    Case("a patch of a kustomization", "- op: replace\n  path: /spec/replicas\n  value: 1"),
    Case("a list of texts", "- a\n- b"),
    Case(
      "an ApplicationConfiguration of the first OAM",
      "apiVersion: core.oam.dev/v1alpha2\nkind: ApplicationConfiguration\nmetadata: {name: shop}\n"
        + "spec: {components: [{componentName: web}]}"),
    Case(
      "an Application of KubeVela that only has a workflow",
      "apiVersion: core.oam.dev/v1beta1\nkind: Application\nmetadata: {name: shop}\n"
        + "spec: {components: [], workflow: {steps: []}}"),
    Case("a workflow", "name: CI\non: [push]\njobs: {build: {runs-on: ubuntu-latest}}"),
    Case(
      "an Application of KubeVela",
      "apiVersion: core.oam.dev/v1beta1\nkind: Application\nmetadata: {name: shop}\n"
        + "spec: {components: [{name: web, type: webservice, properties: {image: nginx}}]}"),
    Case(
      "a definition of KubeVela",
      "apiVersion: core.oam.dev/v1beta1\nkind: TraitDefinition\nmetadata: {name: shop}\nspec: {}"),
    Case(
      "a template of a chart",
      "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: {{ .Release.Name }}-web\n"
        + "  labels:\n    {{- include \"labels\" . | nindent 4 }}\nspec: {}"),
  ]

  @Test("they freeze nothing and hold nothing, whatever they are called", arguments: neighbours)
  func passedOver(_ test: Case) {
    let state = resolved([("k8s/a.yaml", test.text), ("shop.yaml", Self.ours)])
    #expect(state.desired.applications.map(\.name) == ["shop"])
    #expect(state.desired.frozen.isEmpty && state.desired.unreadable.isEmpty)
    #expect(state.diagnostics.map(\.severity) == [.note])
    let beside = resolved([("a.yaml", Self.ours + "\n---\n" + test.text)])
    let isYAML = test.testDescription != "a template of a chart"
    #expect(beside.desired.frozen.isEmpty && beside.desired.unreadable.isEmpty == isYAML)
  }

  static let slips = [
    Case("a version of ours that does not exist", ours.replacing("dev/v1", "dev/v9")),
    Case("a letter missing in the group", ours.replacing("reconcile.dev", "reconcil.dev")),
    Case("another domain", ours.replacing("reconcile.dev", "reconcile.io")),
    Case("capitals", ours.replacing("reconcile.dev", "Reconcile.Dev")),
    Case("no group", ours.replacing("reconcile.dev/v1", "v1")),
    Case("no version", ours.replacing("reconcile.dev/v1", "reconcile.dev")),
    Case("no apiVersion", ours.replacing("apiVersion: reconcile.dev/v1\n", "")),
    Case("an apiVersion without a value", ours.replacing(" reconcile.dev/v1", "")),
    Case("a kind of ours misspelt", ours.replacing("Application", "Aplication")),
    Case("a kind that is none", ours.replacing("Application", "Deployment")),
    Case("half of wadm's group", ours.replacing("reconcile.dev/v1", "oam.dev/v1beta1")),
    Case(
      "wadm",
      "apiVersion: core.oam.dev/v1beta1\nkind: Application\nmetadata: {name: shop}\n"
        + "spec: {components: [{name: web, type: component}]}"),
    Case(
      "wadm with a type that is nearly one of its own",
      "apiVersion: core.oam.dev/v1beta1\nkind: Application\nmetadata: {name: shop}\n"
        + "spec: {components: [{name: web, type: componnent}]}"),
    Case(
      "wadm with a kind that is none",
      "apiVersion: core.oam.dev/v1beta1\nkind: App\nmetadata: {name: shop}\n"
        + "spec: {components: [{name: web, type: component}]}"),
    Case(
      "wadm and KubeVela in one",
      "apiVersion: core.oam.dev/v1beta1\nkind: Application\nmetadata: {name: shop}\n"
        + "spec: {components: [{name: a, type: component}, {name: b, type: webservice}]}"),
    Case(
      "a list of manifests",
      "- {apiVersion: reconcile.dev/v1, kind: Application, metadata: {name: shop}}"),
    Case(
      "wadm without components, with a workflow",
      "apiVersion: core.oam.dev/v1beta1\nkind: Application\nmetadata: {name: shop}\n"
        + "spec: {workflow: {}}"),
    Case(
      "wadm by its traits",
      "apiVersion: core.oam.dev/v1beta1\nkind: Application\nmetadata: {name: shop}\n"
        + "spec: {components: [{name: web, type: service, traits: [{type: link, properties: {}}]}]}"
    ),
    Case(
      "wadm with a number as type",
      "apiVersion: core.oam.dev/v1beta1\nkind: Application\nmetadata: {name: shop}\n"
        + "spec: {components: [{name: web, type: 1}]}"),
    Case(
      "a text that is no YAML after another tool's document",
      "apiVersion: apps/v1\nkind: Deployment\n---\n" + ours + "\n spec: {"),
    Case(
      "a text that is no YAML, with a document that lost its apiVersion",
      "apiVersion: apps/v1\nkind: Deployment\n---\nkind: Application\nmetadata: {name: shop\n"),
  ]

  @Test("what may be a slip in one of ours protects what it declares", arguments: slips)
  func protected(_ test: Case) {
    let state = resolved([("a.yaml", test.text)])
    #expect(state.desired.frozen.map(\.name) == ["shop"] || !state.desired.unreadable.isEmpty)
    #expect(state.diagnostics.contains { $0.severity == .error })
  }

  @Test("a template of a chart is passed over where charts have theirs, whatever it is of")
  func templates() {
    let template =
      "apiVersion: core.oam.dev/v1beta1\nkind: Application\nmetadata:\n"
      + "  name: {{ .Release.Name }}\n"
    let state = resolved([("chart/templates/a.yaml", template), ("shop.yaml", Self.ours)])
    #expect(state.desired.unreadable.isEmpty)
    #expect(
      state.diagnostics.map(\.description) == [
        "chart/templates/a.yaml:1:1: note MAN-11: one document in this folder is no manifest of "
          + "ours: a template of a chart"
      ])
    let others = [
      ("chart/a.yaml", template),
      ("templates/a.yaml", template.replacing("{{ .Release.Name }}", "{{ shop }}")),
    ]
    for (path, text) in others {
      #expect(!resolved([(path, text), ("shop.yaml", Self.ours)]).desired.unreadable.isEmpty)
    }
  }

  @Test("a List of what may be ours is told to be passed over")
  func lists() {
    let item = Self.ours.split(separator: "\n").joined(separator: ", ")
    let list = "apiVersion: v1\nkind: List\nitems: [{\(item)}]"
    #expect(
      resolved([("a.yaml", list)]).diagnostics.map(\.description) == [
        "a.yaml:1:1: note MAN-11: one document in this folder is no manifest of ours: v1 List",
        "a.yaml:3:8: warning MAN-11: the items of a List are not read, and some may be meant for "
          + "us; write each as a document of its own",
      ])
    #expect(resolved([("a.yaml", list.replacing("reconcile.dev/v1", "v1"))]).diagnostics.count == 2)
    let theirs = "apiVersion: v1\nkind: List\nitems: [{apiVersion: v1, kind: Secret}]"
    #expect(resolved([("a.yaml", theirs)]).diagnostics.count == 1)
  }

  @Test("a document without a kind is called by its apiVersion alone")
  func kindless() {
    #expect(
      resolved([("Chart.yaml", "apiVersion: v2\nname: shop")]).diagnostics.map(\.message) == [
        "one document in this folder is no manifest of ours: v2"
      ])
  }

  @Test("three thousand of them are one note a folder, with how many of each")
  func counted() {
    let files = (0..<3_000).map { number in
      (
        "k8s/\(number % 2 == 0 ? "a" : "b")/\(number).yaml",
        "apiVersion: \(number < 2_000 ? "apps/v1" : "v1")\nkind: Deployment\n"
      )
    }
    let notes = resolved(files).diagnostics.map(\.description)
    #expect(
      notes == [
        "k8s/a/0.yaml:1:1: note MAN-11: 1500 documents in this folder are no manifest of ours: "
          + "apps/v1 Deployment (1000), v1 Deployment (500)",
        "k8s/b/1.yaml:1:1: note MAN-11: 1500 documents in this folder are no manifest of ours: "
          + "apps/v1 Deployment (1000), v1 Deployment (500)",
      ])
  }

  private func resolved(_ files: [(path: String, text: String)]) -> ResolvedState {
    resolve(
      files.map { decodeManifests(ManifestFile(path: $0.path, bytes: Array($0.text.utf8))) },
      revision: "r", tree: "t")
  }
}

extension String {
  fileprivate func replacing(_ old: String, _ new: String) -> String {
    guard let range = range(of: old) else { return self }
    return replacingCharacters(in: range, with: new)
  }
}
