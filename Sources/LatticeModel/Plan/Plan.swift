/// Steps that may run together; the next stage waits for their confirmation.
public struct Stage: Hashable, Sendable {
  /// What the stage is for, such as "providers up".
  public var title: String
  /// Its steps, by unit.
  public var steps: [PlannedStep]
  /// Which part of an application's steps it belongs to.
  public var phase: StagePhase

  /// Creates a stage.
  ///
  /// - Parameters:
  ///   - title: What the stage is for.
  ///   - steps: Its steps, by unit.
  ///   - phase: Which part of an application's steps it belongs to.
  public init(title: String, steps: [PlannedStep], phase: StagePhase = .up) {
    self.title = title
    self.steps = steps
    self.phase = phase
  }
}

/// The parts of an application's steps, in the order in which they are carried out.
public enum StagePhase: Hashable, Sendable {
  /// Configs and links are stored: they wait for no other application, and what they name waits
  /// for them.
  case stores
  /// What runs is started or changed, once the applications that it depends on are up.
  case up
  /// Links are stored that name what is being started already: they wait until it listens.
  case late
  /// What is no longer needed is taken down.
  case down
}

/// How many units each kind of difference covers; the numbers add up to all units looked at.
public struct DifferenceCounts: Hashable, Sendable {
  /// Declared and not there.
  public var missing = 0
  /// There and different.
  public var changed = 0
  /// Ours and not declared, or not here.
  public var surplus = 0
  /// Others' under a declared id, key or name.
  public var unowned = 0
  /// As declared.
  public var equal = 0

  /// Creates counts of zero.
  public init() {}

  /// All units looked at.
  public var total: Int { missing + changed + surplus + unowned + equal }
}

/// An ordered value: stages of steps with reasons, for one revision and one generation.
///
/// What is planned, what is held and why, what cannot be placed: everything that a dry run shows
/// and that an apply does is in here.
public struct Plan: Hashable, Sendable {
  /// The lattice that it is for.
  public var lattice: LatticeName
  /// The commit that it brings the lattice to.
  public var revision: Revision
  /// The id of the commit's tree.
  public var tree: String
  /// The generation of the observed state that it was made from.
  public var generation: UInt64
  /// Whether everyone expected had answered.
  public var view: ViewCompleteness
  /// How many hosts could be used.
  public var usableHosts: Int
  /// What will be done, in order.
  public var stages: [Stage]
  /// What is to be done and waits, for what is under way or since it failed a moment ago.
  public var waiting: [PlannedStep] = []
  /// What would be done but for a guard.
  public var held: [HeldStep]
  /// What no host can take.
  public var unplaceable: [Unplaceable]
  /// What runs and nobody reaches, since its server serves another host.
  public var unreached: [Unreached] = []
  /// What stays only because prune is off.
  public var left: [LeftUnit]
  /// What others run under a declared id, key or name.
  public var unowned: [UnownedUnit]
  /// The declared applications, with how many units of each are as declared.
  public var applications: [PlannedApplication]
  /// Sentences that a person should read before it happens, such as an unavoidable gap.
  public var notes: [PlanNote]
  /// How many units each kind of difference covers.
  public var counts: DifferenceCounts
  /// The actors and providers, without host, that are started one at a time, since hosts were lost
  /// right after they were started there.
  public var suspects: Set<UnitKey> = []
  /// What each application waits for; a failed step drops the later steps of its dependants.
  public var dependencies: [ApplicationName: [ApplicationName]]
  /// Which applications take over what an application loses: nothing of it goes down before what is
  /// stored and comes up for these is confirmed.
  public var successors: [ApplicationName: [ApplicationName]] = [:]

  /// Creates an empty plan.
  ///
  /// - Parameters:
  ///   - lattice: The lattice that it is for.
  ///   - revision: The commit that it brings the lattice to.
  ///   - tree: The id of the commit's tree.
  ///   - generation: The generation of the observed state that it was made from.
  ///   - view: Whether everyone expected had answered.
  public init(
    lattice: LatticeName, revision: Revision, tree: String = "", generation: UInt64 = 0,
    view: ViewCompleteness = .complete
  ) {
    self.lattice = lattice
    self.revision = revision
    self.tree = tree
    self.generation = generation
    self.view = view
    usableHosts = 0
    stages = []
    held = []
    unplaceable = []
    left = []
    unowned = []
    applications = []
    notes = []
    counts = DifferenceCounts()
    dependencies = [:]
  }

  /// Whether there is nothing to send now.
  public var sendsNothing: Bool { stages.allSatisfy(\.steps.isEmpty) }
  /// Whether there is nothing to send, now or later.
  public var isEmpty: Bool { sendsNothing && waiting.isEmpty }
  /// How many instances no host can take.
  public var missingInstances: Int { unplaceable.reduce(0) { $0 &+ $1.missing } }
  /// How many instances run and are not reached.
  public var unreachedInstances: Int { unreached.reduce(0) { $0 &+ $1.missed } }
  /// All steps, in the order of their stages.
  public var steps: [PlannedStep] { stages.flatMap(\.steps) }
}

/// A declared application in a plan.
public struct PlannedApplication: Hashable, Sendable {
  /// Its name.
  public var name: ApplicationName
  /// The file that declares it.
  public var path: String
  /// How many of its units are as declared.
  public var unchanged: Int
  /// The earlier revision whose form is used, where the current document cannot be decoded or it is
  /// pinned.
  public var heldAt: Revision?
  /// Whether that form is used by a person's wish.
  public var isPinned = false
  /// Whether it is declared but cannot be decoded, so that nothing of it is touched.
  public var isFrozen: Bool

  /// Creates an entry.
  ///
  /// - Parameters:
  ///   - name: Its name.
  ///   - path: The file that declares it.
  ///   - unchanged: How many of its units are as declared.
  ///   - heldAt: The earlier revision whose form is used.
  ///   - isFrozen: Whether nothing of it is touched.
  public init(
    name: ApplicationName, path: String, unchanged: Int = 0, heldAt: Revision? = nil,
    isFrozen: Bool = false
  ) {
    self.name = name
    self.path = path
    self.unchanged = unchanged
    self.heldAt = heldAt
    self.isFrozen = isFrozen
  }
}

/// A sentence that a person should read before a plan is carried out.
public struct PlanNote: Hashable, Sendable {
  /// The application it is about.
  public var application: ApplicationName
  /// The sentence, without a full stop.
  public var text: String

  /// Creates a note.
  ///
  /// - Parameters:
  ///   - application: The application it is about.
  ///   - text: The sentence, without a full stop.
  public init(application: ApplicationName, text: String) {
    self.application = application
    self.text = text
  }
}

extension Plan {
  /// Returns whether what an application loses is taken over by one of others.
  ///
  /// - Parameters:
  ///   - application: The application.
  ///   - others: The others.
  /// - Returns: Whether its steps down wait for them.
  package func waits(_ application: ApplicationName, for others: Set<ApplicationName>) -> Bool {
    successors[application]?.contains(where: others.contains) ?? false
  }

  /// Returns applications together with all that depend on them.
  ///
  /// - Parameter broken: The applications.
  /// - Returns: These and all that depend on them, however indirectly.
  public func withDependants(of broken: Set<ApplicationName>) -> Set<ApplicationName> {
    var all = broken
    var grows = !broken.isEmpty
    while grows {
      let more = dependencies.filter { !all.contains($0.key) && !all.isDisjoint(with: $0.value) }
      all.formUnion(more.keys)
      grows = !more.isEmpty
    }
    return all
  }
}
