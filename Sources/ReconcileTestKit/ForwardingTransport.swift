public import NATSTransport
public import ServiceRuntime

/// A transport that passes everything on to another one; whoever conforms changes what it must.
public protocol ForwardingTransport: MessageTransport {
  /// The transport behind it.
  var inner: any MessageTransport { get }
}

extension ForwardingTransport {
  // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
  public var connectionEvents: BatchQueue<ConnectionEvent> { inner.connectionEvents }

  // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
  public var maxPayload: Int { inner.maxPayload }

  // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
  public var roundTrip: Duration { inner.roundTrip }

  // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
  public func publish(
    _ payload: [UInt8], to subject: String, headers: [String: String], replyTo reply: String?
  ) async throws(NATSError) {
    try await inner.publish(payload, to: subject, headers: headers, replyTo: reply)
  }

  // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
  public func request(
    _ payload: [UInt8], to subject: String, headers: [String: String], timeout: Duration,
    again pause: Duration?
  ) async throws(NATSError) -> NATSMessage {
    try await inner.request(
      payload, to: subject, headers: headers, timeout: timeout, again: pause)
  }

  // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
  public func requestMany(_ payload: [UInt8], to subject: String, within window: GatherWindow)
    async throws(NATSError) -> [NATSMessage]
  {
    try await inner.requestMany(payload, to: subject, within: window)
  }

  // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
  public func subscribe(to subject: String, queue: String?, limit: Int) async throws(NATSError)
    -> MessageBatches
  {
    try await inner.subscribe(to: subject, queue: queue, limit: limit)
  }
}
