import Foundation
public import JSONCoding
import ServiceRuntime

/// Messages that were recorded from real hosts.
public struct Recording: Sendable {
  /// One message.
  public struct Message: Sendable {
    /// The step it belongs to.
    public var step: String
    /// When it was seen, in seconds since the recording began.
    public var time: Double
    /// The subject it was sent to.
    public var subject: String
    /// The subject that answers went to.
    public var reply: String?
    /// Its bytes; JSON is written anew, with sorted keys.
    public var payload: [UInt8]
    /// Its JSON, or `nil` where it is none.
    public var json: JSONValue?
    /// Its headers.
    public var headers: [String: JSONValue]
  }

  /// All messages, in order.
  public var messages: [Message]

  /// What was loaded before: many tests look at few recordings.
  private static let loaded = Lock<[String: [Message]]>([:])

  /// Loads a recording that lies in `Tests/Recordings`.
  ///
  /// - Parameter name: Its path there, without suffix, such as `v1.9.2/commands`.
  /// - Throws: An error if it cannot be read.
  public init(_ name: String) throws {
    messages = try Self.loaded.withLock { loaded in
      if let messages = loaded[name] { return messages }
      let messages = try Self.load(name)
      loaded[name] = messages
      return messages
    }
  }

  private static func load(_ name: String) throws -> [Message] {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    let file = folder.appendingPathComponent("Tests/Recordings/\(name).jsonl")
    var step = ""
    var messages: [Message] = []
    for line in try Data(contentsOf: file).split(separator: UInt8(ascii: "\n")) {
      let entry = try JSONValue(parsing: [UInt8](line))
      step = entry["step"]?.string ?? step
      guard let subject = entry["subject"]?.string else { continue }
      let bytes = entry["base64"]?.string.flatMap { Data(base64Encoded: $0) }.map { [UInt8]($0) }
      messages.append(
        Message(
          step: step, time: entry["t"]?.seconds ?? 0, subject: subject,
          reply: entry["reply"]?.string,
          payload: entry["payload"]?.bytes() ?? bytes ?? [], json: entry["payload"],
          headers: entry["headers"]?.object ?? [:]))
    }
    return messages
  }

  /// The requests that a subject's beginning names, each with all its replies.
  ///
  /// - Parameter prefix: The beginning of the requests' subjects.
  /// - Returns: Each request with its replies, in order.
  public func exchanges(_ prefix: String) -> [(request: Message, replies: [Message])] {
    let bySubject = Dictionary(grouping: messages, by: \.subject)
    return messages.filter { $0.subject.hasPrefix(prefix) }.map { request in
      (request, request.reply.flatMap { bySubject[$0] } ?? [])
    }
  }
}

extension JSONValue {
  /// A number of seconds, whole or not.
  fileprivate var seconds: Double? {
    guard case .double(let value) = self else { return int.map(Double.init) }
    return value
  }
}
