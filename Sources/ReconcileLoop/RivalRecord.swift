import JSONCoding
import LatticeModel
import NATSTransport
import RecordKeeping

/// Whether somebody else commands a lattice with another record of it: at another site, whose JetStream
/// is one of its own while messages pass between both.
///
/// Whoever commands answers on the subject on which it says how it reads git. A record is known by its
/// bucket's domain and making.
enum RivalRecord {
  /// What whoever commands says of its record.
  static func members(
    of home: RecordHome, _ holder: String, _ mark: Int
  ) -> [String: JSONValue] {
    guard let identity = home.identity else { return [:] }
    return [
      "record": .string(identity), "holder": .string(holder), "mark": .int(mark),
      "place": .string(home.place),
    ]
  }

  /// Asks whoever commands; costs a question, and a quarter of a second where somebody answers.
  ///
  /// - Parameters:
  ///   - lattice: The lattice.
  ///   - home: Our record.
  ///   - transport: What carries the question.
  /// - Returns: Why nothing may be sent; `nil` where nobody says that there is another record.
  static func find(
    of lattice: LatticeName, _ home: RecordHome, over transport: any MessageTransport
  ) async -> RecordError? {
    guard home.identity != nil else { return nil }
    return find(in: await ask(about: lattice, [], over: transport), home)
  }

  /// Asks whoever commands or could; costs as much, of which nothing is known where that fails.
  static func ask(
    about lattice: LatticeName, _ question: [UInt8], over transport: any MessageTransport
  ) async -> [NATSMessage] {
    let answers = try? await transport.requestMany(
      question, to: ControllerSession.sourceSubject(lattice),
      within: GatherWindow(
        atLeast: .milliseconds(150), quiet: .milliseconds(50), atMost: .milliseconds(250)))
    return answers ?? []
  }

  /// Finds somebody among answers who commands with another record than ours.
  ///
  /// - Parameters:
  ///   - answers: The answers.
  ///   - home: Our record.
  ///   - own: The mark of our own answers.
  /// - Returns: Why nothing may be sent; `nil` where nobody says that there is another record.
  static func find(
    in answers: [NATSMessage], _ home: RecordHome, besides own: Int? = nil
  ) -> RecordError? {
    guard let identity = home.identity else { return nil }
    for answer in answers {
      guard let value = try? JSONValue(parsing: answer.payload),
        let other = value["record"]?.string, other != identity, value["mark"]?.int != own
      else { continue }
      return .rivalRecord(
        holder: value["holder"]?.string ?? "somebody unknown",
        place: value["place"]?.string ?? "another JetStream")
    }
    return nil
  }
}
