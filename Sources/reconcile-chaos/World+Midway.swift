import ServiceRuntime

/// What happens while a plan is being carried out, and commits that follow one another too fast for
/// any to be.
extension World {
  /// How many commits go back and forth.
  private static let turns = 40
  /// How long the first command for a commit is waited for.
  private static let patience = Duration.seconds(15)

  /// Notes that a command was sent, for whoever waits for one.
  func noteCommand(of process: Int) {
    let waiters = state.withLock { state in
      defer { state.commandWaiters = [] }
      return state.commandWaiters
    }
    guard !waiters.isEmpty else { return }
    // Whoever waits is the world, which a controller that is stopped must not stop.
    VirtualTime.inside(0) { for waiter in waiters { waiter.yield(process) } }
  }

  /// Commits something and waits until a controller is in the midst of following it.
  ///
  /// - Returns: The controller, or `nil` where nothing is sent.
  private func beginPlan(_ choice: Int) async -> Int? {
    let (commands, waiter) = AsyncStream<Int>.makeStream(bufferingPolicy: .bufferingOldest(1))
    guard commitAny(choice) else { return nil }
    state.withLock { $0.commandWaiters.append(waiter) }
    let timer = Task {
      try? await Task.sleep(for: Self.patience)
      waiter.finish()
    }
    defer { timer.cancel() }
    for await process in commands {
      try? await Task.sleep(for: .milliseconds(Int.random(in: 0...150)))
      return process
    }
    return nil
  }

  /// Commits one change or another; returns whether there is something to change.
  private func commitAny(_ choice: Int) -> Bool {
    let kinds: [Happening.Kind] = [.image, .instances, .setting, .spread]
    let kind = kinds[choice / 11 % kinds.count]
    return change(Happening(kind: kind, at: 0, lasts: 0, choice: choice)) != nil
  }

  /// Commits something else while a plan is being carried out for what was committed before.
  func commitMidway(_ happening: Happening) async -> Ending? {
    guard await beginPlan(happening.choice) != nil, commitAny(happening.choice / 2) else {
      return nil
    }
    return {}
  }

  /// Stops a controller that is carrying out a plan.
  func pauseMidway(_ happening: Happening) async -> Ending? {
    guard VirtualTime.isOn, let victim = await beginPlan(happening.choice),
      runningControllers.contains(victim)
    else { return nil }
    return pause(victim, happening)
  }

  /// Stops a controller, with another one there or without.
  func pause(_ victim: Int, _ happening: Happening) -> Ending {
    if happening.choice % 2 == 0 { startController() }
    pause(victim, true)
    return { [self] in pause(victim, false) }
  }

  /// Commits one form of an application and another in turn, and ends with either.
  func commitBackAndForth(_ happening: Happening) -> Ending? {
    guard let name = takeApplication(happening.choice) else { return nil }
    let form = state.withLock { $0.wanted.applications[name] }
    guard let form, let actor = form.actors.keys.sorted().first else { return nil }
    var other = form
    let kinds: [Happening.Kind] = [.image, .setting, .address]
    other.change(.instances, of: actor, happening.choice)
    other.change(kinds[happening.choice / 5 % kinds.count], of: actor, happening.choice)
    let pushing = Task { [self, other] in
      for turn in 0..<Self.turns + happening.choice / 15 % 2 {
        commit { $0.applications[name] = turn % 2 == 0 ? other : form }
        let pause = happening.lasts / Double(Self.turns)
        try? await Task.sleep(for: .seconds(pause * .random(in: 0...2)))
      }
    }
    return { [self] in
      await pushing.value
      state.withLock { _ = $0.takenApplications.remove(name) }
    }
  }

  /// Renames another clone into the place of the repository, in two steps or in one; it may have a
  /// commit that is newer.
  func swapRepository(_ happening: Happening) -> Ending {
    let isSeen = happening.lasts > 0.5
    let show = isSeen ? hide { [repository] in repository.setReadable(!$0) } : nil
    return { [self] in
      repository.swap()
      if happening.choice % 2 == 0 { _ = commitAny(happening.choice) }
      await show?()
    }
  }
}
