package import LatticeModel

/// What guards look at beside a step.
struct GuardFacts {
  var view: ViewCompleteness
  var hasUnreadable: Bool
  var isFastForward: Bool
  /// Whether a commit that does not descend from the one last applied is held whole.
  var isRefused: Bool
  var halt: String?
  /// Why an application is not to be commanded for a while, if it is not.
  var suspension: (ApplicationName) -> String?
  /// The units that went back and forth too often.
  var flapping: Set<UnitKey>
  /// What speaks against starting an actor or provider, if it is held for that.
  var suspicion: (UnitKey) -> Suspect?
  /// Why a host cannot be told to change, if it cannot.
  var obstacle: (HostID) -> String?
  /// Why nothing is to be started on a host, if nothing is.
  var closure: (HostID) -> String?
  /// Whether ending what runs at a unit would leave fewer than wanted, as no host can take what
  /// replaces it.
  var isIrreplaceable: (UnitKey) -> Bool
}

/// The rules that hold steps back; the first that objects is named.
///
/// Deleting needs proof: nothing is taken away on the strength of an incomplete read of git or of
/// the lattice.
enum Guards {
  /// One rule: its objection to a step, or `nil`, and what the reader can do.
  struct Row: Sendable {
    var rule: GuardRule
    var objection: @Sendable (PlannedStep, GuardFacts) -> String?
    var remedy: String
  }

  static let table: [Row] = [
    Row(
      rule: .halted,
      objection: { _, facts in facts.halt.map { "all commanding is halted: \($0)" } },
      remedy: "delete the key 'halt' of the record to go on"),
    Row(
      rule: .suspended,
      objection: { step, facts in
        (facts.suspension(step.unit.application)
          ?? step.alongside.lazy.compactMap { facts.suspension($0.unit.application) }.first)
          .map { "suspended: \($0)" }
      },
      remedy: "run 'reconcile resume' with the same --app, --repository-name or --all once the "
        + "reason is gone"),
    Row(
      rule: .flapping,
      objection: { step, facts in
        guard
          facts.flapping.contains(step.unit)
            || step.alongside.contains(where: { facts.flapping.contains($0.unit) })
        else { return nil }
        return "it went back and forth four times within ten minutes"
      },
      remedy: "find out who else commands it; it is looked at again after ten quiet minutes"),
    Row(
      rule: .takesHostsDown,
      objection: { step, facts in
        guard step.startedID != nil else { return nil }
        return facts.suspicion(step.unit)?.sentence
      },
      remedy: "find out why; another image, config or link lifts this, and so does 'reconcile "
        + "resume --app' with the application's name"),
    Row(
      rule: .silentHost,
      objection: { step, facts in
        guard let host = step.unit.host, let obstacle = facts.obstacle(host) else { return nil }
        return "host \(host) cannot be told to change: \(obstacle)"
      },
      remedy: "bring the host back, or give --forget-host if it is gone for good"),
    Row(
      rule: .unhealthyHost,
      objection: { step, facts in
        guard step.commands.count > 1, let host = step.unit.host,
          let reason = facts.closure(host)
        else { return nil }
        return "host \(host) might not start again what is stopped there: \(reason)"
      },
      remedy: "mend the host; once it is healthy this is looked at again"),
    Row(
      rule: .incompleteView,
      objection: { step, facts in step.takesAway ? facts.view.objection : nil },
      remedy: "wait until every expected host answers, or say how many there are with "
        + "--expect-hosts"),
    Row(
      rule: .incompleteRead,
      objection: { step, facts in
        guard step.isPruning, facts.hasUnreadable else { return nil }
        return "a manifest cannot be read, so nobody can tell whether it still declares this"
      },
      remedy: "mend the file named above; then this is looked at again"),
    Row(
      rule: .history,
      objection: { step, facts in
        guard facts.isRefused || step.isPruning && !facts.isFastForward else { return nil }
        return "the commit does not descend from the one last applied"
      },
      remedy: "apply a commit that has the last applied one among its ancestors, or allow this "
        + "repository's controller allowNonFastForward"),
    Row(
      rule: .noReplacement,
      objection: { step, facts in
        guard facts.isIrreplaceable(step.unit) else { return nil }
        return "what replaces it cannot be placed, and stopping it would leave fewer"
      },
      remedy: "see the instances that cannot be placed; make room or mend their rules"),
  ]

  static func held(_ step: PlannedStep, _ facts: GuardFacts) -> HeldStep? {
    for row in table {
      guard let detail = row.objection(step, facts) else { continue }
      return HeldStep(step: step, rule: row.rule, detail: detail, remedy: row.remedy)
    }
    return nil
  }
}

extension PlannedStep {
  /// Whether it stops, shrinks or deletes something, if only for a moment.
  package var takesAway: Bool {
    if case .countChanged(let from, let to) = reason { return to < from }
    return commands.contains(where: \.isRemoval)
  }

  /// Whether it stops, shrinks or deletes something for good.
  package var onlyTakesAway: Bool { takesAway && commands.count == 1 }

  /// Whether it removes something because nothing asks for it any more.
  var isPruning: Bool {
    switch reason {
    case .notDeclared, .applicationRemoved, .noLongerUsed: true
    case .missing, .countChanged, .imageChanged, .launchChanged, .linkChanged, .targetChanged,
      .valuesChanged, .notWantedHere:
      false
    }
  }
}

extension ViewCompleteness {
  /// Why nothing may be removed, or `nil` where it may.
  var objection: String? {
    switch self {
    case .complete: nil
    case .unproven: "no earlier pass is on record that says which hosts there are"
    case .incomplete(let silent, let expected, let answered):
      silent.isEmpty
        ? "\(answered) of \(expected) expected hosts answered"
        : "expected hosts do not answer: \(silent.map(\.rawValue).joined(separator: ", "))"
    }
  }
}

extension Presence {
  /// Why a host cannot be told to change, or `nil` where it can.
  var obstacle: String? {
    switch self {
    case .fresh: nil
    case .late(let reason): reason
    case .silent, .lost: "it does not answer"
    case .unsupported: "it is from before 1.0"
    }
  }
}
