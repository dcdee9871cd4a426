import ConfigurationModel
import Diagnostics
import JSONCoding
import LatticeModel
import NATSTransport
import OptionParsing
import ReconcileLoop
import RecordKeeping
import ServiceRuntime
import TextForms

/// The schema of what a halt did as published.
private let haltSchema = "reconcile.halt/1"

/// Stops all commanding of a lattice at once, or lets it go on; what runs runs on.
struct HaltCommand: Subcommand {
  let configuration = CommandConfiguration(
    "halt", "Stop all commanding of the lattice at once, or let it go on",
    discussion: "Whoever commands obeys within a second and finishes what is in flight; what runs "
      + "runs on.",
    examples: ["reconcile halt --reason 'the network is being rebuilt'", "reconcile halt --lift"],
    unused: TargetOptions.reading)
  var target = TargetOptions()
  var reason: String?
  var lifts = false
  var output = OutputOptions()

  static let options =
    including(\.target)
    + [
      OptionSpec<Self>(\.reason, "reason", value: "text", "Why, for the others"),
      OptionSpec(\.lifts, "lift", "Let it go on"),
    ] + including(\.output)

  func run(in context: CommandContext) async throws -> ExitStatus {
    guard lifts != (reason != nil) else { throw HaltError() }
    let settings = try target.configuration(in: context)
    let transport = try await NATSConnection.connect(settings.nats)
    defer { transport.close() }
    let home = try await settings.recordHome(over: transport, isWriter: true)
    let by = processName()
    let before = try await home.records.setHalt(reason.map { ($0, by) })
    if reason != nil || before != nil {
      var entry = HistoryEntry(at: Timestamp(nanoseconds: WallClock.system.now), by: by)
      (entry.act, entry.result) = (lifts ? "lifted the halt" : "halted everything", .done)
      entry.reason = reason ?? before
      await context.console.note(entry, in: home)
    }
    let answer = await CommanderAnswer.awaited(
      of: settings.lattice, isHalted: !lifts, over: transport)
    show(before, answer, in: settings.lattice, on: context.console)
    return .inSync
  }

  private func show(
    _ before: String?, _ answer: CommanderAnswer, in lattice: LatticeName, on console: Console
  ) {
    switch output.format {
    case .text, .sarif, .github, .markdown:
      let done =
        reason.map { "halted: \($0)" } ?? before.map { "lifted: \($0)" } ?? "not halted"
      console.write(escapingControlCharacters("\(done); \(sentence(answer))") + "\n")
    case .json, .ndjson:
      let result: JSONValue = [
        "lattice": .string(lattice.rawValue), "halt": reason.map(JSONValue.string) ?? .null,
        "lifted": lifts ? before.map(JSONValue.string) ?? .null : .null,
        "controller": answer.holder.map(JSONValue.string) ?? .null,
        "obeyed": answer.isHalted.map { .bool($0 != lifts) } ?? .null,
      ]
      console.write(
        line(envelope(haltSchema, result, .inSync), isPretty: output.format == .json))
    }
  }

  /// What whoever commands does about it.
  private func sentence(_ answer: CommanderAnswer) -> String {
    guard let holder = answer.holder else { return "no controller commands the lattice now" }
    let see = "has not said so yet: see 'reconcile status'"
    return switch (answer.isHalted, lifts) {
    case (true?, false): "\(holder) sends nothing more"
    case (false?, true): "\(holder) goes on"
    case (_, _): "\(holder) \(see)"
    }
  }
}

/// It is not said whether to stop or to go on.
struct HaltError: DiagnosticError {
  var diagnostics: [Diagnostic] {
    [
      Diagnostic(
        DiagnosticCode("RUN", 22), .error, "it is not said whether to stop or to go on",
        remedy: "give --reason TEXT to stop all commanding, or --lift to let it go on")
    ]
  }
  var disposition: Disposition { .stalled }
}
