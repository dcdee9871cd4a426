public import NATSTransport
import ServiceRuntime
public import Testing

/// Two users of one server, who may be one: what a check of the contract works with.
public struct TransportStage: Sendable {
  /// Who asks.
  public var asker: any MessageTransport
  /// Who answers.
  public var answerer: any MessageTransport
  /// The JetStream domain that the server answers for, beside the default one.
  public static let domain = "hub"

  /// Creates a stage.
  ///
  /// - Parameters:
  ///   - asker: Who asks.
  ///   - answerer: Who answers, on the same server.
  public init(asker: any MessageTransport, answerer: any MessageTransport) {
    self.asker = asker
    self.answerer = answerer
  }

  /// Answers all requests on a subject while something is done.
  ///
  /// - Parameters:
  ///   - subject: The subject.
  ///   - answers: The payloads that answer a request.
  ///   - body: What is done meanwhile.
  /// - Throws: What the body throws, or `NATSError` where no answer can be sent.
  public func answering(
    _ subject: String, with answers: @escaping @Sendable (NATSMessage) -> [[UInt8]],
    while body: () async throws -> Void
  ) async throws {
    let requests = try await answerer.subscribe(to: subject, queue: nil, limit: 100_000)
    let answering = Task {
      for await batch in requests {
        for message in batch.elements {
          for answer in answers(message) {
            try await answerer.publish(answer, to: message.reply ?? "", replyTo: nil)
          }
        }
      }
    }
    defer { requests.unsubscribe() }
    try await body()
    requests.unsubscribe()
    try await answering.value
  }
}

/// One thing that every message transport does.
public struct TransportCheck: Sendable, CustomTestStringConvertible {
  /// A sentence that is true where the check passes.
  public var sentence: String
  /// Checks it, recording what is not so.
  public var run: @Sendable (TransportStage) async throws -> Void

  /// The sentence.
  public var testDescription: String { sentence }

  init(_ sentence: String, _ run: @escaping @Sendable (TransportStage) async throws -> Void) {
    self.sentence = sentence
    self.run = run
  }
}

/// What a nats-server does and everything that stands in for one must do as well.
public enum MessageTransportContract {
  /// All checks, each for a server of its own.
  public static let checks = messages + requests + buckets
}

extension MessageBatches {
  /// Takes messages up to one, that one included.
  func messages(upTo isLast: (NATSMessage) -> Bool) async -> [NATSMessage] {
    var messages: [NATSMessage] = []
    for await batch in self {
      messages += batch.elements
      if batch.elements.contains(where: isLast) { break }
    }
    return messages
  }
}
