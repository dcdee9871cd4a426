import LatticeModel

/// What steps wait for across applications: a start for the links that name what is started, and a
/// link that comes late for the starts of what it names.
///
/// Links that are stored first wait for nobody, and nobody waits for links that come late, so that
/// no two steps ever wait for each other.
actor StepGates {
  private enum Gate: Hashable {
    /// The links of the plan that name an id are over.
    case links(String)
    /// The starts of the plan of an id are over.
    case starts(String)
  }

  private var open: [Gate: Int] = [:]
  private var waiting: [Gate: [CheckedContinuation<Void, Never>]] = [:]
  /// What was sent a start that may still come.
  private var unsettled: Set<String> = []

  /// Prepares the gates of a plan.
  init(_ tracks: [PlanTrack]) {
    for track in tracks {
      for step in track.stores.joined() {
        for id in step.linkedIDs { open[.links(id), default: 0] += 1 }
      }
      for step in track.up.joined() {
        if let id = step.startedID { open[.starts(id), default: 0] += 1 }
      }
    }
  }

  /// Waits until a start may be sent.
  func waitForLinks(of step: PlannedStep) async {
    if let id = step.startedID { await wait(for: .links(id)) }
  }

  /// Waits until what a late link names is started.
  ///
  /// - Returns: An id whose start may still come, or `nil`.
  func waitForStarts(of step: PlannedStep) async -> String? {
    for id in step.linkedIDs { await wait(for: .starts(id)) }
    return step.linkedIDs.first(where: unsettled.contains)
  }

  private func wait(for gate: Gate) async {
    guard open[gate, default: 0] > 0 else { return }
    await withCheckedContinuation { waiting[gate, default: []].append($0) }
  }

  /// Notes that a step is over, whatever became of it.
  func end(_ step: PlannedStep, _ result: StepResult, in phase: StagePhase) {
    if phase == .stores { for id in step.linkedIDs { close(.links(id)) } }
    guard phase == .up, let id = step.startedID else { return }
    switch result {
    case .timedOut, .underWay, .unanswered: unsettled.insert(id)
    case .confirmed, .failed, .lost, .stale, .dropped: break
    }
    close(.starts(id))
  }

  private func close(_ gate: Gate) {
    guard let count = open[gate] else { return }
    open[gate] = count > 1 ? count - 1 : nil
    guard count <= 1 else { return }
    for continuation in waiting.removeValue(forKey: gate) ?? [] { continuation.resume() }
  }
}
