import ConfigurationModel
import DesiredSources
import Diagnostics
import JSONCoding
import LatticeModel
import NATSTransport
import OptionParsing
import ReconcileLoop
import RecordKeeping
import ServiceRuntime

/// The schema of a rollback as published.
private let rollbackSchema = "reconcile.rollback/1"

/// Brings an application back to a form that is kept on record, and pins it there; no repository is
/// read.
struct RollbackCommand: Subcommand {
  let configuration = CommandConfiguration(
    "rollback", "Bring an application back to an earlier form, and keep it there",
    discussion: "Forms that were seen in sync are on record, ten back: no repository is needed. "
      + "'reconcile resume --app' lets git say again what the application is.",
    examples: [
      "reconcile rollback hello --dry-run", "reconcile rollback hello --reason 'errors since noon'",
    ], unused: TargetOptions.reading)
  var application = ""
  var isDryRun = false
  var target = TargetOptions()
  var revision: String?
  var reason: String?
  var until: SuspensionEnd?
  var timeout = Duration.seconds(300)
  var isYes = false
  var telling = ProgressOptions()
  var output = OutputOptions()

  static let arguments = [ArgumentSpec<Self>(\.application, "application")]
  static let dryRun = OptionSpec<Self>(
    \.isDryRun, "dry-run", "Show the diff and send nothing")
  static let to = OptionSpec<Self>(
    \.revision, "to", value: "commit",
    "The form of this commit, or the digest of a form; else the one before that in force")
  static let options =
    [dryRun] + including(\.target, TargetOptions.planning)
    + [
      to, OptionSpec(\.reason, "reason", value: "text", "Why, for the others"),
      OptionSpec(
        \.until, "until", "When it ends by itself, such as 12h or 2026-12-24T18:00:00Z"),
      OptionSpec(\.timeout, "timeout", "How long to work on it"),
      OptionSpec(
        \.isYes, "yes", letter: "y",
        "Do it without asking, as it is done where there is no terminal to ask on"),
    ] + including(\.telling) + including(\.output)

  /// What is pinned and planned.
  private struct Choice {
    var form: KeptForm
    /// The last forms of all others.
    var others: [KeptForm]
    var unknown: [ApplicationName]
    var settings: PassConfiguration
    var report: PassReport

    func reconciliation(pin: Pin?) -> Reconciliation {
      Reconciliation(
        settings, reading: DesiredSource(of: form, pin, beside: others, unknown: unknown))
    }
  }

  func run(in context: CommandContext) async throws -> ExitStatus {
    guard isDryRun || reason?.isEmpty == false else { throw RollbackError.noReason }
    var settings = try target.configuration(in: context)
    settings.timeout = timeout
    settings.applications = [application]
    let choice = try await choose(settings)
    guard !isDryRun else {
      let status = ExitStatus(choice.report)
      show(choice, choice.report, nil, carriedOutBy: nil, status, in: context)
      return status
    }
    guard await isAgreed(choice, on: context.console) else {
      context.console.say("nothing was pinned or sent")
      return .changesPending
    }
    let pin = try await pin(choice.form, settings, context.console)
    return try await carryOut(choice, pin, in: context)
  }

  /// Reads the record, takes a form, and plans for it.
  private func choose(_ settings: PassConfiguration) async throws -> Choice {
    let transport = try await NATSConnection.connect(settings.nats)
    defer { transport.close() }
    let home = try await settings.recordHome(over: transport, isWriter: false)
    guard !home.isAbsent else { throw RollbackError.notKept(application, revision, kept: []) }
    let record = try await home.records.load().record
    let name = ApplicationName(application)
    let forms = try await home.forms.forms(of: Set(record.applied.keys).union([name]))
    let form = try rollbackForm(of: name, in: forms, record, to: revision)
    let others = record.applied.keys.filter { $0 != name }.sorted()
    let last = others.compactMap { other in
      forms[other]?.first { $0.digest == record.applied[other]?.form } ?? forms[other]?.first
    }
    let known = Set(last.map(\.application))
    let unknown = others.filter { !known.contains($0) }
    let source = DesiredSource(of: form, beside: last, unknown: unknown)
    let report = try await Reconciliation(settings, reading: source).dryRun()
    guard report.source.desired.applications.contains(where: { $0.name == name }) else {
      throw RollbackError.doesNotStand(form, report.source.diagnostics)
    }
    return Choice(
      form: form, others: last, unknown: unknown, settings: settings, report: report)
  }

  private func isAgreed(_ choice: Choice, on console: Console) async -> Bool {
    guard !isYes, console.canAsk else { return true }
    console.show(renderText(choice.report, isColored: console.isScreenColored))
    return await Question().ask(
      "Pin \(application) at \(choice.form.revision.short) and do this?", on: console)
  }

  /// Puts the pin on record, before anything is sent.
  private func pin(
    _ form: KeptForm, _ settings: PassConfiguration, _ console: Console
  ) async throws -> Pin {
    let now = Timestamp(nanoseconds: WallClock.system.now)
    let end = until?.moment(after: now)
    if let end, end <= now { throw SuspensionError.hasPassed(end) }
    let pin = Pin(to: form, reason: reason ?? "", by: processName(), at: now, until: end)
    let transport = try await NATSConnection.connect(settings.nats)
    defer { transport.close() }
    let home = try await settings.recordHome(over: transport, isWriter: true)
    try await home.records.changeBrakes { record in
      record.pins.removeAll { $0.application == pin.application || !$0.stands(at: now) }
      record.pins.append(pin)
    }
    var entry = HistoryEntry(at: now, by: pin.by)
    entry.act = "pinned application \(pin.application) at \(pin.revision.short)"
    (entry.reason, entry.result) = (pin.reason, .done)
    entry.note([pin.application])
    await console.note(entry, in: home)
    return pin
  }

  /// Brings the lattice to the form, or leaves that to whoever commands it.
  private func carryOut(
    _ choice: Choice, _ pin: Pin, in context: CommandContext
  ) async throws -> ExitStatus {
    let console = context.console
    let signal = Lock<Int32?>(nil)
    let watch = ApplyCommand.watchSignals(into: signal, Question(), console)
    defer { watch.cancel() }
    let teller = ProgressTeller(telling, on: console)
    let shown = ShownPlan(as: telling.isQuiet ? .ending : .first)
    do {
      let report = try await teller.during {
        try await choice.reconciliation(pin: pin).apply(
          mayProceed: { report in
            guard signal.withLock({ $0 == nil }) else { return false }
            context.show(report, as: output.format, first: shown)
            return true
          },
          shouldStop: { signal.withLock { $0 != nil } },
          watch: teller.note)
      }
      let status = signal.withLock { $0 }.map(ExitStatus.init(signal:)) ?? ExitStatus(report)
      show(choice, report, pin, carriedOutBy: nil, after: shown, status, in: context)
      return status
    } catch RecordError.leaseHeld(let holder) {
      show(choice, choice.report, pin, carriedOutBy: holder, .inSync, in: context)
      return .inSync
    }
  }

  private func show(
    _ choice: Choice, _ report: PassReport, _ pin: Pin?, carriedOutBy holder: String?,
    after shown: ShownPlan = ShownPlan(as: .last),
    _ status: ExitStatus, in context: CommandContext
  ) {
    let console = context.console
    switch output.format {
    case .json, .ndjson:
      let result: JSONValue = [
        "application": .string(application), "commit": .string(choice.form.revision.rawValue),
        "form": .string(choice.form.digest), "pin": pin?.json ?? .null,
        "carried_out_by": holder.map(JSONValue.string) ?? .null,
        "plan": passObject(report, exit: status)["result"] ?? .null,
      ]
      console.write(
        line(envelope(rollbackSchema, result, status), isPretty: output.format == .json))
    case .text, .sarif, .github, .markdown:
      guard let pin else {
        console.write(renderText(report, isColored: console.isColored))
        let command = context.rollbackCommand(application, to: choice.form.revision)
        console.write("To do this: \(command)\n")
        return
      }
      if let holder {
        console.write(renderText(report, isColored: console.isColored))
        console.write("\(holder) carries this out; to see what came of it: reconcile status\n")
      } else {
        context.show(report, status, as: .text, after: shown)
      }
      console.write(
        "pinned: \(pin.timedSentence)\nTo end it: reconcile resume --app \(application)\n")
    }
  }
}
