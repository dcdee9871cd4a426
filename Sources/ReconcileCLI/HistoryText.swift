import JSONCoding
import LatticeModel
import TextForms

/// A history for people, a line an entry.
func renderText(_ entries: [HistoryEntry]) -> String {
  guard !entries.isEmpty else { return "nothing is on record as done\n" }
  let rows = entries.map { entry in
    [
      "\(entry.number)", moment(entry.time), entry.result.words,
      entry.revision.rawValue.isEmpty ? "-" : entry.revision.short, entry.by, entry.sentence,
    ]
  }
  return columns([["NUMBER", "TIME", "RESULT", "COMMIT", "BY", "WHAT"]] + rows)
    .map { $0 + "\n" }.joined()
}

/// An entry for programs.
func json(of entry: HistoryEntry) -> [String: JSONValue] {
  [
    "number": .int(entry.number), "time": .string(formatTimestamp(entry.time.nanoseconds)),
    "took_ms": .int(entry.milliseconds), "by": .string(entry.by),
    "act": entry.act.map(JSONValue.string) ?? .null,
    "reason": entry.reason.map(JSONValue.string) ?? .null,
    "commit": entry.revision.rawValue.isEmpty ? .null : .string(entry.revision.rawValue),
    "summary": .string(entry.summary), "author": .string(entry.author),
    "plan_id": entry.planID.isEmpty ? .null : .string("sha256:\(entry.planID)"),
    "applications": .array(entry.applications.map { .string($0.rawValue) }),
    "application_count": .int(entry.applicationCount),
    "commands_sent": .int(entry.commands),
    "changes": .array(
      entry.changes.map { change in
        [
          "application": .string(change.unit.application.rawValue),
          "kind": .string(change.unit.kind.rawValue), "name": .string(change.unit.name),
          "intent": .string(change.intent), "steps": .int(change.steps),
        ]
      }),
    "change_count": .int(entry.changeCount), "result": .string(entry.result.rawValue),
    "detail": .string(entry.detail),
  ]
}

/// A moment for people, who need no part of a second.
func moment(_ time: Timestamp) -> String {
  "\(formatTimestamp(time.nanoseconds).prefix { $0 != "." && $0 != "Z" })Z"
}

extension HistoryEntry {
  /// What was done, and what came in its way.
  fileprivate var sentence: String {
    let what = act ?? (commands > 0 ? "\(counted(commands, "command")): \(listed)" : "no command")
    let message = summary.isEmpty ? nil : "'\(excerpt(summary, upTo: 60))'"
    let why = reason.map { "because \($0)" }
    return [what, detail.isEmpty ? nil : detail, why, message].compactMap { $0 }
      .joined(separator: "; ")
  }

  /// The changes, up to three by name.
  private var listed: String {
    let shown = changes.prefix(3).map { change in
      let times = change.steps > 1 ? " x\(change.steps)" : ""
      return "\(change.intent) \(change.unit.application) \(change.unit.kind.rawValue) "
        + "\(change.unit.name)\(times)"
    }
    let rest = changeCount - shown.count
    return shown.joined(separator: ", ") + (rest > 0 ? " and \(rest) more" : "")
  }
}

extension HistoryEntry.Result {
  /// The result for people.
  fileprivate var words: String {
    switch self {
    case .inSync: "in sync"
    case .underWay: "under way"
    case .done, .held, .failed, .interrupted: rawValue
    }
  }
}
