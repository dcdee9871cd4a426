import LatticeModel

/// What comparing a unit showed that stands in its way.
enum Finding {
  /// It is somebody else's, and differs: that of a manager, where one is named.
  case notOurs(manager: String?)
  /// So many stored links have its key that a delete could take another's.
  case ambiguousLink(matches: Int)
  /// What is needed to tell was not read.
  case unknownStore(String)
  /// A declared link does not say what the hosts link by.
  case notLinkable(LinkSpec)
}

/// What guards look at beside a step.
struct GuardFacts {
  let view: ViewCompleteness
  let hasUnreadable: Bool
  let context: PlanningContext
  /// Why the commit is held whole, if it is.
  let refusal: HistoryDoubt?
  /// What speaks against starting actors and providers, by unit without host.
  let suspects: [UnitKey: Suspect]
  /// Why hosts cannot be told to change, for those that cannot.
  let obstacles: [HostID: String]
  /// Why nothing is to be started on hosts that can be told, for those where nothing is.
  let closures: [HostID: String]
  /// The applications that are made for other hosts, of which nothing is touched.
  let forOtherHosts: Set<ApplicationName>
  /// The units that would leave fewer than wanted if they ended, as no host can take what replaces
  /// them.
  var irreplaceable: Set<UnitKey> = []

  init(_ observed: ObservedState, _ desired: DesiredState, _ context: PlanningContext) {
    view = observed.view
    hasUnreadable = !desired.unreadable.isEmpty
    self.context = context
    refusal = context.refusal
    suspects = context.record.suspects(of: desired)
    forOtherHosts =
      context.abilities.linkage == .contract
      ? [] : Set(desired.applications.filter(\.isForHostsBefore1).map(\.name))
    var (obstacles, closures): ([HostID: String], [HostID: String]) = ([:], [:])
    for host in observed.hosts {
      if let obstacle = host.presence.obstacle {
        obstacles[host.id] = obstacle
      } else if let closure = host.closure(context.record.trouble(of: host.id, at: context.now)) {
        closures[host.id] = closure
      }
    }
    (self.obstacles, self.closures) = (obstacles, closures)
  }

  /// What holds the start of an actor or provider back.
  func suspicion(of unit: UnitKey) -> Suspect? {
    guard !context.isApproved, let suspect = suspects[unit.withoutHost], suspect.isHeld else {
      return nil
    }
    return suspect
  }
}

extension GuardFacts {
  /// What is doubted of the history that a step removes something by; nothing else waits for proof.
  fileprivate func doubt(of step: PlannedStep) -> HistoryDoubt? {
    step.isPruning ? context.doubts[step.unit.application] : nil
  }
}

/// The rules that hold steps back; the first that objects is named.
///
/// Every step passes them, whatever it does. Deleting needs proof: nothing is taken away on the
/// strength of an incomplete read of git or of the lattice.
enum Guards {
  /// One rule: its objection to a step, or `nil`, and what the reader can do.
  struct Row: Sendable {
    var rule: GuardRule
    /// Whether it can object at all, in this plan, to steps of an application that touch nothing of
    /// others and of which comparing showed nothing: where it cannot, it need not be asked about a
    /// hundred thousand of them one by one.
    var isAwake: @Sendable (ApplicationName, GuardFacts) -> Bool
    var objection: @Sendable (PlannedStep, Finding?, GuardFacts) -> String?
    var remedy: String
    /// Whether it holds nothing of a plan that somebody has approved: it asks for a person's judgement,
    /// not for a fact.
    var yieldsToApproval = false
  }

  /// The rules that hold nothing of an approved plan.
  static let yielding = Set(table.filter(\.yieldsToApproval).map(\.rule))

  static let table: [Row] = [
    Row(
      rule: .notOurs, isAwake: { _, _ in false },
      objection: { _, finding, _ in
        guard case .notOurs(let manager)? = finding else { return nil }
        return manager.map { "it is managed by \($0)" } ?? "it was not made by reconcile"
      },
      remedy: "remove it by the tool that made it, or give the declared one another name or id"),
    Row(
      rule: .ambiguousLink, isAwake: { _, _ in false },
      objection: { _, finding, _ in
        guard case .ambiguousLink(let matches)? = finding else { return nil }
        return "\(matches) stored links have its key, and a delete takes the first of them"
      },
      remedy: "delete the others by hand, or give the declared link a name of its own"),
    Row(
      rule: .unknownStore, isAwake: { _, _ in false },
      objection: { _, finding, _ in
        guard case .unknownStore(let what)? = finding else { return nil }
        return "\(what) could not be read"
      },
      remedy: "see that the lattice's JetStream buckets answer, or wait for a host to create them"),
    Row(
      rule: .otherHosts, isAwake: { $1.forOtherHosts.contains($0) },
      objection: { step, _, facts in
        let applications = step.changes.lazy.map(\.unit.application)
        guard !facts.forOtherHosts.isEmpty,
          applications.contains(where: facts.forOtherHosts.contains)
        else { return nil }
        return "it is made for hosts before 1.0, and those of this lattice are newer"
      },
      remedy: "let 'reconcile convert' write the native form, and add an 'interface' to each link; "
        + "nothing of it is touched meanwhile"),
    notLinkable(
      by: .interface, "it has a contract alone", "lattice link by interface",
      remedy: "add 'interface' to it, such as wasi:keyvalue/store"),
    notLinkable(
      by: .contract, "it has an interface alone", "lattice link by contract",
      remedy: "add 'contract' to it, such as wasmcloud:keyvalue"),
    Row(
      rule: .halted, isAwake: { _, facts in facts.context.record.halt != nil },
      objection: { _, _, facts in
        facts.context.record.halt.map { "all commanding is halted: \($0)" }
      },
      remedy: "delete the key 'halt' of the record to go on"),
    Row(
      rule: .suspended, isAwake: { $1.context.suspension(of: $0) != nil },
      objection: { step, _, facts in
        (facts.context.suspension(of: step.unit.application)
          ?? step.alongside.lazy.compactMap {
            facts.context.suspension(of: $0.unit.application)
          }.first)
          .map { "suspended: \($0)" }
      },
      remedy: "run 'reconcile resume' with the same --app, --repository-name or --all once the "
        + "reason is gone"),
    Row(
      rule: .flapping, isAwake: { _, facts in !facts.context.flapping.isEmpty },
      objection: { step, _, facts in
        let flapping = facts.context.flapping
        guard
          !flapping.isEmpty,
          flapping.contains(step.unit)
            || step.alongside.contains(where: { flapping.contains($0.unit) })
        else { return nil }
        return "it went back and forth four times within ten minutes"
      },
      remedy: "find out who else commands it; it is looked at again after ten quiet minutes"),
    Row(
      rule: .takesHostsDown, isAwake: { _, facts in !facts.suspects.isEmpty },
      objection: { step, _, facts in
        guard !facts.suspects.isEmpty, step.startedID != nil else { return nil }
        return facts.suspicion(of: step.unit)?.sentence
      },
      remedy: "find out why; another image, config or link lifts this, and so does 'reconcile "
        + "resume --app' with the application's name", yieldsToApproval: true),
    Row(
      rule: .silentHost, isAwake: { _, facts in !facts.obstacles.isEmpty },
      objection: { step, _, facts in
        guard let host = step.unit.host, let obstacle = facts.obstacles[host] else { return nil }
        return "host \(host) cannot be told to change: \(obstacle)"
      },
      remedy: "bring the host back, or give --forget-host if it is gone for good"),
    Row(
      rule: .unhealthyHost, isAwake: { _, facts in !facts.closures.isEmpty },
      objection: { step, _, facts in
        guard step.replaces, let host = step.unit.host, let reason = facts.closures[host]
        else { return nil }
        return "host \(host) might not start again what is stopped there: \(reason)"
      },
      remedy: "mend the host; once it is healthy this is looked at again"),
    Row(
      rule: .incompleteView, isAwake: { _, facts in facts.view == .unproven },
      objection: { step, _, facts in
        guard step.takesAway, facts.view == .unproven else { return nil }
        return "no earlier pass is on record that says which hosts there are"
      },
      remedy: "this ends by itself: one pass is put on record, and the next in which all its hosts "
        + "answer removes; --expect-hosts ends it at once"),
    Row(
      rule: .incompleteView, isAwake: { _, facts in !facts.view.silent.isEmpty },
      objection: { step, _, facts in
        guard step.takesAway, !facts.view.silent.isEmpty else { return nil }
        let silent = facts.view.silent.map(\.rawValue)
        return "expected hosts do not answer: \(silent.joined(separator: ", "))"
      },
      remedy: "wait until every expected host answers, or give --forget-host for those that are "
        + "gone for good"),
    Row(
      rule: .incompleteView, isAwake: { _, facts in facts.view.missing != nil },
      objection: { step, _, facts in step.takesAway ? facts.view.missing : nil },
      remedy: "wait until so many answer, or say how many there are with --expect-hosts"),
    Row(
      rule: .unprovenRecord, isAwake: { _, facts in facts.context.record.standingDoubt != nil },
      objection: { step, _, facts in
        guard step.isPruning, let doubt = facts.context.record.standingDoubt,
          !doubt.settled.contains(step.unit.application)
        else { return nil }
        return doubt.reason
      },
      remedy:
        "look at what would be removed; where it is right, 'reconcile resume --all' lets it go on. "
        + "'reconcile adopt' ends it for an application that is exactly as declared",
      yieldsToApproval: true
    ),
    Row(
      rule: .incompleteRead, isAwake: { _, facts in facts.hasUnreadable },
      objection: { step, _, facts in
        guard step.isPruning, facts.hasUnreadable else { return nil }
        return "a manifest cannot be read, so nobody can tell whether it still declares this"
      },
      remedy: "mend the file named above; then this is looked at again"),
    Row(
      rule: .history,
      isAwake: { _, facts in facts.refusal != nil || !facts.context.doubts.isEmpty },
      objection: { step, _, facts in
        if let refusal = facts.refusal { return refusal.sentence }
        guard let doubt = facts.doubt(of: step), doubt.obstacle == nil else { return nil }
        return doubt.sentence
      },
      remedy:
        "apply a commit that has the last applied one among its ancestors, or look at the plan "
        + "that 'reconcile approve' shows, and approve it; --allow-non-fast-forward goes on without",
      yieldsToApproval: true),
    Row(
      rule: .history, isAwake: { _, facts in !facts.context.doubts.isEmpty },
      objection: { step, _, facts in facts.doubt(of: step)?.sentence },
      remedy: "run `git fetch --unshallow`, or clone with a greater --depth; or give "
        + "--allow-non-fast-forward", yieldsToApproval: true),
    Row(
      rule: .noReplacement, isAwake: { _, facts in !facts.irreplaceable.isEmpty },
      objection: { step, _, facts in
        guard facts.irreplaceable.contains(step.unit) else { return nil }
        return "what replaces it cannot be placed, and stopping it would leave fewer"
      },
      remedy: "see the instances that cannot be placed; make room or mend their rules"),
  ]

  /// A link that does not say what the hosts link by, and whatever it may be meant in place of.
  private static func notLinkable(
    by linkage: Linkage, _ lack: String, _ need: String, remedy: String
  ) -> Row {
    Row(
      rule: .notLinkable, isAwake: { _, _ in false },
      objection: { step, finding, facts in
        guard case .notLinkable(let link)? = finding, facts.context.abilities.linkage == linkage
        else { return nil }
        let isItself = step.unit.kind == .link && step.unit.name == link.unitName
        return
          (isItself ? "" : "link \(link.unitName), at \(link.origin), may be meant in its place; ")
          + "\(lack), and the hosts of this \(need)"
      }, remedy: remedy)
  }

  /// Asks rules about a step.
  static func held(
    _ step: PlannedStep, _ facts: GuardFacts, finding: Finding? = nil, by rows: [Row] = table
  ) -> HeldStep? {
    for row in rows where !(row.yieldsToApproval && facts.context.isApproved) {
      guard let detail = row.objection(step, finding, facts) else { continue }
      return HeldStep(step: step, rule: row.rule, detail: detail, remedy: row.remedy)
    }
    return nil
  }

  /// The rules that can object to steps of an application that touch nothing of others.
  static func awake(for application: ApplicationName, _ facts: GuardFacts) -> [Row] {
    table.filter {
      !($0.yieldsToApproval && facts.context.isApproved) && $0.isAwake(application, facts)
    }
  }
}

extension PlannedStep {
  /// Whether it removes something because nothing asks for it any more.
  var isPruning: Bool {
    switch reason {
    case .notDeclared, .applicationRemoved, .noLongerUsed: true
    case .missing, .countChanged, .imageChanged, .launchChanged, .linkChanged, .targetChanged,
      .valuesChanged, .notWantedHere, .forOtherHosts:
      false
    }
  }
}

extension ViewCompleteness {
  /// The expected hosts that do not answer.
  var silent: [HostID] {
    guard case .incomplete(let silent, _, _) = self else { return [] }
    return silent
  }

  /// That fewer hosts answered than are expected, where nobody knows which.
  var missing: String? {
    guard case .incomplete(let silent, let expected, let answered) = self, silent.isEmpty else {
      return nil
    }
    return "\(answered) of \(expected) expected hosts answered"
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
