import Foundation
import OptionParsing
import ReconcileTestKit
import Testing

@testable import ReconcileCLI

@Suite("Command options")
struct OptionsTests {
  @Test("the table contradicts itself nowhere")
  func consistency() { #expect(CommandOptions.table.inconsistencies.isEmpty) }

  @Test("docs/options.md has the table of all options; RECORD_GOLDEN writes it there")
  func document() throws {
    let path = "\(repositoryRoot)/docs/options.md"
    let text = readFile(path)
    let begin = try #require(text.firstRange(of: "<!-- options:"))
    let start = try #require(text[begin.upperBound...].firstIndex(of: "\n"))
    let end = try #require(text.firstRange(of: "<!-- end of options -->"))
    let table = "\n" + CommandOptions.table.markdown(standard: CommandOptions())
    guard ProcessInfo.processInfo.environment["RECORD_GOLDEN"] != nil else {
      #expect(text[start..<end.lowerBound] == table)
      return
    }
    try writeFile(path, text[..<start] + table + text[end.lowerBound...])
    Issue.record("recorded the table of docs/options.md; look at it and run again")
  }
}
