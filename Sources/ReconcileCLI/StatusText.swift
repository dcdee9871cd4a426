import DesiredSources
import Diagnostics
import LatticeModel
import LatticeObservation
import ReconcileLoop
import RecordKeeping
import TextForms

/// A status for people: who commands, what is stopped, and a line an application.
func renderText(_ status: StatusReport, at now: Timestamp) -> String {
  let plan = status.status.plan
  var lines = [
    "commit      \(status.status.revision.short)",
    "path        \(status.report.source.shownLayers)",
    "lattice     \(status.status.lattice)", "state       \(status.status.sync(at: now).sentence)",
    "controller  \(sentence(status.holder, status.standbys))",
  ]
  lines += standingLines(status.record, status.staleness)
  lines.append("hosts       \(hostCounts(status.status.hosts.map(\.health)))")
  for host in status.status.hosts {
    guard let reason = host.health.reason else { continue }
    let gap = String(repeating: " ", count: max(1, 12 - host.health.word.count))
    lines.append("\(host.health.word)\(gap)\(host.id.short): \(reason)")
  }
  for (unit, since) in status.starting {
    lines.append("starting    \(name(unit)), \(age(of: since, at: now))")
  }
  for (unit, suspect) in status.record.suspects.sorted(by: { $0.key < $1.key })
  where plan.suspects.contains(unit) {
    lines.append(
      "\(suspect.isHeld ? "held      " : "suspect   ")  \(name(unit)): \(suspect.sentence)")
  }
  lines += heldGroups(of: plan).map { "held        \($0.sentence)" }
  if let proposal = status.report.proposal { lines.append("awaiting    \(proposal.sentence)") }
  lines += plan.unreached.map { "unreached   \($0.application)  \($0.sentence)" }
  lines += status.status.strays.map { "stray       \(sentence($0))" }
  lines += status.report.notes.map { "note        \($0)" }
  let left = Set(plan.left.map(\.unit.application.rawValue)).sorted()
  if !left.isEmpty {
    lines.append("left        what nothing declares of \(named(left)), since prune is off")
  }
  lines.append("")
  let rows = status.status.applications.map { application in
    let verdict = status.status.sync(of: application, at: now)
    return [
      application.name.rawValue,
      (verdict.sync == .differs ? application.sentence : verdict.sentence)
        + application.pinSuffix,
      application.applied?.short ?? "-", application.path,
    ]
  }
  return (lines + columns([["APPLICATION", "STATE", "COMMIT", "MANIFEST"]] + rows))
    .map { escapingControlCharacters($0) + "\n" }.joined()
}

/// What is on record of a lattice for people, where the rest cannot be told.
func renderText(_ status: RecordedStatus, at now: Timestamp) -> String {
  let record = status.record
  var lines = [
    "lattice     \(status.lattice)", "state       unknown: \(status.reason)",
    "record      \(sentence(status.origin, at: now))",
    "controller  \(sentence(status.holder, status.standbys))",
  ]
  lines += standingLines(record, status.staleness)
  let seen = record.hosts.values.map(\.lastSeen).max().map {
    ", last seen \(whole(now.since($0))) ago"
  }
  lines += ["hosts       \(record.hosts.count) on record\(seen ?? "")", ""]
  let rows = record.applied.sorted { $0.key < $1.key }.map { name, applied in
    [name.rawValue, "unknown", applied.revision.short, applied.path]
  }
  return (lines + columns([["APPLICATION", "STATE", "COMMIT", "MANIFEST"]] + rows))
    .map { escapingControlCharacters($0) + "\n" }.joined()
}

extension RecordedStatus {
  /// Why nothing else is known, in one sentence.
  var reason: String { obstacle.diagnostics.first?.message ?? "" }
}

private func sentence(_ origin: RecordedStatus.Origin, at now: Timestamp) -> String {
  switch origin {
  case .stored: "as it is stored"
  case .remembered(let path, let time):
    "as this machine knew it \(whole(now.since(time))) ago, from \(path)"
  }
}

/// What keeps the lattice from being commanded, or from following git.
private func standingLines(_ record: LatticeRecord, _ staleness: SourceStaleness?) -> [String] {
  var lines: [String] = []
  if let stale = staleness {
    lines.append(
      "stale       the controller has not followed git for \(whole(stale.age)): \(stale.reason)")
  }
  if let halt = record.halt { lines.append("halted      \(halt)") }
  lines += record.suspensions.map { "suspended   \($0.sentence)" }
  lines += record.pins.map { "pinned      \($0.timedSentence)" }
  lines += record.planApprovals.map { "approved    \($0.timedSentence)" }
  return lines
}

private func sentence(_ holder: LeaseHolder, _ standbys: [String]) -> String {
  switch holder {
  case .nobody: "none, computed now"
  case .held(let name): standbys.isEmpty ? name : "\(name), \(standingBy(standbys))"
  case .unknown(let reason): "not known: \(reason)"
  }
}

/// Nothing that is sent ends such a process, so a person has to.
private func sentence(_ stray: StrayProvider) -> String {
  let isOne = stray.count == 1
  let place =
    stray.hosts.isEmpty ? "where it ran" : "on \(named(stray.hosts.map { "\($0.short)" }))"
  return "\(isOne ? "1 process" : "\(stray.count) processes") of provider \(stray.provider) "
    + "\(isOne ? "runs" : "run") on without a host; stop \(isOne ? "it" : "them") by hand \(place)"
}

/// How long something goes on already, in whole seconds.
private func age(of since: Timestamp, at now: Timestamp) -> String {
  "for \(whole(now.since(since)))"
}

/// A span in whole seconds.
private func whole(_ span: Duration) -> String {
  formatDuration(.seconds(max(0, span.components.seconds)))
}

/// How many hosts there are of each health, the best first.
private func hostCounts(_ hosts: some Collection<HostHealth>) -> String {
  let counts = Dictionary(hosts.map { ($0.word, 1) }, uniquingKeysWith: +)
  let words = ["healthy", "degraded", "unhealthy", "silent", "lost", "unsupported"]
  let parts = words.compactMap { word in counts[word].map { "\($0) \(word)" } }
  return parts.isEmpty ? "none" : parts.joined(separator: ", ")
}
