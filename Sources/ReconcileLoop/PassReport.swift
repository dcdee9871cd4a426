public import DesiredSources
import Diagnostics
public import LatticeDialects
public import LatticeModel
public import PlanExecution
public import Planning
import RecordKeeping
import TextForms

/// What one pass saw, planned and did.
public struct PassReport: Sendable {
  /// What git declares.
  public var source: SourceReading
  /// The first plan: what was, or would be, done.
  public var plan: Plan
  /// The plan's id.
  public var planID: String
  /// What is still to be done at the end; the first plan itself for a dry run.
  public var remaining: Plan
  /// How hosts are spoken to.
  public var dialect: any LatticeDialect = commandedDialect
  /// How each host is.
  public var hosts: [HostID: HostHealth] = [:]
  /// What became of each plan that was carried out.
  public var outcomes: [PlanOutcome] = []
  /// What failed and is still to be done, by unit.
  public var failures: [StepFailure] = []
  /// Why the work ended, where the lattice was to be in sync.
  public var end: PassEnd?
  /// What a person should know, such as files that are not committed.
  public var notes: [String] = []
  /// Whether the lattice was to be in sync at the end.
  public var wasToConverge = false
  /// Whether there is more to do than the one plan that was to be carried out.
  public var isPlanOver = false
  /// Whether the plan was turned down before anything was sent.
  public var wasDeclined = false
  /// The applications that the pass was confined to; all where `nil`.
  var scope: Set<ApplicationName>?
  /// Of whose removals it is not known that history wants them.
  var doubts: [ApplicationName: HistoryDoubt] = [:]
  /// Whether somebody has approved the commit although its history is in doubt.
  var isApproved = false
  /// The applications that are not declared and that the reading could not have seen, with the
  /// reasons.
  var unseen: [ApplicationName: String] = [:]

  /// What somebody may approve, where something is held that yields to that.
  public var proposal: Proposal?
  /// On whose account something is planned that would be held otherwise.
  public var approval: PlanApproval?

  /// What is in doubt of history, a sentence each.
  public var historyDoubts: [String] { Set(doubts.values.map(\.sentence)).sorted() }

  /// Whether what was sent has been seen to work: what counts as running on a silent host since
  /// it was sent may not run at all.
  var isProven = true

  /// The providers that were started and do not listen yet.
  var deaf: [String] = []
  /// Whether there is nothing more to send, and what was sent is seen to work.
  public var isDone: Bool { remaining.isEmpty && isProven }

  /// Whether the lattice is as declared: nothing more to send, nothing held, everything placed, and
  /// no manifest with an error, for what it means to declare is not known.
  public var isInSync: Bool {
    isDone && remaining.held.isEmpty && remaining.unplaceable.isEmpty
      && remaining.unreached.isEmpty && deaf.isEmpty
      && source.errorCount == 0
  }

  /// Tells of a plan for what was read and seen.
  init(
    _ plan: Plan, of source: SourceReading, _ observed: ObservedState, in context: PlanningContext,
    unseen reasons: [ApplicationName: String] = [:]
  ) {
    self.source = source
    self.plan = plan
    planID = planIdentifier(plan)
    remaining = plan
    scope = context.only
    (doubts, isApproved) = (context.doubts, context.isApproved)
    unseen = reasons
    for doubt in historyDoubts where !context.isApproved {
      notes.append("\(doubt); \(context.isRefused ? "it is held" : "its removals are held")")
    }
    notePins()
    noteUnseen(reasons)
    noteHosts(observed, in: context)
    deaf = observed.deafProviders.map { "\($0.provider) on \($0.host)" }
    if !deaf.isEmpty { notes.append("not listening yet: \(named(deaf))") }
    if !source.emptied.isEmpty {
      notes.append(
        "declares nothing any more: \(named(source.emptied)); to remove its applications, "
          + "remove the file")
    }
    notes += source.notes
  }
}

extension PassReport {
  private mutating func notePins() {
    for pinned in source.pins where scope?.contains(pinned.pin.application) ?? true {
      let rest =
        pinned.obstacle.map { "\($0), so that nothing of it is touched" }
        ?? (source.isOfForms ? "git was not read" : "git is at \(source.desired.revision.short)")
      notes.append("\(pinned.pin.sentence); \(rest)")
    }
  }

  /// Notes on whose account something is planned, or that what somebody approved is another plan.
  mutating func noteApproval(among standing: [PlanApproval]) {
    if let approval { notes.append(approval.sentence) }
    guard proposal != nil else { return }
    notes += standing.map { "\($0.sentence); it is not what would be done now" }
  }

  private mutating func noteUnseen(_ reasons: [ApplicationName: String]) {
    let inScope = reasons.filter { scope?.contains($0.key) ?? true }
    for (reason, names) in Dictionary(grouping: inScope.keys, by: { inScope[$0] ?? "" })
      .sorted(by: { $0.key < $1.key })
    {
      notes.append("left alone: \(named(names.map(\.rawValue).sorted())): \(reason)")
    }
  }

  private mutating func noteHosts(_ observed: ObservedState, in context: PlanningContext) {
    var closed: [String] = []
    for host in observed.hosts {
      let trouble = context.record.trouble(of: host.id, at: context.now)
      hosts[host.id] = host.health(trouble)
      if let reason = host.closure(trouble) { closed.append("\(host.id) (\(reason))") }
    }
    if !closed.isEmpty { notes.append("nothing is started on \(named(closed))") }
  }
}

extension PlanningContext {
  /// Takes over what a reading means to the applications on record.
  mutating func take(_ standing: Standing) {
    doubts = standing.doubts
    unseen = Set(standing.unseen.keys)
  }
}

extension DesiredState {
  /// The ids whose stored links are needed: those that are declared or on record.
  func linkSources(with record: LatticeRecord) -> Set<String> {
    Set(applications.flatMap { $0.links.map(\.source.id) })
      .union(record.links.keys.map(\.source))
  }

  /// The configs whose entries are needed: those that are declared or on record.
  func configNames(with record: LatticeRecord) -> Set<ConfigName> {
    Set(applications.flatMap { $0.configs.map(\.name) }).union(record.configs.keys)
  }
}

extension LatticeRecord {
  /// The record before commands are sent: what they put is ours, whom we saw, and, once nothing
  /// differs, what was applied.
  func noting(
    _ report: PassReport, seen observed: ObservedState, forgetting forgotten: Set<HostID> = [],
    at now: Timestamp, isDone: Bool, underWay: [PlannedStep] = [], starting: Set<UnitKey> = []
  ) -> LatticeRecord {
    // In this order: what is about to be started, or is, is more than what was seen.
    var record = seeing(observed, forgetting: forgotten, at: now)
      .claiming(report.remaining.steps + underWay)
    record.starting = [:]
    for unit in starting { record.starting[unit] = self.starting[unit] ?? now }
    let desired = report.source.desired
    let declared = desired.applications.filter {
      $0.heldAt == nil && report.scope?.contains($0.name) ?? true
    }
    if declared.contains(where: { record.applied[$0.name]?.revision != desired.revision }) {
      record.noteOwners(of: declared)
    }
    let isLeft = Set(report.remaining.left.map(\.unit.application))
    let isHeld = Set(report.remaining.held.map(\.step.unit.application))
    for application in declared {
      var applied = AppliedApplication(
        revision: desired.revision, path: application.origin.path, sync: application.sync,
        scope: report.source.scope)
      // What was held or left of it is not to be removed once the commit stands on itself.
      let isOpen = isLeft.contains(application.name) || isHeld.contains(application.name)
      if isOpen { applied.base = report.doubts[application.name]?.applied }
      applied.form = report.source.forms[application.name]
      applied.good = record.applied[application.name]?.good
      record.applied[application.name] = applied
    }
    // Others stand on the approved commit too, or nothing of it would be done once the approval is over;
    // their removals alone are in doubt still.
    let others = report.isApproved ? Set(report.doubts.keys).subtracting(declared.map(\.name)) : []
    for name in others
    where report.scope?.contains(name) ?? true
      && !desired.frozen.contains(where: { $0.name == name })
      && !desired.applications.contains(where: { $0.name == name })
    {
      record.applied[name]?.revision = desired.revision
      record.applied[name]?.base = report.doubts[name]?.applied
    }
    for pinned in report.source.pins where report.scope?.contains(pinned.pin.application) ?? true {
      if let form = pinned.form { record.applied[form.application]?.form = form.digest }
    }
    // What a host brings back that is not to be seen must still be known to be ours to remove.
    let areAllSeen =
      observed.view == .complete && !observed.hosts.contains { $0.presence == .lost }
    guard isDone, desired.unreadable.isEmpty, areAllSeen else { return record }
    let names = Set(desired.applications.map(\.name) + desired.frozen.map(\.name))
    for name in record.applied.keys
    where !names.contains(name) && !isLeft.contains(name) && !isHeld.contains(name)
      && report.scope?.contains(name) ?? true && report.unseen[name] == nil
    {
      record.applied[name] = nil
    }
    return record
  }
}
