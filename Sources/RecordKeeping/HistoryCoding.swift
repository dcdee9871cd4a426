import JSONCoding
import LatticeModel
import TextForms

/// The history as keys and values: a ring of sixteen keys with sixteen entries each at most, so that
/// a reader needs no listing and it never grows beyond them.
///
/// A program that knows no history passes over these keys.
enum HistoryCoding {
  static let version = 1
  static let keys = (0..<16).map { "history.\(String($0, radix: 16))" }
  /// How many entries a key holds at most.
  static let entries = 16
  /// How many bytes a key holds at most; one entry is far smaller.
  static let bytes = 48 * 1_024

  /// Entries as the pages of the keys, the oldest first; what there is no room for is left out, the
  /// oldest first.
  static func pages(of entries: [HistoryEntry]) -> [[HistoryEntry]] {
    var pages: [[HistoryEntry]] = []
    var (page, size): ([HistoryEntry], Int) = ([], 0)
    for entry in entries.sorted(by: { $0.number > $1.number }) {
      let more = encode([entry]).count
      guard more <= bytes else { continue }
      if page.count == self.entries || size + more > bytes {
        pages.append(page.reversed())
        (page, size) = ([], 0)
      }
      guard pages.count < keys.count else { break }
      page.append(entry)
      size += more
    }
    if !page.isEmpty, pages.count < keys.count { pages.append(page.reversed()) }
    return pages.reversed()
  }

  /// The entries of a key as its value.
  static func encode(_ entries: [HistoryEntry]) -> [UInt8] {
    JSONValue.object([
      "version": .int(version), "entries": .array(entries.map { .object(members(of: $0)) }),
    ]).bytes()
  }

  /// The entries of a key, the oldest first; what is read back is untrusted.
  static func decode(_ bytes: [UInt8], key: String) throws(RecordError) -> [HistoryEntry] {
    guard let value = try? JSONValue(parsing: bytes), let list = value["entries"]?.array else {
      throw .corrupt(key: key, detail: "it is no history")
    }
    guard value["version"]?.int == version else {
      throw .newer(key: key, version: value["version"]?.int ?? 0)
    }
    return list.compactMap(entry)
  }

  private static func members(of entry: HistoryEntry) -> [String: JSONValue] {
    var members: [String: JSONValue] = [
      "number": .int(entry.number), "time": .int(Int(entry.time.nanoseconds)),
      "ms": .int(entry.milliseconds), "by": text(entry.by),
      "result": .string(entry.result.rawValue),
    ]
    members["act"] = entry.act.map(text)
    members["reason"] = entry.reason.map(text)
    for (key, value) in [
      ("revision", entry.revision.rawValue), ("summary", entry.summary), ("author", entry.author),
      ("plan", entry.planID), ("detail", entry.detail),
    ] where !value.isEmpty { members[key] = text(value) }
    if entry.applicationCount > 0 {
      members["applications"] = .array(entry.applications.map { text($0.rawValue) })
      members["applicationCount"] = .int(entry.applicationCount)
    }
    if entry.commands > 0 { members["commands"] = .int(entry.commands) }
    if entry.changeCount > 0 {
      members["changeCount"] = .int(entry.changeCount)
      // Short, as there are many: application, kind, name, intent, and how many steps.
      members["changes"] = .array(
        entry.changes.map { change in
          .array([
            text(change.unit.application.rawValue), .string(change.unit.kind.rawValue),
            text(change.unit.name), .string(change.intent), .int(change.steps),
          ])
        })
    }
    return members
  }

  /// A text of bounded length: 240 characters say who, what and why.
  private static func text(_ text: String) -> JSONValue { .string(excerpt(text, upTo: 240)) }

  /// An entry, or `nil` where it has no number or time.
  private static func entry(_ value: JSONValue) -> HistoryEntry? {
    guard let number = value["number"]?.int, number > 0, let time = value["time"]?.int else {
      return nil
    }
    var entry = HistoryEntry(
      at: Timestamp(nanoseconds: Int64(time)), by: value["by"]?.string ?? "")
    entry.number = number
    entry.milliseconds = max(0, value["ms"]?.int ?? 0)
    (entry.act, entry.reason) = (value["act"]?.string, value["reason"]?.string)
    entry.revision = Revision(value["revision"]?.string ?? "")
    entry.summary = value["summary"]?.string ?? ""
    entry.author = value["author"]?.string ?? ""
    entry.planID = value["plan"]?.string ?? ""
    entry.detail = value["detail"]?.string ?? ""
    // A result that a newer program writes is not to be read as a success.
    entry.result = value["result"]?.string.flatMap(HistoryEntry.Result.init) ?? .interrupted
    entry.applications = (value["applications"]?.array ?? []).compactMap(\.string)
      .prefix(HistoryEntry.most).map { ApplicationName($0) }
    entry.applicationCount = max(entry.applications.count, value["applicationCount"]?.int ?? 0)
    entry.commands = max(0, value["commands"]?.int ?? 0)
    entry.changes = (value["changes"]?.array ?? []).prefix(HistoryEntry.most).compactMap(change)
    entry.changeCount = max(entry.changes.count, value["changeCount"]?.int ?? 0)
    return entry
  }

  private static func change(_ value: JSONValue) -> HistoryEntry.Change? {
    let words = (value.array ?? []).compactMap(\.string)
    guard words.count == 4, let kind = UnitKind(rawValue: words[1]) else { return nil }
    return HistoryEntry.Change(
      unit: UnitKey(application: ApplicationName(words[0]), kind: kind, name: words[2]),
      intent: words[3], steps: max(0, value.array?.last?.int ?? 0))
  }
}
