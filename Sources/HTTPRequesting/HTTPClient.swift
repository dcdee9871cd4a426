import ServiceRuntime

/// What a client may take, and whom it trusts.
public struct HTTPClientOptions: Hashable, Sendable {
  /// How long a request may take, from the look-up of the name to the last byte of the answer.
  public var deadline = Duration.seconds(10)
  /// How many bytes the body of an answer may have.
  public var answerBytes = 1 << 20
  /// The certificates of authorities that are trusted in place of the system's.
  public var authority: String?
  /// The certificate that shows who we are.
  public var clientCertificate: String?
  /// The private key of that certificate.
  public var clientKey: String?
  /// The proxy, an address of `http://`; variables of the environment are not read.
  public var proxy: String?

  /// Creates options: ten seconds, a MiB, the system's authorities, no proxy.
  public init() {}
}

/// Sends requests one after another, on a thread of its own.
///
/// A server that hangs costs one deadline and no thread of anybody else. Each request has a connection of
/// its own: on one that was kept and has been closed since, the library would send it a second time.
public actor HTTPClient {
  private let options: HTTPClientOptions
  private let executor: BlockingExecutor
  private let transfer = Transfer()

  /// Where it runs.
  public nonisolated var unownedExecutor: UnownedSerialExecutor {
    executor.asUnownedSerialExecutor()
  }

  /// Creates a client; nothing is connected yet.
  ///
  /// - Parameter options: What it may take, and whom it trusts.
  public init(_ options: HTTPClientOptions = HTTPClientOptions()) {
    self.options = options
    executor = BlockingExecutor(label: "reconcile.http")
  }

  /// Sends a request and waits for the whole answer, whatever its status; follows no redirect.
  ///
  /// Ends within a second once the task is cancelled.
  ///
  /// - Parameter request: The request.
  /// - Returns: The answer.
  /// - Throws: Why there is none.
  public func send(_ request: OutgoingRequest) throws(HTTPRequestError) -> HTTPAnswer {
    if let flaw = request.flaw { throw .unfit(flaw) }
    guard !Task.isCancelled else { throw .cancelled }
    return try transfer.perform(request, options)
  }
}
