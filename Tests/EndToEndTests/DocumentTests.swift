import Foundation
import ReconcileTestKit
import ServiceRuntime
import Testing

@Suite("Documents")
struct DocumentTests {
  @Test(
    "every command of the documents runs",
    arguments: [
      "README.md", "docs/controller.md", "docs/manifests.md", "docs/operating.md", "docs/plans.md",
    ])
  func commands(_ document: String) async throws {
    let site = try await Site()
    for (path, bytes) in try repositoryFiles("manifests") {
      try site.repository.write(path, Data(bytes))
    }
    try site.repository.write(
      "wadm.yaml",
      """
      apiVersion: core.oam.dev/v1beta1
      kind: Application
      metadata: {name: shop, annotations: {}}
      spec: {components: []}
      """)
    let overlay = codeBlocks(in: "docs/manifests.md", language: "yaml").first {
      $0.contains("instances: 6")
    }
    try site.repository.write("sites/berlin/hello.yaml", Data(try #require(overlay).utf8))
    try await site.repository.commit("Declare the examples")
    let lines = codeBlocks(in: document, language: "sh").joined().split(separator: "\n")
    #expect(lines.count > 2)
    for line in lines {
      let words = line.prefix { $0 != "#" }.split(separator: " ").map(String.init)
      switch words.first {
      case "reconcile": try await run(words.dropFirst().prefix { $0.first != ">" }, at: site)
      case "make":
        let check = try await ChildProcess.run(
          "make", ["-n"] + words.dropFirst(), directory: repositoryRoot)
        #expect(check.ending == .exited(0), "\(line)")
      default: Issue.record("nothing runs '\(line)' of \(document)")
      }
    }
  }

  /// Runs a command; one that goes on until it is interrupted, or needs a past or a controller, is only read.
  private func run(_ words: ArraySlice<String>, at site: Site) async throws {
    let words = Array(words)
    let isRead = ["controller", "simulate", "events", "rollback", "halt", "trigger"]
      .contains(words.first)
    let run = try await site.reconcile(words + (isRead ? ["--help"] : []))
    #expect([0, 2, 3].contains(run.status), "\(words): \(run.output)\(run.errors)")
  }

  @Test("the manifest of the README yields the diff of the README")
  func diff() async throws {
    let site = try await Site(hosts: 2)
    let manifest = try #require(codeBlocks(in: "README.md", language: "yaml").first)
    try site.repository.write("manifests/hello.yaml", Data(manifest.utf8))
    try await site.repository.commit("Declare hello")
    let told = try #require(codeBlocks(in: "README.md", language: "").first)
    let run = try await site.reconcile("diff")
    #expect(masked(run.output) == masked(told), "\(run.output)")
  }

  /// The text without the ids of the commit, of hosts and of the plan.
  private func masked(_ text: String) -> String {
    text.replacing(/commit   [0-9a-f]{7}/, with: "commit   ID")
      .replacing(/N[A-Z0-9]{7}\b/, with: "HOST").replacing(/Plan [0-9a-f]{12}/, with: "Plan ID")
  }
}
