import OptionParsing
import PlanExecution
import ServiceRuntime
import TextForms

/// How progress is told.
enum ProgressForm: String, OptionWord {
  /// A bar where a line can be drawn anew, lines elsewhere.
  case auto
  case plain, json, none
}

/// How much is told while a plan is carried out.
struct ProgressOptions: OptionGroup {
  var form = ProgressForm.auto
  var isQuiet = false

  static let options = [
    OptionSpec<Self>(
      \.form, "progress",
      "How progress is told on the error output; auto is a bar on a terminal and lines elsewhere"),
    OptionSpec(
      \.isQuiet, "quiet", letter: "q", "Show neither the plan nor progress, only how it ended"),
  ]
}

/// Tells on the error output how far a plan is.
///
/// What happens only changes a state; a clock of its own reads that, four times a second, however
/// much happens.
final class ProgressTeller: Sendable {
  private let console: Console
  private let form: ProgressForm
  private let isBar: Bool
  private let state = Lock(ProgressState())
  private let screen = ProgressScreen()

  init(_ options: ProgressOptions, on console: Console) {
    self.console = console
    form = options.isQuiet ? .none : options.form
    isBar = form == .auto && console.canRedraw
  }

  /// Notes what happens, and says what is worth a line of its own.
  func note(_ event: ExecutionEvent) {
    state.withLock { $0.note(event, at: .now) }
    guard form != .none, let text = sentence(of: event) else { return }
    form == .json ? console.show(progressNote(text)) : console.say(text)
  }

  /// Tells of progress while something is done.
  func during<Value: Sendable>(_ work: () async throws -> Value) async rethrows -> Value {
    let telling = Task { await tell() }
    func end() async {
      telling.cancel()
      await telling.value
    }
    do {
      let value = try await work()
      await end()
      return value
    } catch {
      await end()
      throw error
    }
  }

  private func tell() async {
    guard form != .none else { return }
    var pace = ProgressPace()
    while !Task.isCancelled {
      try? await Task.sleep(for: .milliseconds(250))
      let (state, now) = (self.state.withLock { $0 }, ContinuousClock.now)
      guard !Task.isCancelled, let line = ProgressLine(state, at: now) else { continue }
      if isBar {
        await screen.write { [console] in console.draw(line.bar(width: console.width)) }
      } else if let before = pace.next(state, at: now) {
        let text = form == .json ? line.json : "\(before)\(line.text)\n"
        await screen.write { [console] in console.show(text) }
      }
    }
    await screen.write { [console] in console.draw(nil) }
  }
}

/// Where lines are written, so that a terminal that is stopped stops nobody else.
private actor ProgressScreen {
  private let executor = BlockingExecutor(label: "reconcile.progress")
  nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

  func write(_ body: @Sendable () -> Void) { body() }
}

/// What is said of an event; what fails is told once, at the end.
private func sentence(of event: ExecutionEvent) -> String? {
  switch event {
  case .done(let application, let steps): "\(application): \(counted(steps, "step")) done"
  case .anew(let reason): "\(reason): the rest of the plan is made anew"
  case .begun, .underWay, .step, .retry: nil
  }
}
