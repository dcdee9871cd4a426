import Foundation
import ReconcileTestKit
import ServiceRuntime
import Testing

@Suite("Published formats")
struct FormatTests {
  private let linked = """
      providers: [{name: server, image: "registry.example.com/http:1"}]
      links:
        - {source: server, target: web, interface: "wasi:http/incoming-handler", values: {PORT: "80"}}
    """

  @Test("a plan as text, as JSON and as one object a line")
  func plan() async throws {
    let site = try await Site()
    try await site.commit([
      "shop": Site.application(prune: true, more: linked), "blog": Site.application("blog"),
    ])
    try await site.sync("--expect-hosts", "3")
    try site.repository.remove("manifests/blog.yaml")
    try await site.commit([
      "shop": Site.application(
        image: "registry.example.com/web:2", update: "spread: zones", prune: true,
        more: linked.replacing("\"80\"", with: "\"81\"") + """

            spread:
              zones:
                - {name: a, weight: 50, requirements: {zone: a}}
                - {name: far, weight: 50, requirements: {zone: far}}
          """)
    ])
    for format in ["text", "json", "ndjson"] {
      let run = try await site.reconcile("diff", "-o", format)
      #expect(run.status == 3, "\(run.errors)")
      expectGolden(run.output, "plan.\(format)")
    }
    let colored = try await site.reconcile("diff", "--color", "always")
    let plain = try await site.reconcile("diff", "--color", "auto")
    #expect(colored.output.contains("\u{1B}[33m-/+\u{1B}[0m"))
    #expect(!plain.output.contains("\u{1B}"))
  }

  @Test("the help of the program and of each command has its example")
  func help() async throws {
    let site = try await Site(hosts: 0)
    let overview = try await site.reconcile("--help")
    expectGolden(overview.output, "help.text")
    let commands = overview.output.split(separator: "\n").compactMap { line -> [String]? in
      guard line.hasPrefix("  reconcile") else { return nil }
      return line.dropFirst(11).prefix { $0 != "\n" }.split(separator: "  ").first
        .map { $0.split(separator: " ").map(String.init) }
    }
    #expect(commands.count > 6)
    for command in commands where command.allSatisfy({ $0.first?.isLowercase ?? false }) {
      let run = try await site.reconcile(command + ["--help"])
      #expect(run.status == 0)
      #expect(run.output.contains("Examples:\n  reconcile"), "\(command)")
      let same = try await site.reconcile(["help"] + command)
      #expect(same.status == 0 && same.output == run.output, "\(command)")
    }
    #expect(try await site.reconcile("help").output == overview.output)
    let unknown = try await site.reconcile("help", "aply")
    #expect(unknown.status == 64 && unknown.errors.contains("Did you mean 'apply'?"))
    for topic in ["git", "nats", "output", "environment"] {
      #expect(overview.output.contains("\n  reconcile help \(topic)"))
      let text = try await site.reconcile("help", topic)
      #expect(text.status == 0 && text.output.split(separator: "\n").allSatisfy { $0.count <= 80 })
    }
    let group = try await site.reconcile("get", "--help")
    #expect(
      group.status == 0 && group.output.contains("\n  reconcile get hosts "), "\(group.output)")
    #expect(try await site.reconcile("help", "get").output == group.output)
    #expect(try await site.reconcile("help", "enviroment").errors.contains("'environment'"))
    let hosts = try await site.reconcile("get", "hosts", "--help")
    #expect(!hosts.output.contains("--repo") && hosts.output.contains("--nats"), "\(hosts.output)")
    #expect(try await site.reconcile("--version").output == "reconcile 0.1.0\n")
  }

  @Test("no import runs up the staircase")
  func imports() async throws {
    let check = try await ChildProcess.run("\(repositoryRoot)/.ci/check-imports", [])
    #expect(check.ending == .exited(0), "\(String(decoding: check.errorOutput, as: UTF8.self))")
  }
}
