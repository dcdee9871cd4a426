/// What the header of a request says of its length and of whom it is for.
///
/// The library reads the first of several lengths and takes what follows for another request, and
/// accepts a length beside chunks; a proxy in front may see it otherwise, and a second request
/// could be smuggled past it.
struct RequestHead {
  private let size: Int
  private let hasChunks: Bool
  private var hosts = 0
  private var lengths: [String] = []
  private var codings: [String] = []
  private var isMalformed = false
  /// The fields, by their names in lower case, each with its values in order.
  private(set) var fields: [String: [String]] = [:]

  /// Creates a head without fields.
  ///
  /// - Parameters:
  ///   - version: The version as it was sent.
  ///   - size: The length of the whole head in bytes.
  init(version: String, size: Int) {
    self.size = size
    hasChunks = version != "HTTP/1.0"
  }

  mutating func add(_ name: String, _ value: String) {
    if name.utf8.contains(where: { $0 <= UInt8(ascii: " ") || $0 >= 0x7F }) { isMalformed = true }
    fields[name.lowercased(), default: []].append(value)
    switch name.lowercased() {
    case "host": hosts += 1
    case "content-length": lengths.append(value)
    case "transfer-encoding": codings.append(value.lowercased())
    default: break
    }
  }

  /// Returns the answer to a request that is not to be read further, and `nil` to a good one.
  ///
  /// - Parameters:
  ///   - target: The request target.
  ///   - limits: The limits.
  ///   - bodyBytes: How long a body may be for this target.
  /// - Returns: The answer.
  func refusal(
    of target: String, within limits: HTTPLimits, bodyBytes: Int
  ) -> HTTPResponse? {
    if target.utf8.count > limits.targetBytes { return refused(414, "the URL is too long") }
    if size > limits.headerBytes { return refused(431, "the header is too long") }
    if isMalformed { return refused(400, "a header field has a malformed name") }
    if hosts > 1 || (hosts == 0 && hasChunks) { return refused(400, "one Host is needed") }
    if lengths.count > 1 { return refused(400, "more than one Content-Length") }
    if let coding = codings.first {
      guard hasChunks, codings.count == 1, lengths.isEmpty else {
        return refused(400, "the length of the body is told in two ways")
      }
      if coding != "chunked" { return refused(501, "no such transfer coding") }
    }
    if let length = lengths.first.flatMap(Int.init), length > bodyBytes {
      return .tooLong
    }
    return nil
  }

  private func refused(_ status: Int, _ reason: String) -> HTTPResponse {
    HTTPResponse(reason + "\n", status: status).closing
  }
}
