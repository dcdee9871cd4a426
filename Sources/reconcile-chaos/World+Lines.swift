import ServiceRuntime

/// Lines over which nothing passes while both ends take them for sound.
extension World {
  /// Has everything swallowed that goes over a controller's line, until it arrives after all or the
  /// line is found dead.
  func swallow(_ happening: Happening) -> Ending? {
    let victim = state.withLock { state -> Int? in
      let victim = state.processes.filter { $0.value.isWorking }.keys.min()
      if let victim { state.processes[victim]?.isSwallowed = true }
      return victim
    }
    guard let victim else { return nil }
    for link in links(of: victim) { link.swallow() }
    judgeCommits()
    return { [self] in
      if happening.kind == .lineDead {
        for link in links(of: victim) { link.findDead() }
        try? await Task.sleep(for: .seconds(Double.random(in: 0.05...2)))
      }
      state.withLock { $0.processes[victim]?.isSwallowed = false }
      for link in links(of: victim) { link.flow() }
      judgeCommits()
    }
  }

  private func links(of process: Int) -> [ChaosLink] {
    state.withLock { $0.processes[process]?.links ?? [] }
  }
}
