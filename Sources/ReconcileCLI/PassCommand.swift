import Diagnostics
import LatticeClient
import LatticeModel
import ReconcileLoop
import ServiceRuntime
import TextForms

extension ReconcileCommand {
  /// One pass: a dry run, or an apply that a signal stops after what is in flight.
  func pass(
    _ options: CommandOptions, isDryRun: Bool, _ console: Console
  ) async throws -> ExitStatus {
    let reconciliation = Reconciliation(options.configuration(in: environment))
    let signal = Lock<Int32?>(nil)
    let question = Question()
    let watch = isDryRun ? nil : watchSignals(into: signal, question, console)
    defer { watch?.cancel() }
    let report: PassReport
    do {
      report =
        isDryRun
        ? try await reconciliation.dryRun()
        : try await reconciliation.apply(
          mayProceed: { report in
            guard signal.withLock({ $0 == nil }) else { return false }
            return await mayProceed(report, options, question, console)
          },
          shouldStop: { signal.withLock { $0 != nil } },
          watch: { event in if let line = sentence(event) { console.say(line) } })
    } catch let error as any DiagnosticError {
      guard let number = signal.withLock({ $0 }) else { throw error }
      let status = ExitStatus(signal: number)
      console.fail(error, status, options.output)
      return status
    }
    let status = signal.withLock { $0 }.map(ExitStatus.init(signal:)) ?? ExitStatus(report)
    show(report, status, options, console)
    return status == .changesPending && options.exitZero ? .inSync : status
  }

  /// From now on the first signal only asks: what is in flight is finished, nothing more is sent.
  private func watchSignals(
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
    _ report: PassReport, _ options: CommandOptions, _ question: Question, _ console: Console
  ) async -> Bool {
    let removals = report.plan.steps.filter(\.isRemoval)
    guard !removals.isEmpty, !options.isYes, console.canAsk else { return true }
    console.show(renderText(report))
    return await question.ask("Remove \(counted(removals.count, "thing"))?", on: console)
  }

  private func show(
    _ report: PassReport, _ status: ExitStatus, _ options: CommandOptions, _ console: Console
  ) {
    switch options.output {
    case .json: console.write(renderJSON(report, exit: status))
    case .ndjson: console.write(renderNDJSON(report, exit: status))
    case .text:
      for diagnostic in report.source.diagnostics { console.say(diagnostic.description) }
      console.write(renderText(report, isColored: console.isColored))
      console.write(renderFailures(report, isColored: console.isColored))
      if let line = conclusion(report, status) { console.write(line + "\n") }
    }
  }

  private func conclusion(_ report: PassReport, _ status: ExitStatus) -> String? {
    if report.wasDeclined { return "nothing was sent" }
    guard report.wasToConverge else {
      let sent = report.outcomes.reduce(0) { $0 + $1.sent }
      guard sent == 0 else {
        return "\(counted(sent, "command")) sent, not waited for. "
          + "To see what came of it: \(lookCommand(for: arguments))"
      }
      return report.plan.isEmpty ? nil : "To do this: \(applyCommand(for: arguments))"
    }
    guard !report.isInSync else { return "in sync" }
    let (held, missing) = (report.remaining.held, report.remaining.missingInstances)
    let errors = report.source.errorCount
    let causes = [
      endSentence(report),
      held.first.map { "\(counted(held.count, "step")) held (\($0.detail))" },
      missing > 0 ? "\(counted(missing, "instance")) without a place" : nil,
      errors > 0 ? "\(counted(errors, "error")) in manifests, what cannot be read stays" : nil,
    ].compactMap { $0 }
    let cause = causes.isEmpty ? "" : ": " + causes.joined(separator: "; ")
    return "not in sync" + escapingControlCharacters(cause)
  }
}

/// What people are told while a plan is carried out; what fails is told once, at the end.
private func sentence(_ event: ExecutionEvent) -> String? {
  switch event {
  case .done(let application, let steps): "\(application): \(counted(steps, "step")) done"
  case .anew(let reason): "\(reason): the rest of the plan is made anew"
  case .step, .retry: nil
  }
}
