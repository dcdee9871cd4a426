import LatticeModel
import NATSTransport

/// Control from outside.
extension SimulatedLattice {
  /// Obeys a message on `reconcile.sim.{lattice}.{verb}`.
  ///
  /// Where its payload names hosts, `label=value` stands for all that have the label.
  func obey(_ message: NATSMessage) async {
    let verb = message.subject.split(separator: ".").last.map(String.init) ?? ""
    let payload = String(decoding: message.payload, as: UTF8.self)
    let words = payload.split(separator: " ")
    switch verb {
    case "kill": for id in selected(words) { await kill(id) }
    case "restart": for word in words { try? await restart(HostID(String(word))) }
    case "hang": await set(words) { $0.isHung = true }
    case "resume": await set(words) { $0.isHung = false }
    case "partition": await set(words) { $0.isPartitioned = true }
    case "heal": await set(words) { $0.isPartitioned = false }
    case "slow":
      guard let delay = words.last.flatMap({ Int($0) }), delay >= 0 else { break }
      await set(words.dropLast()) { $0.inventoryDelay = .milliseconds(delay) }
    case "refuse": await set(words) { $0.refusals += 1 }
    case "idle": await set(words) { $0.neverActs = true }
    case "fail-image": await setAll { $0.failingImages.insert(payload) }
    case "mend-image": await setAll { $0.mend(payload) }
    case "crash-image": await setAll { $0.deadlyImages[payload] = .crash(after: .zero) }
    case "hang-image": await setAll { $0.deadlyImages[payload] = .hang }
    case "slow-image":
      guard words.count == 2, let delay = Int(words[1]), delay >= 0 else { break }
      let image = String(words[0])
      await setAll { $0.slowImages[image] = .milliseconds(delay) }
    case "kill-provider":
      guard words.count == 2 else { break }
      await killProvider(String(words[0]), on: HostID(String(words[1])))
    case "end-strays": endStrays(of: payload)
    case "add":
      let labels = words.compactMap(label)
      _ = try? await addHost(labels: Dictionary(labels, uniquingKeysWith: { _, last in last }))
    case "plant":
      guard words.count == 4, let instances = Int(words[3]) else { break }
      let image = String(words[2])
      plant(
        SimulatedHost.InstanceSet(claimedImage: image, code: image, instances: instances),
        under: ActorID(String(words[1])), on: HostID(String(words[0])))
    default: break
    }
    if let reply = message.reply {
      try? await transport.publish(Array("ok".utf8), to: reply, replyTo: nil)
    }
  }

  private func set(
    _ words: some Sequence<Substring>, _ change: @Sendable (inout SimulatedHost.Faults) -> Void
  ) async {
    for id in selected(words) { await setFaults(of: id, change) }
  }

  /// Changes what all hosts do wrong, those that are to come too.
  public func setAll(_ change: @escaping @Sendable (inout SimulatedHost.Faults) -> Void) async {
    change(&commonFaults)
    for id in Array(hosts.keys) { await setFaults(of: id, change) }
  }

  private func selected(_ words: some Sequence<Substring>) -> [HostID] {
    words.flatMap { word in
      label(word).map { hosts(with: $0.key, $0.value) } ?? [HostID(String(word))]
    }
  }

  private func label(_ word: Substring) -> (key: String, value: String)? {
    let parts = word.split(separator: "=", maxSplits: 1).map(String.init)
    return parts.count == 2 ? (parts[0], parts[1]) : nil
  }
}
