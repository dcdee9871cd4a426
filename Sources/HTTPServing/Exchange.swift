/// One request and its answer, from the request line to the last byte of the answer.
struct Exchange: Sendable {
  /// How far it is.
  enum Stage: Sendable {
    /// The request arrives.
    case arriving
    /// A handler works; the library has suspended the connection.
    case handling
    /// The answer is there; the library will fetch it.
    case answered(HTTPResponse)
    /// The answer leaves.
    case leaving
  }

  /// No other exchange of the server has this number: a handler that comes late must not answer
  /// the next request of the connection.
  let number: UInt64
  let target: String
  private(set) var body: [UInt8] = []
  private(set) var isTooLong = false
  /// Whether others had brought so much that there was no room for the body.
  private(set) var isCrowdedOut = false
  /// How long the body may be.
  let bodyBytes: Int
  var fields: [String: [String]] = [:]
  var stage = Stage.arriving

  init(number: UInt64, target: String, bodyBytes: Int) {
    self.number = number
    self.bodyBytes = bodyBytes
    self.target = target
  }

  var isHandling: Bool { if case .handling = stage { true } else { false } }

  /// Keeps a part of the body; one that is too long is read to its end and not kept.
  ///
  /// - Parameters:
  ///   - bytes: The part.
  ///   - room: How many bytes there is room for, whoever brings them.
  mutating func take(_ bytes: UnsafeRawBufferPointer, room: Int) {
    guard !isTooLong, !isCrowdedOut else { return }
    isTooLong = bytes.count > bodyBytes - body.count
    isCrowdedOut = !isTooLong && bytes.count > room
    guard !isTooLong, !isCrowdedOut else {
      body = []
      return
    }
    body.append(contentsOf: bytes)
  }
}
