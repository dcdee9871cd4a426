/// One thing that was done to a lattice: a pass that sent something or changed what is applied, or
/// what a person wrote into the record.
///
/// Bounded: lists are cut, and say how many there were.
public struct HistoryEntry: Hashable, Sendable {
  /// How it ended, as far as was seen when it was written.
  public enum Result: String, Hashable, Sendable {
    /// Nothing differed afterwards.
    case inSync = "in-sync"
    /// What was sent is seen to work; what came after it was not seen yet.
    case done
    /// Nothing more could be done, and something differs: it is held, or has no place.
    case held
    /// Something failed.
    case failed
    /// It was ended before its effects were seen.
    case interrupted
    /// It was sent, and its effects were not waited for.
    case underWay = "under-way"
  }

  /// What was done to one unit, on however many hosts.
  public struct Change: Hashable, Sendable {
    /// The unit, without a host.
    public var unit: UnitKey
    /// What was wanted of it: a word of `Intent`.
    public var intent: String
    /// On how many hosts, or how often.
    public var steps: Int

    /// Creates an entry.
    ///
    /// - Parameters:
    ///   - unit: The unit, without a host.
    ///   - intent: What was wanted of it.
    ///   - steps: On how many hosts, or how often.
    public init(unit: UnitKey, intent: String, steps: Int) {
      self.unit = unit
      self.intent = intent
      self.steps = steps
    }
  }

  /// How many names or changes one entry lists at most.
  public static let most = 16

  /// Its number, from 1 on; 0 until it is written.
  public var number = 0
  /// When it began.
  public var time: Timestamp
  /// How long it took, in milliseconds.
  public var milliseconds = 0
  /// Who commanded, or wrote.
  public var by: String
  /// What a person did, such as `suspended application shop`; `nil` for a pass.
  public var act: String?
  /// Why, where a person said so.
  public var reason: String?
  /// The commit that was carried out; empty where a person wrote.
  public var revision: Revision = ""
  /// The first line of its message.
  public var summary = ""
  /// Who wrote it.
  public var author = ""
  /// The plan's id, in hexadecimal; the first plan's where there were several.
  public var planID = ""
  /// The applications that were changed, or, where none was, whose form is another one now; the first
  /// `most`.
  public var applications: [ApplicationName] = []
  /// How many there were.
  public var applicationCount = 0
  /// How many commands were sent, repetitions included.
  public var commands = 0
  /// What was done, by unit; the first `most`.
  public var changes: [Change] = []
  /// How many there were.
  public var changeCount = 0
  /// How it ended.
  public var result = Result.inSync
  /// What failed, holds or interrupted it; empty where nothing did.
  public var detail = ""

  /// Creates an entry that says nothing yet.
  ///
  /// - Parameters:
  ///   - time: When it began.
  ///   - holder: Who commanded, or wrote.
  public init(at time: Timestamp, by holder: String) {
    self.time = time
    by = holder
  }
}

extension HistoryEntry {
  /// Notes which applications it is about.
  ///
  /// - Parameter names: Their names, each once.
  public mutating func note(_ names: some Collection<ApplicationName>) {
    applicationCount = names.count
    applications = Array(names.sorted().prefix(Self.most))
  }

  /// Notes what was done.
  ///
  /// - Parameter steps: The steps that were sent, or were to be.
  public mutating func note(_ steps: [PlannedStep]) {
    var counts: [Change: Int] = [:]
    for step in steps {
      for intent in step.intents {
        counts[Change(unit: step.unit.withoutHost, intent: intent.word, steps: 0), default: 0] += 1
      }
    }
    changeCount = counts.count
    changes = counts.map { Change(unit: $0.unit, intent: $0.intent, steps: $1) }
      .sorted { ($0.unit, $0.intent) < ($1.unit, $1.intent) }
    changes = Array(changes.prefix(Self.most))
  }
}

extension Intent {
  /// The intent as a word for programs.
  public var word: String {
    switch self {
    case .run: "run"
    case .replace: "replace"
    case .end: "end"
    case .connect: "connect"
    case .disconnect: "disconnect"
    case .keep: "keep"
    case .drop: "drop"
    }
  }
}
