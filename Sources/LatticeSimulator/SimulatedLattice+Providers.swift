import LatticeDialects
public import LatticeModel
import NATSTransport
import ServiceRuntime

/// A provider's process on a host, or one that has outlived it.
struct ProcessID: Hashable, Comparable {
  var host: HostID
  var provider: String

  static func < (left: ProcessID, right: ProcessID) -> Bool {
    (left.host, left.provider) < (right.host, right.provider)
  }
}

/// Providers' processes: whom they answer, and which of them outlive their hosts.
extension SimulatedLattice {
  /// Ends processes that have outlived their hosts, as a person does who has found them.
  ///
  /// - Parameter provider: The provider's id.
  public func endStrays(of provider: String) {
    for id in strays.keys where id.provider == provider {
      strays[id] = nil
      ears.removeValue(forKey: id)?.unsubscribe()
    }
  }

  /// Ends a provider's process; its host starts it again a moment later.
  ///
  /// - Parameters:
  ///   - provider: The provider's id.
  ///   - host: The host.
  public func killProvider(_ provider: String, on host: HostID) async {
    guard let outputs = hosts[host]?.providerDied(provider, clock.now) else { return }
    await carryOut(outputs, of: host)
  }

  /// Has a process listen for questions, or not any more.
  func listen(_ id: ProcessID, _ isListening: Bool) async {
    ears.removeValue(forKey: id)?.unsubscribe()
    guard isListening else { return }
    let subject = ControlSubject.health(of: ProviderID(id.provider), in: name)
    guard let batches = try? await transport.subscribe(to: subject, queue: nil, limit: 10_000)
    else { return }
    ears[id] = batches
    Task { [weak self] in
      for await batch in batches {
        for message in batch.elements { await self?.answer(message, by: id) }
      }
    }
  }

  private func answer(_ message: NATSMessage, by id: ProcessID) async {
    if strays[id] != nil, let reply = message.reply {
      try? await transport.publish(SimulatedHost.healthy, to: reply, replyTo: nil)
    } else {
      await deliver(.health(provider: id.provider, reply: message.reply), to: id.host)
    }
  }

  /// A host tells whoever has an id that a link is deleted.
  func linkDropped(_ message: NATSMessage) async {
    let words = message.subject.split(separator: ".", omittingEmptySubsequences: false)
    guard words.count > 3, let link = SimulatedHost.link(fromRPC: message.payload)
    else { return }
    let provider = words[3...].dropLast(2).joined(separator: ".")
    for id in strays.keys where id.provider == provider { _ = strays[id]?.drop(link) }
    for id in Array(hosts.keys) where hosts[id]?.providers[provider] != nil {
      await deliver(.linkDropped(provider: provider, link), to: id)
    }
  }

  /// Lets the processes of a host that has died run on, but for those that are part of it.
  func leaveStrays(of host: SimulatedHost) {
    for (provider, process) in host.providers {
      let id = ProcessID(host: host.id, provider: provider)
      if process.isListening, !process.isBuiltin {
        strays[id] = process
      } else {
        ears.removeValue(forKey: id)?.unsubscribe()
      }
    }
  }

  /// Ends the processes of a host that stops in order.
  func endProcesses(of host: SimulatedHost) {
    for provider in host.providers.keys {
      ears.removeValue(forKey: ProcessID(host: host.id, provider: provider))?.unsubscribe()
    }
  }
}
