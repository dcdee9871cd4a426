import LatticeModel
import LatticeWire
import NATSTransport

/// Asks providers for their health, which they answer once they listen.
struct ProviderHealth: Sendable {
  var lattice: LatticeName
  var transport: any MessageTransport

  /// Whether a provider answers as often as usable hosts list it; one that none lists is not asked.
  ///
  /// Costs one message, and one from each process; where one is silent, 300 ms.
  func isListening(_ provider: ProviderID, in observed: ObservedState) async -> Bool {
    let listed = observed.hosts.count { host in
      host.isUsable && observed.provider(provider, on: host.id) != nil
    }
    guard listed > 0 else { return true }
    let window = GatherWindow(
      atLeast: .milliseconds(300), quiet: .milliseconds(100), atMost: .milliseconds(500),
      enough: listed)
    return await answers(of: provider, within: window) ?? 0 >= listed
  }

  /// How many processes of a provider answer, or `nil` where that was not heard.
  func answers(of provider: ProviderID, within window: GatherWindow) async -> Int? {
    let answers = try? await transport.requestMany(
      healthQuestion, to: ControlSubject.health(of: provider, in: lattice), within: window)
    return answers?.count { (try? decodeHealth($0.payload)) != nil }
  }

  /// Asks those that have not answered yet, and notes who does.
  func ask(theDeafOf observed: ObservedState) async -> Set<ProviderID> {
    let deaf = Set(observed.deaf.values.joined())
    let answers = try? await gather(deaf.sorted(), inFlight: 64) { provider in
      await isListening(provider, in: observed) ? provider : nil
    }
    return Set((answers ?? []).compactMap { $0 })
  }
}
