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
    case "hang": set(words) { $0.isHung = true }
    case "resume": set(words) { $0.isHung = false }
    case "partition": set(words) { $0.isPartitioned = true }
    case "heal": set(words) { $0.isPartitioned = false }
    case "slow":
      guard let delay = words.last.flatMap({ Int($0) }), delay >= 0 else { break }
      set(words.dropLast()) { $0.inventoryDelay = .milliseconds(delay) }
    case "refuse": set(words) { $0.refusals += 1 }
    case "idle": set(words) { $0.neverActs = true }
    case "fail-image":
      for id in hosts.keys {
        setFaults(of: id) { $0.failingImages.insert(payload) }
      }
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
  ) {
    for id in selected(words) { setFaults(of: id, change) }
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
