import DesiredSources
import Diagnostics
import GitSource
import JSONCoding
import LatticeModel
import PlanExecution
import ServiceRuntime
import TextForms

/// How a unit is before or after a change; of a config its keys alone, for values may be secret.
enum UnitForm: Hashable, Sendable {
  case actor(ImageReference, instances: Int)
  case provider(ImageReference)
  case link(LinkDefinition)
  case config(keys: [String])

  /// What a plan found; `nil` where nothing was there.
  init?(_ found: Found) {
    switch found {
    case .nothing: return nil
    case .actor(let image, let instances, _): self = .actor(image, instances: instances)
    case .provider(let image, _): self = .provider(image)
    case .link(let link): self = .link(link)
    case .config(let values): self = .config(keys: values.keys.sorted())
    }
  }

  /// What an intent leaves; `nil` where that is nothing.
  init?(_ intent: Intent) {
    switch intent.outcome {
    case .run(.actor(let launch), let instances, _):
      self = .actor(launch.image, instances: instances)
    case .run(.provider(let launch), _, _): self = .provider(launch.image)
    case .connect(let link): self = .link(link)
    case .keep(_, let values): self = .config(keys: values.keys.sorted())
    case .replace, .end, .disconnect, .drop: return nil
    }
  }

  /// The form in words, in one line.
  var text: String {
    switch self {
    case .actor(let image, let instances): "\(image) x\(instances)"
    case .provider(let image): image.rawValue
    case .link(let link): "to \(link.target) (\(link.interfaces.joined(separator: ", ")))"
    case .config(let keys): keys.isEmpty ? "no key" : named(keys, upTo: HistoryEntry.most)
    }
  }

  /// The form as data; of many keys the first.
  var json: JSONValue {
    switch self {
    case .actor(let image, let instances):
      ["image": .string(image.rawValue), "instances": .int(instances)]
    case .provider(let image): ["image": .string(image.rawValue)]
    case .link(let link):
      [
        "target": .string(link.target), "interfaces": .array(link.interfaces.map { .string($0) }),
        "source_configs": .array(link.sourceConfig.map { .string($0.rawValue) }),
        "target_configs": .array(link.targetConfig.map { .string($0.rawValue) }),
      ]
    case .config(let keys):
      [
        "keys": .array(keys.prefix(HistoryEntry.most).map { .string($0) }),
        "key_count": .int(keys.count),
      ]
    }
  }
}

/// One thing that a plan changed, for whoever asks later what happened to it; pure.
struct TrailEntry: Hashable, Sendable {
  var unit: UnitKey
  /// How it was; `nil` where it was not there.
  var from: UnitForm?
  /// How it is to be; `nil` where it is to be gone.
  var to: UnitForm?
  var reason: Reason
  /// Whether its effect was seen; else it was sent, and is under way.
  var isConfirmed: Bool

  /// What was changed, an entry for each unit, in their order; what failed is not among it.
  static func entries(of results: [(step: PlannedStep, result: StepResult)]) -> [TrailEntry] {
    results.flatMap { step, result -> [TrailEntry] in
      switch result {
      case .confirmed: entries(of: step, isConfirmed: true)
      case .underWay, .unanswered: entries(of: step, isConfirmed: false)
      case .failed, .lost, .timedOut, .stale, .dropped: []
      }
    }
  }

  private static func entries(of step: PlannedStep, isConfirmed: Bool) -> [TrailEntry] {
    let links = step.changes.filter { $0.unit.kind == .link }
    // What is wanted of a group of links is put last, in the group's order.
    let put = step.intents.compactMap(UnitForm.init).filter(\.isLink).suffix(links.count)
    let ends = put.count == links.count ? Array(put) : []
    let wanted = Dictionary(zip(links.map(\.unit), ends)) { first, _ in first }
    return step.changes.map { change in
      let form: UnitForm? =
        switch change.unit.kind {
        case .link: wanted[change.unit]
        case .config: step.intents.lazy.compactMap { $0.form(of: change.unit) }.first
        case .application, .provider, .actor: step.intents.last.flatMap(UnitForm.init)
        }
      return TrailEntry(
        unit: change.unit, from: UnitForm(change.found), to: form, reason: change.reason,
        isConfirmed: isConfirmed)
    }
  }

  /// What the entry is about, as the subject of an event.
  var subject: String { "\(unit.application)/\(unit.kind.rawValue)/\(unit.name)" }

  /// The facts of a line of the log.
  func facts(of cause: TrailCause) -> KeyValuePairs<String, LogMetadata> {
    [
      LogKey.application: .string(unit.application.rawValue),
      LogKey.command: .string("\(unit.kind.rawValue) \(unit.name)"),
      LogKey.hostID: .string(unit.host?.rawValue ?? ""), "from": .string(from?.text ?? ""),
      "to": .string(to?.text ?? ""), LogKey.reasonCode: .string(reason.code),
      "reason": .string(reason.sentence),
      LogKey.revision: .string(cause.revision.rawValue), "author": .string(cause.author),
    ]
  }

  /// The facts of an event.
  func data(of cause: TrailCause, by holder: String) -> [String: JSONValue] {
    [
      "application": .string(unit.application.rawValue), "kind": .string(unit.kind.rawValue),
      "name": .string(unit.name), "host": unit.host.map { .string($0.rawValue) } ?? .null,
      "from": from?.json ?? .null, "to": to?.json ?? .null, "reason": .string(reason.code),
      "detail": .string(reason.sentence), "result": isConfirmed ? "confirmed" : "under-way",
      "commit": .string(cause.revision.rawValue), "summary": .string(cause.summary),
      "author": .string(cause.author), "by": .string(holder),
    ]
  }
}

/// The commit on whose account an application changes.
struct TrailCause: Hashable, Sendable {
  var revision: Revision
  /// The first line of its message; empty where it is pinned, since git was not read for it.
  var summary = ""
  /// Who wrote it; empty where it is pinned.
  var author = ""
}

extension TrailCause {
  /// The commit of a reading, or the one that an application is pinned at.
  init(of application: ApplicationName, in source: SourceReading) {
    let pinned = source.pins.first { $0.pin.application == application && $0.form != nil }
    if let pinned {
      self.init(revision: pinned.pin.revision)
    } else {
      self.init(
        revision: source.desired.revision, summary: source.commit.summary,
        author: source.commit.author)
    }
  }
}

extension UnitForm {
  fileprivate var isLink: Bool { if case .link = self { true } else { false } }
}

extension Intent {
  /// What it leaves of a config, where it keeps that.
  fileprivate func form(of unit: UnitKey) -> UnitForm? {
    guard case .keep(let name, _) = self, name.rawValue == unit.name else { return nil }
    return UnitForm(self)
  }
}
