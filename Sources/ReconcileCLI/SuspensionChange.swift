import Diagnostics
import JSONCoding
import LatticeModel
import TextForms

/// The schema of what a `suspend` or a `resume` did as published.
private let suspensionSchema = "reconcile.suspension/1"

/// What a `suspend` or a `resume` makes of the suspensions on record.
struct SuspensionChange: Hashable, Sendable {
  /// What is not commanded from now on, as it was asked.
  private(set) var suspended: [Suspension] = []
  /// What was lifted.
  private(set) var resumed: [Suspension] = []
  /// What was to be lifted, and no suspension of that name stood.
  private(set) var absent: [Suspension.Scope] = []
  /// What stands now, without what is over.
  private(set) var standing: [Suspension]
  /// What was held since hosts were lost right after it was started, and may be started again.
  private(set) var approved: [UnitKey] = []
  /// What is no longer pinned.
  private(set) var unpinned: [Pin] = []
  /// What is pinned now, without what is over.
  private(set) var pins: [Pin]
  /// Whether what is on record may be relied on again.
  private(set) var approvesRecord = false
  private let isDoubted: Bool
  private var approvals: [Approval]
  private let suspects: [UnitKey: Suspect]
  private let now: Timestamp

  /// Changes nothing but that what is over is forgotten.
  init(of record: LatticeRecord, at now: Timestamp) {
    self.now = now
    suspects = record.suspects
    standing = record.suspensions.filter { $0.stands(at: now) }
    pins = record.pins.filter { $0.stands(at: now) }
    // An approval of what nothing speaks against any more says nothing.
    isDoubted = record.standingDoubt != nil
    approvals = record.approvals.filter { approval in
      if approval.application == nil, record.doubt != nil { return true }
      return record.suspects.keys.contains {
        $0.application == approval.application ?? $0.application
      }
    }
  }

  /// Suspends anew; a suspension of the same name is replaced.
  mutating func suspend(_ new: [Suspension]) {
    standing.removeAll { suspension in new.contains { $0.scope == suspension.scope } }
    standing += new
    suspended = new
  }

  /// Lifts what stands by these names, and nothing else that may cover the same.
  mutating func resume(_ scopes: [Suspension.Scope]) {
    resumed = standing.filter { scopes.contains($0.scope) }
    absent = scopes.filter { scope in !resumed.contains { $0.scope == scope } }
    standing.removeAll { scopes.contains($0.scope) }
    for scope in scopes {
      approve(scope)
      unpin(scope)
    }
  }

  /// Lets git say again what an application is; by its name alone, for each was pinned for a reason of
  /// its own.
  private mutating func unpin(_ scope: Suspension.Scope) {
    guard case .application(let name) = scope else { return }
    let lifted = pins.filter { $0.application == name }
    guard !lifted.isEmpty else { return }
    unpinned += lifted
    pins.removeAll { $0.application == name }
    absent.removeAll { $0 == scope }
  }

  /// Lets go on what is held on suspicion.
  private mutating func approve(_ scope: Suspension.Scope) {
    let application: ApplicationName?
    switch scope {
    case .everything: application = nil
    case .application(let name): application = name
    case .repository: return
    }
    let units = suspects.filter { unit, suspect in
      suspect.isHeld && unit.application == application ?? unit.application
    }.keys.sorted()
    let endsDoubt = scope == .everything && isDoubted
    guard !units.isEmpty || endsDoubt else { return }
    approvesRecord = approvesRecord || endsDoubt
    approved += units
    absent.removeAll { $0 == scope }
    approvals.removeAll { $0.application == application }
    approvals.append(Approval(of: application, at: now))
  }

  /// Writes it into a record.
  func carryOut(in record: inout LatticeRecord) {
    (record.suspensions, record.approvals, record.pins) = (standing, approvals, pins)
  }
}

extension SuspensionChange {
  /// What happened, for people: a line for each name, and after a resume one for each that stands.
  func text(resumes: Bool) -> String {
    let done =
      suspended.map { "suspended: \($0.scope.words)" }
      + resumed.map { "resumed: \($0.scope.words)" }
      + unpinned.map { "no longer pinned: application \($0.application), at \($0.revision.short)" }
      + approved.map { "may be started again: \(name($0))" }
      + (approvesRecord ? ["what is on record may be removed again"] : [])
      + absent.map { "not suspended: \($0.words)" }
    let rest =
      resumes
      ? standing.map { "still suspended: \($0.sentence)" }
        + pins.map { "still pinned: \($0.timedSentence)" } : []
    return (done + rest).map { escapingControlCharacters($0) + "\n" }.joined()
  }

  /// What happened, for programs; suspensions have the keys that they have in a status.
  func json(in lattice: LatticeName, _ warnings: [Diagnostic]) -> [String: JSONValue] {
    [
      "schema": .string(suspensionSchema), "lattice": .string(lattice.rawValue),
      "exit": .int(Int(ExitStatus.inSync.rawValue)),
      "suspended": .array(suspended.map(\.json)), "resumed": .array(resumed.map(\.json)),
      "not_suspended": .array(absent.map { .string($0.words) }),
      "approved": .array(
        approved.map { .string(name($0)) } + (approvesRecord ? ["the record"] : [])),
      "suspensions": .array(standing.map(\.json)),
      "unpinned": .array(unpinned.map(\.json)), "pins": .array(pins.map(\.json)),
      "diagnostics": .array(warnings.map { .object(finding($0)) }),
    ]
  }
}

extension LatticeRecord {
  /// Leaves out suspensions that are over; they lie on record until the next `suspend` or `resume`.
  mutating func forgetPastSuspensions(at now: Timestamp) {
    suspensions.removeAll { !$0.stands(at: now) }
    pins.removeAll { !$0.stands(at: now) }
    planApprovals.removeAll { !$0.stands(at: now) }
  }
}

extension Pin {
  /// What is pinned where, since and until when, by whom and why.
  var timedSentence: String {
    let end = until.map { " until \(moment($0))" } ?? ""
    return "application \(application) at \(revision.short) since \(moment(time))\(end): "
      + "\(reason) (\(by))"
  }

  /// The same for programs.
  var json: JSONValue {
    [
      "application": .string(application.rawValue), "commit": .string(revision.rawValue),
      "form": .string(form), "reason": .string(reason), "by": .string(by),
      "since": .string(formatTimestamp(time.nanoseconds)),
      "until": until.map { .string(formatTimestamp($0.nanoseconds)) } ?? .null,
    ]
  }
}

extension Suspension {
  /// What it covers, until when, why and by whose wish.
  var sentence: String {
    let end = until.map { " until \(formatTimestamp($0.nanoseconds))" } ?? ""
    return "\(scope.words)\(end): \(reason) (\(by))"
  }

  /// The same for programs.
  var json: JSONValue {
    [
      "scope": .string(scope.words), "reason": .string(reason), "by": .string(by),
      "until": until.map { .string(formatTimestamp($0.nanoseconds)) } ?? .null,
    ]
  }
}

extension Suspension.Scope {
  /// What it covers, in words.
  var words: String {
    switch self {
    case .everything: "everything"
    case .repository(let name): "repository \(name)"
    case .application(let name): "application \(name)"
    }
  }
}
