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
  var stage = Stage.arriving

  init(number: UInt64, target: String) {
    self.number = number
    self.target = target
  }

  var isHandling: Bool { if case .handling = stage { true } else { false } }

  /// Keeps a part of the body; one that is too long is read to its end and not kept.
  mutating func take(_ bytes: UnsafeRawBufferPointer, limit: Int) {
    guard !isTooLong, bytes.count <= limit - body.count else {
      isTooLong = true
      body = []
      return
    }
    body.append(contentsOf: bytes)
  }
}
