import JSONCoding
import LatticeModel
import TextForms

/// The schema of a line of progress as published.
private let progressSchema = "reconcile.progress/1"

/// How far a plan is, as one line; pure.
struct ProgressLine {
  private let state: ProgressState
  private let now: ContinuousClock.Instant

  /// Makes a line of a state.
  ///
  /// - Returns: `nil` before a plan has begun.
  init?(_ state: ProgressState, at now: ContinuousClock.Instant) {
    guard state.start != nil else { return nil }
    (self.state, self.now) = (state, now)
  }

  /// The line for people, such as `412 of 2,000 confirmed, 12 s, waiting 9 s for host NDFJ4K2A:
  /// actor echo, whose image may be slow`; nothing in it can steer a terminal.
  var text: String {
    var parts = ["\(grouped(state.confirmed)) of \(grouped(state.steps)) confirmed"]
    if state.failed > 0 { parts.append("\(grouped(state.failed)) failed") }
    parts.append(seconds(elapsed))
    if let waiting { parts.append(waiting) }
    return escapingControlCharacters(parts.joined(separator: ", "))
  }

  /// The line with a bar before it, cut to be narrower than a terminal; without the bar where that
  /// leaves less than half of it for the words.
  func bar(width: Int) -> String {
    let cells = 10
    let room = max(1, width - 1)
    guard room >= 2 * (cells + 3) else { return cut(text, to: room) }
    let share = Double(min(state.confirmed, state.steps)) / Double(max(1, state.steps))
    let full = Int(share * Double(cells))
    let bar = String(repeating: "#", count: full) + String(repeating: "-", count: cells - full)
    return cut("[\(bar)] \(text)", to: room)
  }

  /// The line for programs.
  var json: String {
    var members: [String: JSONValue] = [
      "schema": .string(progressSchema), "type": .string("progress"), "steps": .int(state.steps),
      "confirmed": .int(state.confirmed), "failed": .int(state.failed),
      "under_way": .int(state.underWayCount), "elapsed_ms": .int(milliseconds(elapsed)),
    ]
    if let longest = state.longest {
      let unit = longest.step.unit
      members["longest"] = [
        "application": .string(unit.application.rawValue), "kind": .string(unit.kind.rawValue),
        "name": .string(unit.name),
        "host": unit.host.map { JSONValue.string($0.rawValue) } ?? .null,
        "waited_ms": .int(milliseconds(now - longest.since)),
      ]
    }
    return line(members, isPretty: false)
  }

  private var elapsed: Duration { now - (state.start ?? now) }

  /// What has been under way longest, once that is half a second.
  private var waiting: String? {
    guard let longest = state.longest, now - longest.since >= .milliseconds(500) else { return nil }
    let unit = longest.step.unit
    let place = unit.host.map { "host \($0.short): " } ?? ""
    let isStart = longest.step.intents.contains { $0.launch != nil }
    let cause =
      isStart && now - longest.since >= .seconds(5) ? ", whose image may be slow" : ""
    let others = state.underWayCount > 1 ? " (\(grouped(state.underWayCount)) under way)" : ""
    return "waiting \(seconds(now - longest.since)) for \(place)\(unit.kind.rawValue) \(unit.name)"
      + cause + others
  }
}

/// What is told besides how far a plan is, as a line for programs.
func progressNote(_ text: String) -> String {
  line(
    ["schema": .string(progressSchema), "type": .string("note"), "message": .string(text)],
    isPretty: false)
}

/// When a line is due where none can be drawn anew: a second after the last one if something
/// changed, ten seconds after it if nothing did.
struct ProgressPace {
  private var last: (time: ContinuousClock.Instant, changes: Int)?

  /// The words before the line that is due now, empty where something changed; `nil` where none is.
  mutating func next(_ state: ProgressState, at now: ContinuousClock.Instant) -> String? {
    guard let start = state.start else { return nil }
    let hasChanged = last.map { $0.changes != state.changes } ?? true
    guard now - (last?.time ?? start) >= .seconds(hasChanged ? 1 : 10) else { return nil }
    last = (now, state.changes)
    return hasChanged ? "" : "still waiting: "
  }
}

private func seconds(_ duration: Duration) -> String {
  let whole = Int((duration / .seconds(1)).rounded())
  return whole < 60 ? "\(whole) s" : formatDuration(.seconds(whole))
}

/// A number with its thousands apart: `2,000`.
private func grouped(_ number: Int) -> String {
  var text = ""
  for (place, digit) in String(number.magnitude).reversed().enumerated() {
    if place > 0, place.isMultiple(of: 3) { text = "," + text }
    text = String(digit) + text
  }
  return number < 0 ? "-" + text : text
}

/// A text of at most so many characters; one that is longer ends with `…`.
private func cut(_ text: String, to most: Int) -> String {
  text.count > most ? text.prefix(max(0, most - 1)) + "…" : text
}
