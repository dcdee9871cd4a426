import Foundation
import OptionParsing
import ReconcileTestKit
import Testing

@testable import ReconcileCLI

@Suite("Command options")
struct OptionsTests {
  private let table = ReconcileCommand.table

  @Test("the table contradicts itself nowhere")
  func consistency() { #expect(table.inconsistencies.isEmpty) }

  @Test("docs/options.md has the tables of all options; RECORD_GOLDEN writes them there")
  func document() throws {
    let path = "\(repositoryRoot)/docs/options.md"
    let text = readFile(path)
    let begin = try #require(text.firstRange(of: "<!-- options:"))
    let start = try #require(text[begin.upperBound...].firstIndex(of: "\n"))
    let end = try #require(text.firstRange(of: "<!-- end of options -->"))
    let tables = "\n\n" + table.markdown + "\n"
    guard ProcessInfo.processInfo.environment["RECORD_GOLDEN"] != nil else {
      #expect(text[start..<end.lowerBound] == tables)
      return
    }
    try writeFile(path, text[..<start] + tables + text[end.lowerBound...])
    Issue.record("recorded the tables of docs/options.md; look at them and run again")
  }

  @Test(
    "every option that a document names is one of them",
    arguments: [
      "README.md", "docs/controller.md", "docs/forges.md", "docs/manifests.md", "docs/nats.md",
      "docs/plans.md",
    ])
  func named(_ document: String) throws {
    let ofOthers = ["--unshallow", "--ctl-topic-prefix"]
    let all = table.markdown
    for match in readFile("\(repositoryRoot)/\(document)").matches(of: /--[a-z][a-z-]+/)
    where !ofOthers.contains(String(match.output)) {
      let isKnown = all.contains("\(match.output)`") || all.contains("\(match.output) <")
      #expect(isKnown, "\(document): \(match.output)")
    }
  }

  @Test(
    "the next command has the options of this one that it takes too, and no password",
    arguments: [
      (
        "diff -o text --exit-zero --app=a --prune", "reconcile -o text --app=a --prune",
        "reconcile diff -o text --exit-zero --app=a --prune"
      ),
      (
        "apply -y --no-wait --timeout 5m --app diff", "reconcile -y --timeout 5m --app diff",
        "reconcile diff --app diff"
      ),
      (
        "--dry-run --nats nats://u:p@h --ref 'x", "reconcile --nats nats://h --ref ''\\''x'",
        "reconcile diff --nats nats://h --ref ''\\''x'"
      ),
    ])
  func next(_ line: String, _ apply: String, _ look: String) throws {
    let arguments = line.split(separator: " ").map(String.init)
    guard case .run(let parsed) = try table.parse(arguments, environment: [:]) else {
      Issue.record("not run")
      return
    }
    let context = CommandContext(
      environment: [:], sources: parsed.sources, given: parsed.given,
      console: Console(color: .never, environment: [:]))
    #expect(context.applyCommand() == apply)
    #expect(context.lookCommand == look)
  }

  @Test(
    "an option of other commands is refused with the names of these",
    arguments: [
      (
        "get hosts --exit-zero",
        "The option '--exit-zero' is not for 'get hosts' but for the default command, 'apply', "
          + "'diff' or 'status'."
      ),
      (
        "--interval 1s",
        "The option '--interval' is not for the default command but for 'controller'."
      ),
    ])
  func foreign(_ line: String, _ sentence: String) throws {
    let arguments = line.split(separator: " ").map(String.init)
    let error = #expect(throws: UsageError.self) { try table.parse(arguments, environment: [:]) }
    #expect(try #require(error).description == sentence)
  }
}
