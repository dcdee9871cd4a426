import Digests
import JSONCoding
import NATSTransport

/// The part of JetStream that key-value buckets need, as a value: messages in, answers out.
///
/// Subjects, fields and error numbers are those of a nats-server 2.9 and later (NATS ADR-8, ADR-31).
/// A bucket keeps one value of a key.
struct InProcessStore: Sendable {
  enum Answer: Sendable {
    /// The subject is none of the store's: it may have no listener at all.
    case notMine
    /// The store takes the message and says nothing.
    case silence
    case message([UInt8], headers: [String: String])

    static func json(_ value: JSONValue) -> Answer { .message(value.bytes(), headers: [:]) }

    static func error(_ code: Int, _ number: Int, _ text: String) -> Answer {
      json(["error": ["code": .int(code), "err_code": .int(number), "description": .string(text)]])
    }
  }

  private struct Entry: Sendable {
    var payload: [UInt8]
    var headers: [String: String]
    var sequence: UInt64
    var time: Int64
  }

  private struct Stream: Sendable {
    var configuration: JSONValue
    var lifetime: Int64
    var sequence: UInt64 = 0
    var entries: [String: Entry] = [:]

    func entry(_ subject: String, _ now: Int64) -> Entry? {
      guard let entry = entries[subject] else { return nil }
      return lifetime > 0 && now &- entry.time >= lifetime ? nil : entry
    }
  }

  private let domain: String?
  private var streams: [String: Stream] = [:]

  init(domain: String?) { self.domain = domain }

  /// Takes a message; `now` is in nanoseconds since 1970.
  mutating func handle(_ message: NATSMessage, _ now: Int64) -> Answer {
    let subject = withoutDomain(message.subject)
    if let request = subject.dropping("$JS.API.") {
      return answer(request, message, now)
    }
    guard let rest = subject.dropping("$KV."), let bucket = rest.split(separator: ".").first else {
      return .notMine
    }
    return write(message, to: subject, "KV_\(bucket)", now)
  }

  private func withoutDomain(_ subject: String) -> String {
    guard let domain, let rest = subject.dropping("$JS.\(domain).API.") else { return subject }
    return rest.hasPrefix("$KV.") ? String(rest) : "$JS.API.\(rest)"
  }

  /// A request that no stream answers still has a listener: the server waits in silence.
  private mutating func answer(_ request: Substring, _ message: NATSMessage, _ now: Int64)
    -> Answer
  {
    if let rest = request.dropping("DIRECT.GET.") { return read(rest, now) }
    if let name = request.dropping("STREAM.MSG.GET.") { return read(name, message, now) }
    if let name = request.dropping("STREAM.CREATE.") { return create(String(name), message) }
    if let name = request.dropping("STREAM.UPDATE.") { return update(String(name), message) }
    if let name = request.dropping("STREAM.INFO.") {
      return streams[String(name)].map(describe) ?? .error(404, 10_059, "stream not found")
    }
    return .silence
  }

  private func read(_ request: Substring, _ now: Int64) -> Answer {
    let parts = request.split(separator: ".", maxSplits: 1)
    guard parts.count == 2, let stream = streams[String(parts[0])],
      stream.configuration["allow_direct"]?.bool == true
    else { return .silence }
    guard let entry = stream.entry(String(parts[1]), now) else {
      return .message([], headers: ["Status": "404", "Description": "Message Not Found"])
    }
    var headers = entry.headers
    headers["Nats-Stream"] = String(parts[0])
    headers["Nats-Subject"] = String(parts[1])
    headers["Nats-Sequence"] = "\(entry.sequence)"
    return .message(entry.payload, headers: headers)
  }

  private func read(_ name: Substring, _ message: NATSMessage, _ now: Int64) -> Answer {
    guard let stream = streams[String(name)] else { return .error(404, 10_059, "stream not found") }
    guard let subject = (try? JSONValue(parsing: message.payload))?["last_by_subj"]?.string,
      let entry = stream.entry(subject, now)
    else { return .error(404, 10_037, "no message found") }
    let headers = entry.headers.map { "\($0): \($1)\r\n" }.joined()
    return .json([
      "message": [
        "subject": .string(subject), "seq": .int(Int(clamping: entry.sequence)),
        "data": .string(base64(entry.payload)),
        "hdrs": .string(base64(Array("NATS/1.0\r\n\(headers)\r\n".utf8))),
      ]
    ])
  }

  private mutating func create(_ name: String, _ message: NATSMessage) -> Answer {
    guard let configuration = try? JSONValue(parsing: message.payload),
      configuration["name"]?.string == name
    else { return .error(400, 10_025, "invalid JSON") }
    if let stream = streams[name] {
      return stream.configuration == configuration
        ? describe(stream)
        : .error(400, 10_058, "stream name already in use with a different configuration")
    }
    let stream = Stream(
      configuration: configuration, lifetime: Int64(configuration["max_age"]?.int ?? 0))
    streams[name] = stream
    return describe(stream)
  }

  private mutating func update(_ name: String, _ message: NATSMessage) -> Answer {
    guard let configuration = try? JSONValue(parsing: message.payload) else {
      return .error(400, 10_025, "invalid JSON")
    }
    guard var stream = streams[name] else { return .error(404, 10_059, "stream not found") }
    (stream.configuration, stream.lifetime) = (
      configuration, Int64(configuration["max_age"]?.int ?? 0)
    )
    streams[name] = stream
    return describe(stream)
  }

  private func describe(_ stream: Stream) -> Answer {
    .json([
      "config": stream.configuration,
      "state": [
        "messages": .int(stream.entries.count), "last_seq": .int(Int(clamping: stream.sequence)),
      ],
    ])
  }

  private mutating func write(
    _ message: NATSMessage, to subject: String, _ name: String, _ now: Int64
  ) -> Answer {
    guard var stream = streams[name] else { return .notMine }
    let last = stream.entry(subject, now)?.sequence ?? 0
    if let expected = message.headers["Nats-Expected-Last-Subject-Sequence"],
      expected != "\(last)"
    {
      return .error(400, 10_071, "wrong last sequence: \(last)")
    }
    stream.sequence &+= 1
    stream.entries[subject] = Entry(
      payload: message.payload, headers: message.headers, sequence: stream.sequence, time: now)
    streams[name] = stream
    return .json(["stream": .string(name), "seq": .int(Int(clamping: stream.sequence))])
  }
}

extension StringProtocol {
  /// What stands behind a prefix, or `nil` where the text does not begin with it.
  fileprivate func dropping(_ prefix: String) -> Substring? {
    hasPrefix(prefix) ? Substring(self).dropFirst(prefix.count) : nil
  }
}
