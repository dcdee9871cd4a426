import ConfigurationModel
import Diagnostics
import JSONCoding
import NATSTransport
import OptionParsing
import ServiceRuntime
import TextForms

/// Shows what whoever commands the lattice tells, as it happens, until a signal comes.
struct EventsCommand: Subcommand {
  let configuration = CommandConfiguration(
    "events", "Show what a controller tells, as it happens",
    discussion: "Events are not kept: what was done before is in 'reconcile history'.",
    examples: ["reconcile events --follow", "reconcile events --follow -o ndjson"],
    unused: TargetOptions.reading)
  var target = TargetOptions()
  var follows = false
  var output = OutputOptions()

  static let options =
    including(\.target)
    + [OptionSpec<Self>(\.follows, "follow", "Go on until interrupted; there is no other way")]
    + including(\.output)

  func run(in context: CommandContext) async throws -> ExitStatus {
    let console = context.console
    let settings = try target.configuration(in: context)
    guard follows else { throw EventsError.notKept }
    let signals = SignalStream()
    let transport = try await NATSConnection.connect(settings.nats)
    defer { transport.close() }
    let events = try await transport.subscribe(
      to: "reconcile.evt.\(settings.lattice).>", queue: nil, limit: 10_000)
    console.say("listening to lattice \(settings.lattice)")
    let format = output.format
    let wasInterrupted = await withTaskGroup(of: Bool.self) { group in
      group.addTask {
        for await _ in signals { break }
        return true
      }
      group.addTask {
        await show(events, as: format, on: console)
        return false
      }
      defer {
        events.unsubscribe()
        group.cancelAll()
      }
      return await group.next() ?? true
    }
    guard wasInterrupted else { throw NATSError.disconnected }
    return .inSync
  }
}

/// Writes events until the subscription ends.
private func show(_ events: MessageBatches, as format: OutputFormat, on console: Console) async {
  for await batch in events {
    for message in batch.elements {
      if let line = text(of: message, as: format) { console.write(line) }
    }
    if batch.dropped > 0 {
      console.say("not shown: \(counted(batch.dropped, "event")), for they came too fast")
    }
  }
}

/// Why events cannot be shown as it was asked.
enum EventsError: DiagnosticError {
  case notKept

  var diagnostics: [Diagnostic] {
    [
      Diagnostic(
        DiagnosticCode("RUN", 14), .error, "events are not kept, so that none can be shown at once",
        remedy: "give --follow to see them as they happen, or run 'reconcile history'")
    ]
  }

  var disposition: Disposition { .stalled }
}

/// An event as a line: as it came for programs, and in words for people; `nil` where it is none.
private func text(of message: NATSMessage, as format: OutputFormat) -> String? {
  guard let event = try? JSONValue(parsing: message.payload), let members = event.object,
    let type = event["type"]?.string
  else { return nil }
  switch format {
  case .json, .ndjson: return line(members, isPretty: false)
  case .text, .sarif, .github, .markdown:
    let prefix = "dev.reconcile."
    let word = type.hasPrefix(prefix) ? String(type.dropFirst(prefix.count)) : type
    let facts = (event["data"]?.object ?? [:]).sorted { $0.key < $1.key }.compactMap { key, value in
      value == .null ? nil : "\(key)=\(words(value))"
    }
    let time = event["time"]?.string.map { $0.prefix { $0 != "." && $0 != "Z" } + "Z" } ?? "-"
    return escapingControlCharacters(([String(time), word] + facts).joined(separator: "  ")) + "\n"
  }
}

/// A fact in words; one with a blank in it is quoted.
private func words(_ value: JSONValue) -> String {
  let text = plainWords(value)
  return text.contains(" ") ? "'\(text)'" : text
}

private func plainWords(_ value: JSONValue) -> String {
  if let text = value.string { return text }
  if let items = value.array { return items.map(plainWords).joined(separator: " ") }
  guard let members = value.object else { return String(decoding: value.bytes(), as: UTF8.self) }
  return members.sorted { $0.key < $1.key }.map { "\($0.key) \(plainWords($0.value))" }
    .joined(separator: ", ")
}
