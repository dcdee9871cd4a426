import DesiredSources
import Diagnostics
import LatticeModel
import PlanExecution
import ReconcileTestKit
import Testing

@testable import ReconcileCLI
@testable import ReconcileLoop

@Suite("Plans for pull requests")
struct MarkdownTests {
  private func scene(_ name: String) throws -> PassReport {
    try #require(Scene.all.first { $0.name == name }).report
  }

  @Test(
    "a plan reads as its golden",
    arguments: ["from-nothing", "in-sync", "pruned", "unplaceable", "held-not-ours"])
  func goldens(_ name: String) throws {
    expectGolden(renderMarkdown(try scene(name)), "\(name).md")
  }

  @Test("what failed comes first, then what is held, then removals")
  func order() throws {
    var report = try scene("pruned")
    let step = try #require(report.plan.steps.first { $0.unit.application == "shop" })
    report.wasToConverge = true
    report.end = PassEnd(.nothingMore, after: .seconds(3), of: .seconds(60))
    report.failures = [
      StepFailure(
        step: step, word: "failed", sentence: "failed: no space left on device", count: 3,
        since: Timestamp(nanoseconds: 0))
    ]
    let error = Diagnostic(DiagnosticCode("MAN", 4), .error, "@everyone <b>look</b>")
    report.source.diagnostics = [error]
    expectGolden(renderMarkdown(report), "failed.md")
  }

  @Test(
    "what comes from outside is text and mentions nobody",
    arguments: [
      ("@octocat", "@&#8203;octocat"),
      ("a|b `c` <d> &e;", "a&#124;b &#96;c&#96; &#60;d&#62; &#38;e;"),
      ("[x](y) *z* _u_ ~v~", "&#91;x&#93;(y) &#42;z&#42; &#95;u&#95; &#126;v&#126;"),
      ("#12 !7 $x$", "#&#8203;12 !&#8203;7 &#36;x&#36;"),
      ("https://example.com www.example.com", "https&#58;//example.com www&#46;example.com"),
      ("a\n# b\\", "a&#92;n#&#8203; b&#92;"),
    ])
  func escaped(_ text: String, _ markdown: String) { #expect(markdownText(text) == markdown) }

  @Test("a large plan has room for what is grave, and says how much it leaves out")
  func limit() throws {
    var report = try scene("pruned")
    let first = try #require(report.plan.steps.first)
    let steps = (0..<5_000).map { index in
      var step = first
      step.unit = UnitKey(
        application: ApplicationName("app\(index % 700)"), kind: .actor, name: "a\(index)",
        host: "N")
      return step
    }
    report.plan.stages[0].steps = steps
    let text = renderMarkdown(report)
    #expect(text.utf8.count <= 60_000 && text.utf8.count > 55_000, "\(text.utf8.count)")
    #expect(text.contains("to remove") && text.hasSuffix(" lines left out for want of room\n"))
    let opened = text.matches(of: /<details/).count
    #expect(opened == text.matches(of: /<\/details>/).count)
    let rows = text.split(separator: "\n").filter { $0.hasPrefix("- ") }.count
    let left = try #require(text.firstMatch(of: /\n(\d+) lines left out/)).output.1
    let all = StepGroup.groups(of: report.plan.steps).flatMap(\.rows).count
    #expect(rows + (Int(left) ?? 0) >= all)
  }
}
