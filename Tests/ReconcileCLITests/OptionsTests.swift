import OptionParsing
import Testing

@testable import ReconcileCLI

@Suite("Command options")
struct OptionsTests {
  @Test("the table contradicts itself nowhere")
  func consistency() { #expect(CommandOptions.table.inconsistencies.isEmpty) }
}
