import LatticeModel
import LatticeSimulator
import ServiceRuntime

/// Images that take down the hosts that start them, and images that take long to come.
extension World {
  /// Commits an image whose start takes down every host that it is started on, until its next image
  /// is committed and the hosts are begun anew.
  func commitDeadly(_ happening: Happening) async -> Ending? {
    guard let name = takeApplication(happening.choice) else { return nil }
    let bad = 1_000 + happening.choice
    let isProvider = state.withLock { state in
      let application = state.wanted.applications[name]
      return happening.choice / 7 % 2 == 0 && application?.hasProvider == true
    }
    let unit = Wanted.unit(isProvider ? "http" : "web", of: name)
    let image = Wanted.image(isProvider ? "http" : "web", bad)
    let instances = isProvider ? 1 : 1 + happening.choice / 14 % 2
    await lattice.setAll {
      $0.deadlyImages[image] = happening.choice / 28 % 2 == 0 ? .hang : .crash(after: .zero)
    }
    judge.expectLosses(to: unit, atMost: 1 + instances)
    commit { wanted in
      if isProvider {
        wanted.applications[name]?.providerVersion = bad
      } else {
        wanted.applications[name]?.actors["web"]?.version = bad
        wanted.applications[name]?.actors["web"]?.instances = instances
        wanted.applications[name]?.actors["web"]?.isSpread = false
      }
    }
    return { [self] in
      commit { wanted in
        if isProvider {
          wanted.applications[name]?.providerVersion = bad + 1
        } else {
          wanted.applications[name]?.actors["web"]?.version = bad + 1
          wanted.applications[name]?.actors["web"]?.instances = 2
        }
      }
      await lattice.setAll { $0.deadlyImages[image] = nil }
      for host in judge.felled(by: unit) { await beginAnew(host) }
      state.withLock { _ = $0.takenApplications.remove(name) }
    }
  }

  /// Commits an image that hosts fetch for a long time.
  func commitSlow(_ happening: Happening) async -> Ending? {
    guard let name = takeApplication(happening.choice) else { return nil }
    let version = 3_000 + happening.choice
    let image = Wanted.image("web", version)
    await lattice.setAll { $0.slowImages[image] = .seconds(happening.lasts) }
    judge.expectFetches(of: image, for: .seconds(happening.lasts))
    commit { $0.applications[name]?.actors["web"]?.version = version }
    return { [self] in
      await lattice.setAll { $0.slowImages[image] = nil }
      state.withLock { _ = $0.takenApplications.remove(name) }
    }
  }

  /// Has an application that can be read to itself; `nil` where somebody else has it.
  func takeApplication(_ choice: Int) -> String? {
    state.withLock { state in
      let usable = state.wanted.applications.filter { !$0.value.isBroken }.keys.sorted()
      guard !usable.isEmpty else { return nil }
      let name = usable[choice % usable.count]
      return state.takenApplications.insert(name).inserted ? name : nil
    }
  }

  /// Begins a host anew that was taken down, once nothing else is done to it.
  private func beginAnew(_ host: HostID) async {
    var slot = takeSlot(of: host)
    while case .taken? = slot {
      try? await Task.sleep(for: .seconds(1))
      slot = takeSlot(of: host)
    }
    guard case .free(let number, let labels)? = slot else { return }
    await killHost(host)
    _ = await addHost(labels, id: host)
    state.withLock { $0.slots[number].isTaken = false }
  }

  private enum SlotOfHost {
    case taken
    case free(Int, labels: [String: String])
  }

  /// Has the slot of a host to itself; `nil` where another host has it by now.
  private func takeSlot(of host: HostID) -> SlotOfHost? {
    state.withLock { state in
      guard let number = state.slots.firstIndex(where: { $0.host == host }) else { return nil }
      guard !state.slots[number].isTaken else { return .taken }
      state.slots[number].isTaken = true
      return .free(number, labels: state.slots[number].labels)
    }
  }
}
