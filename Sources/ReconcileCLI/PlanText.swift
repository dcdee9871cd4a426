import DesiredSources
import Diagnostics
import GitSource
import LatticeDialects
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
  if let signature = report.source.signature {
    page.line("signed   by \(signature.signer) (\(signature.key))")
  }
  page.line("path     \(report.source.shownLayers)")
  page.line("lattice  \(plan.lattice)  \(counted(plan.usableHosts, "usable host"))")
  for note in report.notes { page.line("note: \(note)") }
  for stages in runs(of: plan.stages, where: { $0.title == $1.title }) {
    page.section(stages[0].title, rows(of: stages))
  }
  page.section("held", heldRuns(of: plan).map { (.held, sentence($0)) })
  page.section("cannot be placed", plan.unplaceable.map { (.held, sentence($0)) })
  page.section(
    "not reached",
    plan.unreached.map { item in
      (.held, "\(item.application)  \(item.sentence)  \(item.origin.path):\(item.origin.line)")
    })
  page.section(
    "left, since prune is off",
    runs(of: plan.left) { $0.reason == $1.reason && $0.unit.withoutHost == $1.unit.withoutHost }
      .map { (.equal, "\(name($0.map(\.unit))): \($0[0].reason.sentence)") })
  page.section(
    "not ours, as declared",
    runs(of: plan.unowned.filter(\.isEqual)) { $0.unit.withoutHost == $1.unit.withoutHost }
      .map { (.equal, name($0.map(\.unit))) })
  page.section("notes", plan.notes.map { (.equal, "\($0.application): \($0.text)") })
  page.line("")
  page.line(summary(of: plan, id: report.planID))
  return page.text
}

/// The rows of stages of one title; where one waits for another, its first row says so.
private func rows(of stages: [Stage]) -> [(symbol: PlanSymbol, text: String)] {
  stages.enumerated().flatMap { turn, stage in
    StepGroup.groups(of: stage.steps).flatMap(\.rows).enumerated().map { place, row in
      (row.symbol, (turn > 0 && place == 0 ? "then " : "") + row.text)
    }
  }
}

/// What guards hold for the same reason on several hosts.
func heldRuns(of plan: Plan) -> [[HeldStep]] {
  runs(of: plan.held) {
    $0.detail == $1.detail && $0.remedy == $1.remedy && StepGroup.belongTogether($0.step, $1.step)
  }
}

/// Steps that are held for the same reason, and what can be done.
func sentence(_ held: [HeldStep]) -> String {
  "\(StepGroup(held.map(\.step)).text): \(held[0].detail); \(held[0].remedy)"
}

/// The one line that says how much there is to do.
func summary(of plan: Plan, id: String) -> String {
  let counts = plan.counts
  return "Plan \(id.prefix(12)): \(counted(commandedDialect.commandCount(of: plan), "command")); "
    + "\(counts.missing) missing, \(counts.changed) changed, \(counts.surplus) surplus, "
    + "\(plan.held.count) held, \(counts.equal) unchanged"
}

func sentence(_ item: Unplaceable) -> String {
  "\(item.application)  \(item.kind.rawValue) \(item.name): \(item.missing) of \(item.wanted)"
    + (item.rule.map { " (\($0))" } ?? "") + ": " + item.reasons.joined(separator: "; ")
}

/// A unit as texts name it.
func name(_ unit: UnitKey) -> String { name([unit]) }

/// Units that differ in their host alone as texts name them: up to three hosts, of more the number too.
func name(_ units: [UnitKey], amount: String = "") -> String {
  guard let unit = units.first else { return "" }
  let hosts = units.compactMap { $0.host.map { String($0.short) } }
  let place =
    switch hosts.count {
    case 0: ""
    case ...3: " on \(hosts.joined(separator: ", "))"
    default: " on \(hosts.count) hosts: \(hosts.prefix(3).joined(separator: ", ")), …"
    }
  return "\(unit.application)  \(unit.kind.rawValue) \(unit.name)\(amount)\(place)"
}

/// Neighbours that belong together; no run is empty.
func runs<Element>(
  of elements: [Element], where belongTogether: (Element, Element) -> Bool
) -> [[Element]] {
  var runs: [[Element]] = []
  for element in elements {
    if let last = runs.last?.last, belongTogether(last, element) {
      runs[runs.count - 1].append(element)
    } else {
      runs.append([element])
    }
  }
  return runs
}

extension HostID {
  /// The first eight characters, which tell hosts apart for people.
  var short: Substring { rawValue.prefix(8) }
}

/// What a line does, as a sign.
enum PlanSymbol: String {
  case add = "+"
  case remove = "-"
  case replace = "-/+"
  case change = "~"
  case held = "!"
  case equal = "="

  init(_ step: PlannedStep) {
    switch (step.intents.count, step.intents.first) {
    case (2..., _), (_, .replace?): self = .replace
    case (_, .disconnect?), (_, .drop?): self = .remove
    default: self = step.isRemoval ? .remove : step.reason == .missing ? .add : .change
    }
  }

  /// The number of its colour in the SGR sequences of ECMA-48.
  fileprivate var color: Int {
    switch self {
    case .add: 32
    case .remove: 31
    case .replace, .change: 33
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
    runs(of: steps, where: belongTogether).map(StepGroup.init)
  }

  static func belongTogether(_ left: PlannedStep, _ right: PlannedStep) -> Bool {
    left.unit.withoutHost == right.unit.withoutHost && left.unit.host != nil
      && right.unit.host != nil && PlanSymbol(left) == PlanSymbol(right)
      && left.reason == right.reason
      && left.origin == right.origin
  }

  /// The group's line, and one for each other link that is replaced with it.
  var rows: [(symbol: PlanSymbol, text: String)] {
    let others = steps.flatMap { step in
      step.alongside.filter { $0.unit.kind == .link }.map { link in
        var other = step
        (other.unit, other.reason, other.origin) = (link.unit, link.reason, link.origin)
        return (symbol: symbol, text: StepGroup([other]).text)
      }
    }
    return [(symbol, text)] + others
  }

  /// The group in one line.
  var text: String {
    guard let first = steps.first else { return "" }
    let origin = first.origin.map { "  \($0.path):\($0.line)" } ?? ""
    return "\(name(steps.map(\.unit), amount: amount))  \(first.sentence)\(origin)"
  }

  private var amount: String {
    var total: Int?
    for intent in steps.lazy.map(\.intents.last?.outcome) {
      switch intent {
      case .run(.actor, let instances, _)?:
        total = (total ?? 0).addingReportingOverflow(instances).partialValue
      case .end(.actor, _)?: total = total ?? 0
      default: break
      }
    }
    return total.map { " x\($0)" } ?? ""
  }
}

/// Lines with their symbols; nothing in them can steer a terminal.
struct TextPage {
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
