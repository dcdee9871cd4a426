import ConfigurationModel
import Diagnostics
import JSONCoding
import LatticeModel
import NATSTransport
import OptionParsing
import ReconcileLoop
import RecordKeeping

/// The schema of a history as published.
private let historySchema = "reconcile.history/1"

/// Shows what was done to the lattice, the newest first; asks no host and reads no repository.
struct HistoryCommand: Subcommand {
  let configuration = CommandConfiguration(
    "history", "Show what was done, by whom and why",
    examples: ["reconcile history", "reconcile history hello --limit 5 -o json"],
    unused: TargetOptions.reading)
  var applications: [String] = []
  var target = TargetOptions()
  var limit = 20
  var output = OutputOptions()

  static let arguments = [ArgumentSpec<Self>(\.applications, "application")]
  static let options =
    including(\.target)
    + [
      OptionSpec<Self>(
        \.limit, "limit", range: "1 to 1000", where: { (1...1_000) ~= $0 },
        "How many entries are shown")
    ] + including(\.output)

  func run(in context: CommandContext) async throws -> ExitStatus {
    let settings = try target.configuration(in: context)
    let transport = try await NATSConnection.connect(settings.nats)
    defer { transport.close() }
    let home = try await settings.recordHome(over: transport, isWriter: false)
    let history = home.isAbsent ? (entries: [], errors: []) : try await home.history.read()
    let names = Set(applications.map { ApplicationName($0) })
    let entries = history.entries.lazy.filter { names.isEmpty || $0.mayConcern(names) }
      .prefix(limit)
    let findings = history.errors.flatMap(\.diagnostics)
    let status = findings.isEmpty ? ExitStatus.inSync : .failed
    show(Array(entries), findings, status, in: context.console)
    return status
  }

  private func show(
    _ entries: [HistoryEntry], _ findings: [Diagnostic], _ status: ExitStatus,
    in console: Console
  ) {
    let end: [String: JSONValue] = [
      "schema": .string(historySchema), "exit": .int(Int(status.rawValue)),
    ]
    let lattice = JSONValue.string(target.lattice.name.rawValue)
    switch output.format {
    case .text, .sarif, .github, .markdown:
      for finding in findings { console.say(finding.description) }
      console.write(renderText(entries))
    case .json:
      let result: JSONValue = [
        "lattice": lattice, "entries": .array(entries.map { .object(json(of: $0)) }),
        "diagnostics": .array(findings.map { .object(finding($0)) }),
      ]
      console.write(line(end.merging(["result": result]) { $1 }, isPretty: true))
    case .ndjson:
      for finding in findings { console.write(typed("diagnostic", ReconcileCLI.finding(finding))) }
      for entry in entries { console.write(typed("entry", json(of: entry))) }
      console.write(typed("summary", end.merging(["result": ["lattice": lattice]]) { $1 }))
    }
  }
}

extension HistoryEntry {
  /// Whether it is about one of these applications; what names only the first of many may be.
  fileprivate func mayConcern(_ names: Set<ApplicationName>) -> Bool {
    applicationCount > applications.count || applications.contains(where: names.contains)
  }
}
