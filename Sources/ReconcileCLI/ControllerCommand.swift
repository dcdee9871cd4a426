import Diagnostics
import OptionParsing
import ReconcileLoop

extension ReconcileCommand {
  /// Checks the configuration of the controller, and shows it where that is asked.
  func controller(
    _ parsed: ParsedCommand<CommandOptions>, _ console: Console
  ) async throws -> ExitStatus {
    let settings = try SourcedConfiguration(parsed, environment: environment)
    for warning in settings.warnings { console.say(warning.description) }
    if parsed.values.printsConfiguration { console.write(settings.text) }
    return .inSync
  }
}
