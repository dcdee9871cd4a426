import JSONCoding
import LatticeModel
import OptionParsing
import TextForms

/// A table: a heading for each column, and rows of values.
struct Listing {
  let columns: [String]
  private(set) var rows: [[JSONValue]]

  init(
    hosts observed: ObservedState, record: LatticeRecord, at now: Timestamp,
    _ shown: ListingOptions = ListingOptions()
  ) {
    columns = ["host", "name", "version", "state", "actors", "providers", "labels"]
    rows = observed.hosts.filter { host in
      let owners =
        (host.report.actors.map(\.annotations) + host.report.providers.map(\.annotations))
        .map { $0[AnnotationKey.application] }
      return shown.takes(host)
        && (shown.selection.applications.isEmpty || owners.contains { shown.takes($0) })
    }.map { host in
      let labels = host.labels.filter { !$0.key.hasPrefix("hostcore.") }
      let health = host.health(record.trouble(of: host.id, at: now))
      return [
        .string(host.id.rawValue), .string(host.report.friendlyName),
        .string(host.report.version), .string(health.sentence), .int(host.actors.count),
        .int(host.providers.count), .object(labels.mapValues(JSONValue.string)),
      ]
    }
  }

  init(actors observed: ObservedState, _ shown: ListingOptions = ListingOptions()) {
    columns = ["actor", "host", "instances", "image", "application", "managed-by"]
    rows = observed.hosts.filter(shown.takes).flatMap { host in
      host.report.actors.filter { shown.takes($0.annotations[AnnotationKey.application]) }.map {
        actor in
        [
          .string(actor.id.rawValue), .string(host.id.rawValue), .int(actor.instances),
          .string(actor.image.rawValue),
        ] + Self.owner(actor.annotations)
      }
    }
  }

  init(providers observed: ObservedState, _ shown: ListingOptions = ListingOptions()) {
    columns = ["provider", "host", "image", "application", "managed-by"]
    rows = observed.hosts.filter(shown.takes).flatMap { host in
      host.report.providers.filter { shown.takes($0.annotations[AnnotationKey.application]) }.map {
        provider in
        [
          .string(provider.id.rawValue), .string(host.id.rawValue),
          .string(provider.image.asDeclared.rawValue),
        ] + Self.owner(provider.annotations)
      }
    }
  }

  init(links: [LinkDefinition]) {
    columns = ["source", "target", "name", "interface", "source-configs", "target-configs"]
    rows = links.map { link in
      [
        .string(link.key.source), .string(link.target), .string(link.key.name),
        .string(
          "\(link.key.contract)/\(link.interfaces.joined(separator: ","))"),
        .array(link.sourceConfig.map { .string($0.rawValue) }),
        .array(link.targetConfig.map { .string($0.rawValue) }),
      ]
    }
  }

  /// The rows by one column, the smallest first; rows without it last, equal ones as they were.
  ///
  /// - Throws: `UsageError` where there is no such column.
  func sorted(by column: String) throws(UsageError) -> Listing {
    guard let place = columns.firstIndex(of: column) else {
      throw .invalidValue(
        column, option: "--sort", expected: "one of \(columns.joined(separator: ", "))",
        nearest: nearestWord(to: column, in: columns))
    }
    var listing = self
    listing.rows = rows.enumerated().sorted { left, right in
      let (first, second) = (left.element[place], right.element[place])
      guard first != second else { return left.offset < right.offset }
      if let first = first.int, let second = second.int { return first < second }
      guard first != .null, second != .null else { return second == .null }
      return cell(first) < cell(second)
    }.map(\.element)
    return listing
  }

  private static func owner(_ annotations: [String: String]) -> [JSONValue] {
    [AnnotationKey.application, AnnotationKey.managedBy].map { key in
      annotations[key].map(JSONValue.string) ?? .null
    }
  }

  func rendered(_ format: OutputFormat) -> String {
    let objects = rows.map { row in
      Dictionary(zip(columns.map { $0.replacing("-", with: "_") }, row)) { $1 }
    }
    switch format {
    case .text, .sarif, .github, .markdown: return table
    case .json:
      let array = JSONValue.array(objects.map(JSONValue.object))
      return String(decoding: array.bytes(isPretty: true), as: UTF8.self) + "\n"
    case .ndjson: return objects.map { line($0, isPretty: false) }.joined()
    }
  }

  private var table: String {
    ReconcileCLI.columns([columns.map { $0.uppercased() }] + rows.map { $0.map(cell) })
      .map { $0 + "\n" }.joined()
  }

  private func cell(_ value: JSONValue) -> String {
    switch value {
    case .string(let text): text
    case .int(let number): String(number)
    case .array(let elements): elements.map(cell).joined(separator: ",")
    case .object(let members):
      members.map { "\($0.key)=\(cell($0.value))" }.sorted().joined(separator: ",")
    default: "-"
    }
  }
}

/// Rows as lines whose columns stand below each other; control characters are escaped.
func columns(_ rows: [[String]]) -> [String] {
  let cells = rows.map { $0.map(escapingControlCharacters) }
  let widths = (cells.first ?? []).indices.map { column in
    cells.map { $0[column].count }.max() ?? 0
  }
  return cells.map { row in
    let padded = zip(row, widths).map { text, width in
      text + String(repeating: " ", count: width - text.count)
    }
    return String(padded.joined(separator: "  ").reversed().drop { $0 == " " }.reversed())
  }
}

extension HostHealth {
  /// The word of `status`, and what is wrong where more is known.
  fileprivate var sentence: String { reason.map { "\(word): \($0)" } ?? word }
}
