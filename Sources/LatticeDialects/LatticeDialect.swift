public import LatticeModel

/// One way that hosts speak: who is there and runs what, which requests an intent comes to, and what
/// shows that it took effect.
///
/// A dialect hands over values; it knows neither what carries them nor when.
public protocol LatticeDialect: Sendable {
  /// What these hosts can do, as far as a plan depends on it.
  var abilities: HostAbilities { get }

  /// How links and configs are read; `nil` where these hosts keep none.
  var stores: (any StoreDialect)? { get }

  /// Returns the questions that hosts answer to say that they are there, each all that hear it.
  ///
  /// - Parameter lattice: The lattice.
  /// - Returns: The questions.
  func rollCalls(in lattice: LatticeName) -> [ControlRequest]

  /// Returns the one of those questions that hosts which can be commanded answer; asked again and
  /// again to see that they are there.
  ///
  /// - Parameter lattice: The lattice.
  /// - Returns: The question.
  func ping(in lattice: LatticeName) -> ControlRequest

  /// Reads the answer to one of those questions.
  ///
  /// - Parameter payload: The answer.
  /// - Returns: Who answered.
  /// - Throws: `WireError` if it is no such answer.
  func readAnswer(_ payload: [UInt8]) throws(WireError) -> HostAnswer

  /// Returns the question that a host answers with all it runs.
  ///
  /// - Parameters:
  ///   - host: The host.
  ///   - lattice: The lattice.
  /// - Returns: The question.
  func inventoryQuestion(to host: HostID, in lattice: LatticeName) -> ControlRequest

  /// Reads the answer to that question.
  ///
  /// - Parameter payload: The answer.
  /// - Returns: What the host runs.
  /// - Throws: `WireError` if it is no inventory.
  func readInventory(_ payload: [UInt8]) throws(WireError) -> HostReport

  /// Returns where hosts publish what happens to them.
  ///
  /// - Parameter lattice: The lattice.
  /// - Returns: The subject, with wildcards; one on which no event comes twice.
  func eventSubject(in lattice: LatticeName) -> String

  /// Returns what reads the events of one subscription.
  ///
  /// - Returns: A reader that has read nothing.
  func eventReader() -> any EventReader

  /// Returns the question that each running process of a provider answers once it listens.
  ///
  /// - Parameters:
  ///   - provider: The provider.
  ///   - lattice: The lattice.
  /// - Returns: The question.
  func healthQuestion(to provider: ProviderID, in lattice: LatticeName) -> ControlRequest

  /// Reads the answer to that question.
  ///
  /// - Parameter payload: The answer.
  /// - Returns: Whether the process says that it is healthy.
  /// - Throws: `WireError` if it is no such answer.
  func readHealth(_ payload: [UInt8]) throws(WireError) -> Bool

  /// Returns the parts that an intent is carried out in, each confirmed before the next is sent.
  ///
  /// - Parameter intent: What is wanted.
  /// - Returns: The parts, each of which is its own only part, and the last of which comes to the
  ///   same as the intent; none where these hosts know nothing of the kind.
  func parts(of intent: Intent) -> [Intent]

  /// Returns the request that brings a part about; equal parts give equal bytes.
  ///
  /// - Parameters:
  ///   - part: One of the parts of an intent.
  ///   - lattice: The lattice.
  /// - Returns: The request.
  func request(for part: Intent, in lattice: LatticeName) -> ControlRequest

  /// Reads the reply to that request; a refusal which means that it is so already is acceptance.
  ///
  /// - Parameters:
  ///   - payload: The reply.
  ///   - part: What was asked for.
  /// - Returns: Acceptance or refusal.
  /// - Throws: `WireError` if it is no reply.
  func readReply(_ payload: [UInt8], to part: Intent) throws(WireError) -> ControlReply

  /// Returns whether the observed state shows a part's effect.
  ///
  /// What hosts list and stores hold proves it; acceptances and events do not.
  ///
  /// - Parameters:
  ///   - part: One of the parts of an intent.
  ///   - observed: The observed state.
  /// - Returns: Whether the effect is there.
  func isConfirmed(_ part: Intent, by observed: ObservedState) -> Bool

  /// Returns the failure that an event tells of a part, if it does.
  ///
  /// - Parameters:
  ///   - part: One of the parts of an intent.
  ///   - event: An event that came after its request was sent.
  /// - Returns: The host's words, or `nil` where the event is about something else.
  func failure(of part: Intent, in event: LatticeEvent) -> String?
}

extension LatticeDialect {
  /// Returns the parts that a step is carried out in.
  ///
  /// - Parameter step: The step.
  /// - Returns: The parts of its intents, in order.
  public func parts(of step: PlannedStep) -> [Intent] { step.intents.flatMap(parts(of:)) }

  /// Returns how many commands a plan comes to.
  ///
  /// - Parameter plan: The plan.
  /// - Returns: The number of requests, none of them repeated.
  public func commandCount(of plan: Plan) -> Int {
    plan.stages.reduce(0) { count, stage in
      stage.steps.reduce(count) { $0 + parts(of: $1).count }
    }
  }
}

/// Reads the events of one subscription, and may remember strings that come again and again.
public protocol EventReader: Sendable {
  /// Reads an event.
  ///
  /// - Parameter payload: What was published.
  /// - Returns: The event, or `nil` for one that is not used.
  /// - Throws: `WireError` if it cannot be read.
  mutating func read(_ payload: [UInt8]) throws(WireError) -> LatticeEvent?
}

/// The dialect in which hosts are commanded that listen where hosts do unless told otherwise.
public let commandedDialect: any LatticeDialect = V1()

/// The dialect in which hosts are commanded.
///
/// - Parameter root: What they listen below for what they are told and asked.
/// - Returns: The dialect.
public func commandedDialect(below root: String) -> any LatticeDialect { V1(below: root) }

/// A request as it goes on the wire.
public struct ControlRequest: Hashable, Sendable {
  /// Where it goes.
  public var subject: String
  /// Its bytes.
  public var payload: [UInt8]

  /// Creates a request.
  ///
  /// - Parameters:
  ///   - subject: Where it goes.
  ///   - payload: Its bytes.
  public init(subject: String, payload: [UInt8] = []) {
    self.subject = subject
    self.payload = payload
  }
}

/// A host's immediate acceptance or refusal of a request.
///
/// Acceptance proves only that the request was understood: real hosts say "successfully started
/// provider" before they have fetched anything.
public struct ControlReply: Hashable, Sendable {
  /// Whether the host accepts.
  public var isAccepted: Bool
  /// The host's words; with acceptance possibly a warning.
  public var message: String

  /// Creates a reply.
  ///
  /// - Parameters:
  ///   - isAccepted: Whether the host accepts.
  ///   - message: The host's words.
  public init(isAccepted: Bool, message: String) {
    self.isAccepted = isAccepted
    self.message = message
  }
}
