import JSONCoding
public import LatticeModel
public import NATSTransport

/// What a controller answers who asked it to look, once that look and what it led to are over.
public struct CycleAnswer: Hashable, Sendable {
  /// The commit that it looked at.
  public var revision: Revision
  /// Whether nothing differs.
  public var isInSync: Bool
  /// The plan's id, with the name of its digest.
  public var planID: String
  /// How many commands the plan had.
  public var commands: Int
  /// How many steps wait for what is under way, or since they failed a moment ago.
  public var waiting: Int
  /// How many steps a guard holds.
  public var held: Int

  /// Asks for a look, and waits for its end.
  ///
  /// - Parameters:
  ///   - repository: The repository, by its name in the controller's configuration.
  ///   - lattice: Its lattice, by the name on the wire.
  ///   - transport: What carries the question.
  ///   - timeout: How long the answer is waited for.
  /// - Returns: The answer; `nil` of a cycle that failed.
  /// - Throws: `NATSError`: `.noResponders` where no controller follows that repository, `.timeout`.
  public static func asking(
    for repository: String, in lattice: LatticeName, over transport: any MessageTransport,
    timeout: Duration
  ) async throws(NATSError) -> CycleAnswer? {
    let subject = ControllerSession.triggerSubject(lattice, repository)
    let answer = try await transport.request([], to: subject, headers: [:], timeout: timeout)
    return (try? JSONValue(parsing: answer.payload)).flatMap(CycleAnswer.init)
  }

  private init?(_ value: JSONValue) {
    guard let revision = value["revision"]?.string, let isInSync = value["in_sync"]?.bool,
      let planID = value["plan_id"]?.string, let commands = value["commands"]?.int,
      let waiting = value["waiting"]?.int, let held = value["held"]?.int
    else { return nil }
    self.revision = Revision(revision)
    (self.isInSync, self.planID) = (isInSync, planID)
    (self.commands, self.waiting, self.held) = (commands, waiting, held)
  }
}
