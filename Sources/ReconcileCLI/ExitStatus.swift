import DesiredSources
import Diagnostics
import LatticeModel
import OptionParsing
import PlanExecution
import ReconcileLoop

/// How a command ends; a published format.
public enum ExitStatus: Int32, Sendable {
  /// In sync, or done.
  case inSync = 0
  /// An error; with a bad file the good applications are carried out.
  case failed = 1
  /// Changes are pending; only where nothing, or only the first stage, was to be sent, or who was asked
  /// declined.
  case changesPending = 2
  /// Something is held, or instances cannot be placed.
  case held = 3
  /// The view was not complete, and that held something back.
  case incomplete = 4
  /// The plan was stale.
  case stale = 5
  /// Sent, but not in sync in time.
  case notConverged = 6
  /// The command line was wrong.
  case usage = 64
  /// Interrupted, usually from the keyboard.
  case interrupted = 130
  /// Told to end.
  case terminated = 143

  /// The status of a pass: the gravest of all that hold.
  init(_ report: PassReport) {
    let plan = report.remaining
    if report.source.errorCount > 0 {
      self = .failed
    } else if report.isPlanOver {
      self = .stale
    } else if !report.wasToConverge, report.outcomes.contains(where: \.wasStale) {
      self = .stale
    } else if plan.held.contains(where: { $0.rule == .incompleteView }) {
      self = .incomplete
    } else if !plan.held.isEmpty || !plan.unplaceable.isEmpty || !plan.unreached.isEmpty {
      self = .held
    } else if report.isInSync {
      self = .inSync
    } else {
      let wasToBeDone = report.wasToConverge && !report.wasDeclined
      self = wasToBeDone ? .notConverged : .changesPending
    }
  }

  /// The status after a signal: 128 and its number.
  init(signal: Int32) { self = ExitStatus(rawValue: 128 &+ signal) ?? .failed }
}

extension ExitStatus {
  /// What each means, each a sentence without a full stop, in the order of their numbers.
  static var meanings: [(term: String, meaning: String)] {
    let meanings: KeyValuePairs<ExitStatus, String> = [
      .inSync: "In sync, or done",
      .failed: "An error; with a broken manifest the good applications are carried out",
      .changesPending:
        "Changes are pending: nothing, or only the first stage, was to be sent, or it "
        + "was declined",
      .held: "Something is held, or instances have no place",
      .incomplete: "The view was not complete, and that held something back",
      .stale: "A saved plan, or the commit that was shown, is not what would be done any more",
      .notConverged: "Sent, but not in sync in time",
      .usage: "The command line or the configuration is wrong",
      .interrupted: "Ended from the keyboard",
      .terminated: "Ended by a signal",
    ]
    return meanings.map { (term: "\($0.key.rawValue)", meaning: $0.value) }
  }
}
