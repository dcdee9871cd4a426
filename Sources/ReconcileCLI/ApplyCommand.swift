import ConfigurationModel
import Diagnostics
import LatticeModel
import OptionParsing
import PlanExecution
import ReconcileLoop
import ServiceRuntime
import TextForms

/// One pass, which a signal stops after what is in flight; with `--dry-run` it only shows.
struct ApplyCommand: Subcommand {
  let configuration = CommandConfiguration(
    "", "Bring the lattice to the commit", examples: ["reconcile", "reconcile --dry-run"])
  var isDryRun = false
  var pass = PassOptions()
  var timeout = Duration.seconds(300)
  var isYes = false
  var waits = true
  var saving = SavingOptions()
  var telling = ProgressOptions()
  var exit = ExitOptions()
  var output = OutputOptions()
  /// The saved plan that alone is carried out, if one was named.
  var saved: SavedPlan?
  var writesPlans: Bool { true }

  static let dryRun = OptionSpec<Self>(
    \.isDryRun, "dry-run", "Show the diff and send nothing")
  static let wait = OptionSpec<Self>(
    \.waits, "wait", "Send the first stage only and do not wait for its effects")

  static let options =
    [dryRun] + including(\.pass)
    + [
      OptionSpec(\.timeout, "timeout", "How long to work on it"),
      OptionSpec(
        \.isYes, "yes", letter: "y",
        "Do it without asking, as it is done where there is no terminal to ask on"),
      wait,
    ] + including(\.saving) + including(\.telling) + including(\.exit) + including(\.output)

  func run(in context: CommandContext) async throws -> ExitStatus {
    guard !isDryRun else {
      return try await DiffCommand(
        pass: pass, saving: saving, exit: exit, output: output, saved: saved
      ).run(in: context)
    }
    guard saving.file == nil else {
      throw UsageError.notForCommand(
        option: "--\(SavingOptions.out.name)", command: configuration.name,
        others: ["--\(Self.dryRun.name)", DiffCommand().configuration.name])
    }
    let settings = try passConfiguration(in: context)
    let console = context.console
    let signal = Lock<Int32?>(nil)
    let question = Question()
    let watch = Self.watchSignals(into: signal, question, console)
    defer { watch.cancel() }
    let teller = ProgressTeller(telling, on: console)
    let shown = ShownPlan(as: telling.isQuiet ? .ending : .first)
    let report: PassReport
    do {
      let work: @Sendable (Reconciliation) async throws -> PassReport = { reconciliation in
        try await reconciliation.apply(
          isFixed: saved != nil,
          mayProceed: { report in
            try saved?.check(report)
            guard signal.withLock({ $0 == nil }) else { return false }
            context.show(report, as: output.format, first: shown)
            return await mayProceed(report, question, console, shown)
          },
          shouldStop: { signal.withLock { $0 != nil } },
          watch: teller.note)
      }
      report = try await teller.during {
        guard let saved else { return try await work(Reconciliation(settings)) }
        return try await saved.planned(settings, in: context, work: work)
      }
    } catch let error as any DiagnosticError {
      guard let number = signal.withLock({ $0 }) else {
        throw await ControllerCommandsError(error, settings) ?? error
      }
      let status = ExitStatus(signal: number)
      console.fail(error, status, output.format)
      return status
    }
    let status = signal.withLock { $0 }.map(ExitStatus.init(signal:)) ?? ExitStatus(report)
    context.show(report, status, as: output.format, after: shown)
    return exit.status(status)
  }

  private func passConfiguration(in context: CommandContext) throws -> PassConfiguration {
    var configuration = try pass.configuration(in: context)
    configuration.timeout = timeout
    configuration.execution.isFirstStageOnly = !waits
    return configuration
  }

  /// From now on the first signal only asks: what is in flight is finished, nothing more is sent.
  static func watchSignals(
    into signal: Lock<Int32?>, _ question: Question, _ console: Console
  ) -> Task<Void, Never> {
    let signals = SignalStream()
    return Task {
      for await number in signals {
        signal.withLock { $0 = number }
        question.withdraw()
        console.say("stopping: nothing more is sent, what is in flight is waited for")
      }
    }
  }

  private func mayProceed(
    _ report: PassReport, _ question: Question, _ console: Console, _ shown: ShownPlan
  ) async -> Bool {
    let removals = report.plan.steps.filter(\.isRemoval)
    guard !removals.isEmpty, !isYes, console.canAsk else { return true }
    if !shown.isBefore(console) {
      console.show(renderText(report, isColored: console.isScreenColored))
    }
    return await question.ask("Remove \(counted(removals.count, "thing"))?", on: console)
  }
}
