package import LatticeModel

/// Returns what of a plan is sent now, with the rest waiting.
///
/// What is being started counts as there, so that nobody else is told to run it as well; but it is
/// built on only once it is seen, and nothing is taken away on the strength of it, or before what
/// would come first if it never came. What is being ended counts as there too, and so does what a host
/// runs beyond what it was sent. What failed a moment ago waits, and what builds on it.
///
/// - Parameters:
///   - plan: The plan for what is observed, as if nothing were pending.
///   - observed: What is observed.
///   - desired: What it brings about.
///   - context: What else it was made from.
/// - Returns: The plan to carry out.
func admitted(
  _ plan: Plan, from observed: ObservedState, to desired: DesiredState,
  in context: PlanningContext
) -> Plan {
  var underWay = context.pending.underWay
  guard !underWay.isEmpty else { return plan.sending(plan, context.pending) { _ in false } }
  func hopeful(_ underWay: [PlannedStep]) -> Plan {
    var hoped = plan
    let coming = underWay.filter { !$0.onlyTakesAway && !observed.runsMore(than: $0) }
    hoped.stages = [Stage(title: "", steps: coming)]
    var after = simulate(hoped, on: observed, record: context.record).observed
    for host in observed.hosts where !host.isUsable { after.mark(host.id, host.presence) }
    return wholePlan(from: after, to: desired, in: context)
  }
  var next = hopeful(underWay)
  // What is still being started as it is no longer declared need not come first.
  let superseded = context.pending.supersedable.intersection(
    next.steps.filter(\.replaces).map(\.unit))
  if !superseded.isEmpty {
    underWay.removeAll { superseded.contains($0.unit) }
    next = hopeful(underWay)
  }
  let certain = Dictionary(plan.steps.map { ($0.unit, $0.intents) }) { first, _ in first }
  let hoped = Dictionary(next.steps.map { ($0.unit, $0.intents) }) { first, _ in first }
  let places = StepPlaces(plan)
  let pending = Precedence(of: underWay, in: places)
  let unsure = Precedence(of: plan.steps.filter { hoped[$0.unit] != $0.intents }, in: places)
  // A link that is replaced writes its configs too: who writes one beside it builds on what may never
  // have come about.
  let busy = Set(underWay.flatMap { $0.changes.map(\.unit) })
  let busyApplications = Set(underWay.map(\.unit.application))
  let starting = Set(underWay.compactMap(\.startedProvider))
  // What is being ended on one host is not to be ended on another in its stead.
  let ending = Set(underWay.lazy.filter(\.takesAway).map(\.unit.withoutHost))
  // What may take hosts down is started on one more only once it is seen to run on the last.
  let suspects = next.suspects.intersection(underWay.map(\.unit.withoutHost))
  return plan.sending(next, context.pending) { step in
    busy.contains(step.unit) || step.alongside.contains { busy.contains($0.unit) }
      || pending.precedes(step)
      || !starting.isEmpty && !starting.isDisjoint(with: step.linkedIDs)
      || step.startedID != nil && suspects.contains(step.unit.withoutHost)
      || step.takesAway
        && (certain[step.unit] != step.intents || unsure.precedes(step)
          || plan.waits(step.unit.application, for: busyApplications)
          || ending.contains(step.unit.withoutHost))
  }
}

extension Plan {
  /// Returns this plan with the steps of another one, but for those that must wait or failed a moment
  /// ago, and later steps of the same applications and of those that depend on them, which build on
  /// these.
  package func sending(
    _ next: Plan, _ pending: PendingWork, unless mustWait: (PlannedStep) -> Bool
  ) -> Plan {
    var sent = self
    var waiting: Set<ApplicationName> = []
    sent.stages = next.stages.map { stage in
      let blocked = next.withDependants(of: waiting)
      var stage = stage
      stage.steps.removeAll { step in
        if blocked.contains(step.unit.application) { return true }
        if stage.phase == .down, next.waits(step.unit.application, for: blocked) { return true }
        guard mustWait(step) || pending.backingOff[step.unit] == step.outcome else { return false }
        waiting.insert(step.unit.application)
        return true
      }
      return stage
    }.filter { !$0.steps.isEmpty }
    (sent.dependencies, sent.successors) = (next.dependencies, next.successors)
    sent.suspects = next.suspects
    let units = Set(sent.steps.map(\.unit))
    sent.waiting = steps.filter { !units.contains($0.unit) }
    return sent
  }
}

extension ObservedState {
  /// Whether a host runs more instances of an actor than a step leaves there.
  fileprivate func runsMore(than step: PlannedStep) -> Bool {
    guard let outcome = step.outcome, case .run(_, let instances, _) = outcome else { return false }
    return set(of: outcome).map { $0.instances > instances } ?? false
  }
}

extension PlannedStep {
  /// The id of the provider that it starts, if it starts one.
  fileprivate var startedProvider: String? {
    guard case .provider(let launch)? = intents.last?.launch else { return nil }
    return launch.id.rawValue
  }
}

/// Where the steps of a plan stand in it: the number of their stage.
private struct StepPlaces {
  let plan: Plan
  private let places: [UnitKey: Int]

  init(_ plan: Plan) {
    self.plan = plan
    places = Dictionary(
      plan.stages.enumerated().flatMap { place, stage in stage.steps.map { ($0.unit, place) } }
    ) { first, _ in first }
  }

  subscript(step: PlannedStep) -> Int? { places[step.unit] }
}

/// Which steps must wait until others are confirmed: those of later stages of the same application
/// and of those that depend on it; outside the plan, those of kinds that build on theirs.
///
/// Costs one look at the dependencies for each application of the others, then a look-up a step.
private struct Precedence {
  /// What stands before the steps of an application.
  private struct Bounds {
    /// The first stage of what has one.
    var place = Int.max
    /// The first kind of what has no stage, and of all; below every kind if it is another
    /// application's.
    var rankOutside = Int.max
    var rank = Int.max

    mutating func lower(to other: Bounds) {
      place = min(place, other.place)
      rankOutside = min(rankOutside, other.rankOutside)
      rank = min(rank, other.rank)
    }
  }

  private let places: StepPlaces
  private var bounds: [ApplicationName: Bounds] = [:]

  init(of steps: [PlannedStep], in places: StepPlaces) {
    self.places = places
    for (application, steps) in Dictionary(grouping: steps, by: \.unit.application) {
      let outside = steps.filter { places[$0] == nil }
      var own = Bounds()
      own.place = steps.compactMap { places[$0] }.min() ?? .max
      own.rankOutside = outside.map(\.unit.kind.rank).min() ?? .max
      own.rank = steps.map(\.unit.kind.rank).min() ?? .max
      var others = own
      others.rankOutside = outside.isEmpty ? .max : .min
      others.rank = .min
      for dependant in places.plan.withDependants(of: [application]) {
        bounds[dependant, default: Bounds()].lower(to: dependant == application ? own : others)
      }
    }
  }

  /// Whether a step must wait.
  func precedes(_ step: PlannedStep) -> Bool {
    guard let bounds = bounds[step.unit.application] else { return false }
    guard let place = places[step] else { return bounds.rank < step.unit.kind.rank }
    return bounds.place < place || bounds.rankOutside < step.unit.kind.rank
  }
}
