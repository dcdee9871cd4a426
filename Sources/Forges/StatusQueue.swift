/// What is still to be said of a commit, the gravest first; pure.
///
/// Of each name the newest status waits; one that was said, or waits, is not taken again, nor that
/// something is being brought about once there was more to say: what is healed later is no news of
/// the commit. When there are too many, those that matter least are left, and taken at a later look.
struct StatusQueue: Sendable {
  /// How many wait at most.
  static let limit = 100

  private var revision = ""
  private var told: [String: CommitStatus] = [:]
  private var waiting: [String: CommitStatus] = [:]

  /// Whether nothing waits.
  var isEmpty: Bool { waiting.isEmpty }

  /// Takes statuses, all of one commit; those of another one are not said any more.
  ///
  /// - Returns: Whether anything new waits.
  mutating func note(_ statuses: [CommitStatus]) -> Bool {
    guard let first = statuses.first else { return false }
    if first.revision != revision {
      (told, waiting) = ([:], [:])
      revision = first.revision
    }
    var isNew = false
    for status in statuses.sorted(by: Self.isBefore) where told[status.context] != status {
      guard status.state != .pending || told[status.context] == nil,
        waiting[status.context] != nil || waiting.count < Self.limit
      else { continue }
      told[status.context] = status
      waiting[status.context] = status
      isNew = true
    }
    return isNew
  }

  /// What is to be said next.
  var next: CommitStatus? { waiting.values.min(by: Self.isBefore) }

  /// Notes that a status was said, or is given up; a newer one of its name still waits.
  mutating func end(_ status: CommitStatus) {
    if waiting[status.context] == status { waiting[status.context] = nil }
  }

  private static func isBefore(_ left: CommitStatus, _ right: CommitStatus) -> Bool {
    left.state == right.state ? left.context < right.context : left.state > right.state
  }
}
