/// A request to send.
public struct OutgoingRequest: Hashable, Sendable {
  /// What is asked for.
  public enum Method: String, Hashable, Sendable {
    case get = "GET"
    case post = "POST"
    case put = "PUT"
    case patch = "PATCH"
  }

  /// The method.
  public var method: Method
  /// The address, of `http://` or `https://`, without a user or password in it.
  public var url: String
  /// The fields of its head, by name.
  public var fields: [String: String] = [:]
  /// Fields that are shown nowhere.
  public var secrets: [String: String] = [:]
  /// The body; there is none where it is empty.
  public var body: [UInt8] = []

  /// Creates a request without fields and body.
  ///
  /// - Parameters:
  ///   - method: The method.
  ///   - url: The address.
  public init(_ method: Method, _ url: String) {
    self.method = method
    self.url = url
  }

  /// What is wrong with it, so that it cannot be sent; names no secret.
  var flaw: String? {
    let isPlain = url.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }
    guard isPlain, let host = authority, !host.isEmpty else {
      return "the address is none of http:// or https://"
    }
    guard !host.contains("@") else { return "the address has a user or password in it" }
    for (name, value) in fields.merging(secrets, uniquingKeysWith: { $1 }) {
      let isName = !name.isEmpty && name.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != 0x3A }
      guard isName, value.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else {
        return "a header field has a line feed or another control character in it"
      }
    }
    return nil
  }

  private var authority: Substring? {
    for scheme in ["http://", "https://"] where url.lowercased().hasPrefix(scheme) {
      return url.dropFirst(scheme.count).prefix { !"/?#".contains($0) }
    }
    return nil
  }
}

extension OutgoingRequest: CustomStringConvertible, CustomDebugStringConvertible,
  CustomReflectable
{
  /// Method and address.
  public var description: String { "\(method.rawValue) \(url)" }
  /// Method and address.
  public var debugDescription: String { description }
  /// Method and address alone.
  public var customMirror: Mirror { Mirror(self, children: ["request": description]) }
}

/// What came back.
public struct HTTPAnswer: Hashable, Sendable {
  /// The status code.
  public var status: Int
  /// The fields of its head, by their names in lower case; of one that comes twice the last.
  public var fields: [String: String]
  /// The body.
  public var body: [UInt8]

  /// Creates an answer.
  ///
  /// - Parameters:
  ///   - status: The status code.
  ///   - fields: The fields of its head, by their names in lower case.
  ///   - body: The body.
  public init(_ status: Int, fields: [String: String] = [:], body: [UInt8] = []) {
    self.status = status
    self.fields = fields
    self.body = body
  }
}

/// Why there is no answer.
public enum HTTPRequestError: Error, Hashable, Sendable {
  /// The request cannot be sent as it is, for this reason.
  case unfit(String)
  /// The server cannot be reached, or the connection broke, in the library's words.
  case unreachable(String)
  /// The server's certificate is not trusted, or ours or the authority's cannot be used, in the
  /// library's words.
  case untrusted(String)
  /// It took longer than this.
  case overdue(Duration)
  /// The answer has more bytes than this.
  case tooLong(Int)
  /// The task was cancelled.
  case cancelled
}
