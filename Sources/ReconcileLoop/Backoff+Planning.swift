import LatticeModel
import Planning

extension Backoff {
  /// What of a plan may be carried out now.
  ///
  /// What is being started counts as there, so that nobody else is told to run it as well; but it is
  /// built on only once it is seen, and nothing is taken away on the strength of it, or before what
  /// would come first if it never came. What is being ended counts as there too.
  ///
  /// - Parameters:
  ///   - plan: The plan for what is observed.
  ///   - desired: What it brings about.
  ///   - observed: What is observed.
  ///   - context: What else it was made from.
  ///   - now: The moment.
  /// - Returns: What may be carried out, and when to look again for the rest.
  mutating func admitted(
    _ plan: Plan, to desired: DesiredState, from observed: ObservedState,
    in context: PlanningContext, at now: ContinuousClock.Instant
  ) -> (plan: Plan, again: ContinuousClock.Instant?) {
    var underWay = underWay(in: observed, at: now)
    guard !underWay.isEmpty else { return admitted(plan, at: now) }
    let old = mayBeSuperseded(at: now)
    func hopeful(_ underWay: [PlannedStep]) -> Plan {
      var hoped = plan
      hoped.stages = [Stage(title: "", steps: underWay.filter { !$0.onlyTakesAway })]
      var after = simulate(hoped, on: observed, record: context.record).observed
      for host in observed.hosts where !host.isUsable { after.mark(host.id, host.presence) }
      return Planning.plan(from: after, to: desired, in: context)
    }
    var next = hopeful(underWay)
    // What is still being started as it is no longer declared need not come first.
    let superseded = old.intersection(next.steps.filter(\.replaces).map(\.unit))
    if !superseded.isEmpty {
      underWay.removeAll { superseded.contains($0.unit) }
      next = hopeful(underWay)
    }
    let certain = Dictionary(plan.steps.map { ($0.unit, $0.intents) }) { first, _ in first }
    let hoped = Dictionary(next.steps.map { ($0.unit, $0.intents) }) { first, _ in first }
    let places = StepPlaces(plan)
    let pending = Precedence(of: underWay, in: places)
    let unsure = Precedence(of: plan.steps.filter { hoped[$0.unit] != $0.intents }, in: places)
    let busy = Set(underWay.map(\.unit))
    let busyApplications = Set(underWay.map(\.unit.application))
    let starting = Set(underWay.compactMap(\.startedProvider))
    // What is being ended on one host is not to be ended on another in its stead.
    let ending = Set(underWay.lazy.filter(\.takesAway).map(\.unit.withoutHost))
    // What may take hosts down is started on one more only once it is seen to run on the last.
    let suspects = next.suspects.intersection(underWay.map(\.unit.withoutHost))
    return admitted(next, at: now) { step in
      busy.contains(step.unit) || pending.precedes(step)
        || !starting.isEmpty && !starting.isDisjoint(with: step.linkedIDs)
        || step.startedID != nil && suspects.contains(step.unit.withoutHost)
        || step.takesAway
          && (certain[step.unit] != step.intents || unsure.precedes(step)
            || plan.waits(step.unit.application, for: busyApplications)
            || ending.contains(step.unit.withoutHost))
    }
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
