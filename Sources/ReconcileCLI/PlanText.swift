import Diagnostics
import GitSource
import LatticeModel
import ReconcileLoop
import TextForms

/// Returns a pass as text for people; it never holds a time or an age.
///
/// Steps that differ in their host alone share a line. Symbols carry the meaning; colour repeats it.
///
/// - Parameters:
///   - report: The pass.
///   - isColored: Whether symbols are coloured.
/// - Returns: The text, ended by a line feed.
func renderText(_ report: PassReport, isColored: Bool = false) -> String {
  let plan = report.plan
  var page = TextPage(isColored: isColored)
  page.line("commit   \(report.source.desired.revision.short)  \(report.source.commit.summary)")
  page.line("lattice  \(plan.lattice)  \(counted(plan.usableHosts, "usable host"))")
  for note in report.notes { page.line("note: \(note)") }
  for stage in plan.stages {
    page.section(stage.title, StepGroup.groups(of: stage.steps).map { ($0.symbol, $0.text) })
  }
  page.section(
    "held",
    plan.held.map {
      (.held, "\(StepGroup([$0.step]).text): \($0.detail); \($0.remedy)")
    })
  page.section("cannot be placed", plan.unplaceable.map { (.held, sentence($0)) })
  page.section(
    "left, since prune is off",
    plan.left.map { (.equal, "\(name($0.unit)): \($0.reason.sentence)") })
  page.section(
    "not ours, as declared", plan.unowned.filter(\.isEqual).map { (.equal, name($0.unit)) })
  page.section("notes", plan.notes.map { (.equal, "\($0.application): \($0.text)") })
  page.line("")
  page.line(summary(of: plan, id: report.planID))
  return page.text
}

/// The one line that says how much there is to do.
private func summary(of plan: Plan, id: String) -> String {
  let counts = plan.counts
  return "Plan \(id.prefix(12)): \(counted(plan.commandCount, "command")); "
    + "\(counts.missing) missing, \(counts.changed) changed, \(counts.surplus) surplus, "
    + "\(plan.held.count) held, \(counts.equal) unchanged"
}

private func sentence(_ item: Unplaceable) -> String {
  "\(item.application)  \(item.kind.rawValue) \(item.name): \(item.missing) of \(item.wanted)"
    + (item.rule.map { " (\($0))" } ?? "") + ": " + item.reasons.joined(separator: "; ")
}

/// A unit as texts name it.
func name(_ unit: UnitKey) -> String {
  let host = unit.host.map { " on \($0.short)" } ?? ""
  return "\(unit.application)  \(unit.kind.rawValue) \(unit.name)\(host)"
}

extension HostID {
  /// The first eight characters, which tell hosts apart for people.
  var short: Substring { rawValue.prefix(8) }
}

/// What a line does, as a sign.
enum PlanSymbol: String {
  case start = "+"
  case stop = "-"
  case replace = "-/+"
  case change = "~"
  case putLink = ">"
  case deleteLink = "<"
  case putConfig = "c"
  case deleteConfig = "C"
  case held = "!"
  case equal = "="

  init(_ step: PlannedStep) {
    switch (step.commands.count, step.commands.first) {
    case (2, _): self = .replace
    case (_, .putLink?): self = .putLink
    case (_, .deleteLink?): self = .deleteLink
    case (_, .putConfig?): self = .putConfig
    case (_, .deleteConfig?): self = .deleteConfig
    default: self = step.isRemoval ? .stop : step.reason == .missing ? .start : .change
    }
  }

  /// The number of its colour in the SGR sequences of ECMA-48.
  fileprivate var color: Int {
    switch self {
    case .start: 32
    case .stop: 31
    case .replace, .change: 33
    case .putLink, .deleteLink, .putConfig, .deleteConfig: 36
    case .held: 35
    case .equal: 2
    }
  }
}

/// Steps that do the same for the same reason on several hosts.
struct StepGroup {
  let steps: [PlannedStep]
  let symbol: PlanSymbol

  init(_ steps: [PlannedStep]) {
    self.steps = steps
    symbol = steps.first.map(PlanSymbol.init) ?? .equal
  }

  /// Neighbours that share everything but the host and the number of instances.
  static func groups(of steps: [PlannedStep]) -> [StepGroup] {
    var groups: [[PlannedStep]] = []
    for step in steps {
      if let last = groups.last?.last, belongTogether(last, step) {
        groups[groups.count - 1].append(step)
      } else {
        groups.append([step])
      }
    }
    return groups.map(StepGroup.init)
  }

  private static func belongTogether(_ left: PlannedStep, _ right: PlannedStep) -> Bool {
    left.unit.application == right.unit.application && left.unit.kind == right.unit.kind
      && left.unit.name == right.unit.name && left.unit.host != nil && right.unit.host != nil
      && PlanSymbol(left) == PlanSymbol(right) && left.reason == right.reason
      && left.origin == right.origin
  }

  /// The group in one line.
  var text: String {
    guard let first = steps.first else { return "" }
    var unit = first.unit
    unit.host = nil
    let hosts = steps.compactMap { $0.unit.host.map { String($0.short) } }
    let place = hosts.isEmpty ? "" : " on \(named(hosts))"
    let origin = first.origin.map { "  \($0.path):\($0.line)" } ?? ""
    return "\(name(unit))\(amount)\(place)  \(first.reason.sentence)\(origin)"
  }

  private var amount: String {
    var total: Int?
    for case .scaleActor(_, let instances, _)? in steps.map(\.commands.last) {
      total = (total ?? 0).addingReportingOverflow(instances).partialValue
    }
    return total.map { " x\($0)" } ?? ""
  }
}

/// Lines with their symbols; nothing in them can steer a terminal.
private struct TextPage {
  let isColored: Bool
  private(set) var text = ""

  init(isColored: Bool) { self.isColored = isColored }

  mutating func line(_ line: String) { text += escapingControlCharacters(line) + "\n" }

  mutating func section(_ title: String, _ rows: [(symbol: PlanSymbol, text: String)]) {
    guard !rows.isEmpty else { return }
    line("")
    line(title)
    for row in rows {
      let sign = row.symbol.rawValue
      let shown = isColored ? "\u{1B}[\(row.symbol.color)m\(sign)\u{1B}[0m" : sign
      text +=
        String(repeating: " ", count: 4 - sign.count) + shown + " "
        + escapingControlCharacters(row.text) + "\n"
    }
  }
}
