public import LatticeModel

/// How hosts 1.x are commanded.
///
/// A host goes on with the code that it has when it is told to run a set with another image, and
/// runs one process of a provider: both go through nothing.
public struct V1: LatticeDialect {
  /// What hosts listen below for what they are told and asked.
  let root: String

  /// Speaks to hosts 1.x.
  ///
  /// - Parameter root: What they listen below for what they are told and asked, as their own
  ///   `--ctl-topic-prefix` says.
  public init(below root: String = ControlSubject.standardRoot) { self.root = root }

  /// Hosts 1.x end what runs before something else takes its place, and keep links and configs in
  /// stores, the links by interface.
  public var abilities: HostAbilities {
    HostAbilities(swapsInPlace: false, keepsStores: true, linkage: .interface)
  }

  /// Returns the questions that hosts answer to say that they are there.
  ///
  /// Hosts before 1.0 are asked as well: they share events and stores with hosts 1.x.
  ///
  /// - Parameter lattice: The lattice.
  /// - Returns: The pings of both control interfaces.
  public func rollCalls(in lattice: LatticeName) -> [ControlRequest] {
    [
      ControlSubject.hostPing(lattice, below: root),
      ControlSubject.oldHostPing(lattice, below: root),
    ].map {
      ControlRequest(subject: $0)
    }
  }

  /// Returns the ping of hosts 1.x.
  ///
  /// - Parameter lattice: The lattice.
  /// - Returns: The question, without a body.
  public func ping(in lattice: LatticeName) -> ControlRequest {
    ControlRequest(subject: ControlSubject.hostPing(lattice, below: root))
  }

  /// Reads the answer to a ping, which tells of which kind the host is.
  ///
  /// - Parameter payload: The answer.
  /// - Returns: Who answered.
  /// - Throws: `WireError` if it is no answer to a ping.
  public func readAnswer(_ payload: [UInt8]) throws(WireError) -> HostAnswer {
    try decodeAnswer(payload)
  }

  /// Returns the question that a host answers with all it runs.
  ///
  /// - Parameters:
  ///   - host: The host.
  ///   - lattice: The lattice.
  /// - Returns: The question, without a body.
  public func inventoryQuestion(to host: HostID, in lattice: LatticeName) -> ControlRequest {
    ControlRequest(subject: ControlSubject.inventory(of: host, in: lattice, below: root))
  }

  /// Reads the answer to that question.
  ///
  /// - Parameter payload: The answer.
  /// - Returns: What the host runs.
  /// - Throws: `WireError` if it is no inventory.
  public func readInventory(_ payload: [UInt8]) throws(WireError) -> HostReport {
    try decodeInventory(payload)
  }

  /// Returns the parts of an intent: what is replaced is ended, then started.
  ///
  /// - Parameter intent: What is wanted.
  /// - Returns: One part, or the two of a replacement.
  public func parts(of intent: Intent) -> [Intent] {
    guard case .replace(let old, let new, let instances, let host) = intent else { return [intent] }
    return [.end(old, on: host), .run(new, instances: instances, on: host)]
  }

  /// Reads a reply; that a provider to end is not running is what was asked for.
  ///
  /// - Parameters:
  ///   - payload: The reply.
  ///   - part: What was asked for.
  /// - Returns: Acceptance or refusal.
  /// - Throws: `WireError` if it is no reply.
  public func readReply(_ payload: [UInt8], to part: Intent) throws(WireError) -> ControlReply {
    var reply = try decodeReply(payload)
    if case .end(.provider, _) = part, reply.message == "provider with that ID is not running" {
      reply.isAccepted = true
    }
    return reply
  }

  /// Returns where hosts publish events by type; hosts 0.81 and 0.82 publish each elsewhere too.
  ///
  /// - Parameter lattice: The lattice.
  /// - Returns: The subject.
  public func eventSubject(in lattice: LatticeName) -> String { ControlSubject.events(lattice) }

  /// Returns a decoder of CloudEvents.
  ///
  /// - Returns: A decoder that remembers nothing.
  public func eventReader() -> any EventReader { EventDecoder() }

  /// Returns the question for a provider's health.
  ///
  /// - Parameters:
  ///   - provider: The provider.
  ///   - lattice: The lattice.
  /// - Returns: The question: an empty object.
  public func healthQuestion(
    to provider: ProviderID, in lattice: LatticeName
  ) -> ControlRequest {
    ControlRequest(
      subject: ControlSubject.health(of: provider, in: lattice), payload: Array("{}".utf8))
  }

  /// Reads the answer of a provider's process to the question for its health.
  ///
  /// - Parameter payload: The answer.
  /// - Returns: Whether it says that it is healthy.
  /// - Throws: `WireError` if it is no such answer.
  public func readHealth(_ payload: [UInt8]) throws(WireError) -> Bool {
    try decodeHealth(payload)
  }

}
