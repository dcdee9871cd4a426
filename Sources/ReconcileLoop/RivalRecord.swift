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
  ///   - own: The mark of our own answers.
  /// - Returns: Why nothing may be sent; `nil` where nobody says that there is another record.
  static func find(
    of lattice: LatticeName, _ home: RecordHome, over transport: any MessageTransport,
    besides own: Int? = nil
  ) async -> RecordError? {
    guard let identity = home.identity else { return nil }
    let answers = try? await transport.requestMany(
      [], to: ControllerSession.sourceSubject(lattice),
      within: GatherWindow(
        atLeast: .milliseconds(150), quiet: .milliseconds(50), atMost: .milliseconds(250)))
    for answer in answers ?? [] {
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
