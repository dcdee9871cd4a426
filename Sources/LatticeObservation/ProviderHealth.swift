import LatticeDialects
import LatticeModel
import NATSTransport
import ServiceRuntime

/// Asks providers for their health, which they answer once they listen.
struct ProviderHealth: Sendable {
  private let lattice: LatticeName
  private let dialect: any LatticeDialect
  private let transport: any MessageTransport

  init(
    _ lattice: LatticeName, in dialect: any LatticeDialect, over transport: any MessageTransport
  ) {
    (self.lattice, self.dialect, self.transport) = (lattice, dialect, transport)
  }

  /// Whether a provider answers as often as usable hosts list it; one that none lists is not asked.
  ///
  /// Costs one message, and one from each process; where one is silent, the patience.
  func isListening(_ provider: ProviderID, _ expected: ExpectedAnswers) async -> Bool {
    switch expected.count {
    case ...0: return true
    case 1: return await answers(provider)
    default:
      let window = GatherWindow(
        atLeast: expected.patience, quiet: .milliseconds(100),
        atMost: expected.patience + .milliseconds(200), enough: expected.count)
      return await answers(of: provider, within: window) ?? 0 >= expected.count
    }
  }

  /// Whether a provider of which there is one process answers: a plain question, which needs no
  /// subscription of its own.
  private func answers(_ provider: ProviderID) async -> Bool {
    let question = dialect.healthQuestion(to: provider, in: lattice)
    let answer = try? await transport.request(
      question.payload, to: question.subject, timeout: .seconds(2))
    return answer.map(isHealth) ?? false
  }

  /// How many processes of a provider answer, or `nil` where that was not heard.
  func answers(of provider: ProviderID, within window: GatherWindow) async -> Int? {
    let question = dialect.healthQuestion(to: provider, in: lattice)
    let answers = try? await transport.requestMany(
      question.payload, to: question.subject, within: window)
    return answers?.count(where: isHealth)
  }

  private func isHealth(_ message: NATSMessage) -> Bool {
    (try? dialect.readHealth(message.payload)) != nil
  }

  /// Asks those that have not answered yet, and notes who does.
  func ask(theDeafOf observed: ObservedState) async -> Set<ProviderID> {
    let answers = try? await gather(observed.deaf.keys.sorted(), inFlight: 64) { provider in
      await isListening(provider, observed.answers(expectedOf: provider)) ? provider : nil
    }
    return Set((answers ?? []).compactMap { $0 })
  }
}

/// How many processes are to answer, and how long that may take.
struct ExpectedAnswers: Sendable {
  var count: Int
  /// From 300 ms to 2 s: twice what the slowest of their hosts took to answer.
  var patience: Duration
}

extension ObservedState {
  /// The answers that a question for a provider's health is to bring.
  func answers(expectedOf provider: ProviderID) -> ExpectedAnswers {
    let listing = usableHosts(listing: provider)
    let slowest = listing.lazy.compactMap { hosts[$0].roundTrip }.max() ?? .zero
    let patience = min(max(.milliseconds(300), slowest * 2), .seconds(2))
    return ExpectedAnswers(count: listing.count, patience: patience)
  }
}
