import LatticeModel

/// One application's part of a plan: its steps in the order of the plan's stages.
///
/// Applications do not wait for one another, so that one whose image fails or whose host hangs
/// delays nobody else; only those that depend on it wait.
struct PlanTrack: Sendable {
  var application: ApplicationName
  /// What is stored first, stage by stage; it waits for no other application.
  var stores: [[PlannedStep]] = []
  /// What brings up or changes, stage by stage.
  var up: [[PlannedStep]] = []
  /// Links that name what is being started already.
  var late: [[PlannedStep]] = []
  /// What takes down afterwards, stage by stage.
  var down: [[PlannedStep]] = []
  /// Whose first part must be confirmed before this one's begins.
  var needs: [ApplicationName] = []
  /// Whose second part must be confirmed before this one's begins.
  var dependants: [ApplicationName] = []
  /// Whose first part must be confirmed before this one's second begins, as it takes its place.
  var successors: [ApplicationName] = []

  /// How many steps it has.
  var count: Int { (stores + up + late + down).reduce(0) { $0 + $1.count } }

  /// Parts a plan by application, in the order of their names.
  static func tracks(of plan: Plan, firstStageOnly: Bool) -> [PlanTrack] {
    var tracks: [ApplicationName: PlanTrack] = [:]
    for stage in firstStageOnly ? plan.stages.prefix(1) : plan.stages[...] {
      let steps = Dictionary(grouping: stage.steps, by: \.unit.application)
      for (application, steps) in steps {
        var track = tracks[application] ?? PlanTrack(application: application)
        switch stage.phase {
        case .stores: track.stores.append(steps)
        case .up: track.up.append(steps)
        case .late: track.late.append(steps)
        case .down: track.down.append(steps)
        }
        tracks[application] = track
      }
    }
    for (application, needed) in plan.dependencies {
      for name in needed where tracks[name] != nil && tracks[application] != nil {
        tracks[application]?.needs.append(name)
        tracks[name]?.dependants.append(application)
      }
    }
    for (application, others) in plan.successors {
      let successors = others.filter { tracks[$0] != nil }
      tracks[application]?.successors = successors
    }
    return tracks.values.sorted { $0.application < $1.application }
  }
}

/// Which parts of an execution are over, for those that build on them.
actor TrackBoard {
  /// A part of a track.
  enum Part: Hashable, Sendable {
    case up(ApplicationName)
    case down(ApplicationName)
  }

  private var outcomes: [Part: Bool] = [:]
  private var waiting: [Part: [CheckedContinuation<Bool, Never>]] = [:]

  /// Notes that a part is over, and whether all of it is confirmed.
  func end(_ part: Part, isConfirmed: Bool) {
    outcomes[part] = isConfirmed
    for continuation in waiting.removeValue(forKey: part) ?? [] {
      continuation.resume(returning: isConfirmed)
    }
  }

  /// Waits until all these parts are over.
  ///
  /// - Returns: Whether all of all of them is confirmed.
  func areConfirmed(_ parts: [Part]) async -> Bool {
    var all = true
    for part in parts {
      let isConfirmed =
        if let known = outcomes[part] {
          known
        } else {
          await withCheckedContinuation { waiting[part, default: []].append($0) }
        }
      all = all && isConfirmed
    }
    return all
  }
}
