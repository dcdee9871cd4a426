import JSONCoding
public import LatticeModel
public import NATSTransport

/// What whoever commands a lattice says to whoever asks.
public struct CommanderAnswer: Hashable, Sendable {
  /// That git can neither be read nor followed, if so.
  var staleness: SourceStaleness?
  /// Who could command in its place, by name.
  var standbys: [String] = []
  /// Who it is; `nil` where nobody answers, and of an earlier program.
  public var holder: String?
  /// Whether it sends nothing, since people have halted it; not known of an earlier program.
  public var isHalted: Bool?

  /// What is sent beside the staleness.
  var members: [String: JSONValue] {
    [
      "standbys": .array(standbys.map(JSONValue.string)),
      "holder": holder.map(JSONValue.string) ?? .null,
      "halted": isHalted.map(JSONValue.bool) ?? .null,
    ]
  }

  /// Asks whoever commands a lattice; costs a question, and half a second where nobody answers.
  ///
  /// - Parameters:
  ///   - lattice: The lattice, by the name on the wire.
  ///   - transport: What carries the question.
  /// - Returns: What it says; only a controller answers.
  public static func asking(about lattice: LatticeName, over transport: any MessageTransport) async
    -> CommanderAnswer
  {
    let subject = ControllerSession.sourceSubject(lattice)
    guard
      let answer = try? await transport.request(
        [], to: subject, headers: [:], timeout: .milliseconds(500)),
      let value = try? JSONValue(parsing: answer.payload)
    else { return CommanderAnswer() }
    return CommanderAnswer(
      staleness: SourceStaleness(value),
      standbys: (value["standbys"]?.array ?? []).prefix(LatticeShares.limit)
        .compactMap(\.string),
      holder: value["holder"]?.string, isHalted: value["halted"]?.bool)
  }

  /// Asks whoever commands until it is halted, or goes on, as it is wanted.
  ///
  /// - Parameters:
  ///   - lattice: The lattice, by the name on the wire.
  ///   - isHalted: What is wanted.
  ///   - transport: What carries the questions.
  ///   - limit: How long it is asked.
  /// - Returns: What it said last.
  public static func awaited(
    of lattice: LatticeName, isHalted: Bool, over transport: any MessageTransport,
    within limit: Duration = .seconds(3)
  ) async -> CommanderAnswer {
    let end = ContinuousClock.now + limit
    while true {
      let answer = await asking(about: lattice, over: transport)
      guard answer.isHalted == !isHalted, .now < end else { return answer }
      try? await Task.sleep(for: .milliseconds(100))
    }
  }
}
