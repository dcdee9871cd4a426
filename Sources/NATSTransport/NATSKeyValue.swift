import JSONCoding
import TextForms

/// A JetStream key-value bucket, over plain requests.
///
/// Reads are direct gets of named keys and nothing else, so that a reader's permissions may list
/// them; libnats' own functions ask for the stream's description first. A bucket `B` is the stream
/// `KV_B` with subjects `$KV.B.<key>` (NATS ADR-8).
public struct NATSKeyValue: KeyValueStore {
  private let transport: any MessageTransport
  private let bucket: String
  private let api: String
  private let timeout: Duration

  /// Names a bucket; nothing is sent.
  ///
  /// - Parameters:
  ///   - bucket: The bucket's name.
  ///   - domain: The JetStream domain that holds it, if not the default one.
  ///   - transport: What carries the requests.
  ///   - timeout: How long to wait for each answer.
  public init(
    bucket: String, domain: String? = nil, over transport: any MessageTransport,
    timeout: Duration = .seconds(2)
  ) {
    self.bucket = bucket
    self.transport = transport
    self.timeout = timeout
    api = domain.map { "$JS.\($0).API" } ?? "$JS.API"
  }

  // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
  public func get(_ key: String) async throws(NATSError) -> KeyValueEntry? {
    let message = try await ask([], "\(api).DIRECT.GET.KV_\(bucket).$KV.\(bucket).\(key)", [:])
    if message.status == "404" { return nil }
    guard message.status == nil,
      let revision = message.headers["Nats-Sequence"].flatMap(UInt64.init)
    else {
      throw .refusedByStore(
        bucket: bucket, detail: message.headers["Description"] ?? "no sequence in its answer")
    }
    let isDeleted = message.headers["KV-Operation"].map { $0 != "PUT" } ?? false
    return KeyValueEntry(value: isDeleted ? nil : message.payload, revision: revision)
  }

  // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
  public func write(_ key: String, _ value: [UInt8]?, expecting revision: UInt64)
    async throws(NATSError) -> UInt64
  {
    var headers = ["Nats-Expected-Last-Subject-Sequence": "\(revision)"]
    if value == nil { headers["KV-Operation"] = "DEL" }
    return try await put(value ?? [], key, headers)
  }

  /// Writes a key whatever it holds.
  ///
  /// - Parameters:
  ///   - key: The key.
  ///   - value: The value.
  /// - Returns: The number of this write.
  /// - Throws: `NATSError` where the bucket does not answer or refuses.
  @discardableResult
  public func put(_ key: String, _ value: [UInt8]) async throws(NATSError) -> UInt64 {
    try await put(value, key, [:])
  }

  /// Deletes a key with all its history, whatever it holds.
  ///
  /// - Parameter key: The key.
  /// - Returns: The number of this write.
  /// - Throws: `NATSError` where the bucket does not answer or refuses.
  @discardableResult
  public func purge(_ key: String) async throws(NATSError) -> UInt64 {
    try await put([], key, ["KV-Operation": "PURGE", "Nats-Rollup": "sub"])
  }

  private func put(_ value: [UInt8], _ key: String, _ headers: [String: String])
    async throws(NATSError) -> UInt64
  {
    let prefix = api == "$JS.API" ? "" : "\(api)."
    let answer = try await ask(value, "\(prefix)$KV.\(bucket).\(key)", headers)
    let body = try parse(answer)
    guard let error = body["error"] else {
      guard let sequence = body["seq"]?.int.flatMap(UInt64.init(exactly:)) else {
        throw .refusedByStore(bucket: bucket, detail: "no sequence in its answer")
      }
      return sequence
    }
    if error["err_code"]?.int == 10_071 { throw .conflict(bucket: bucket, key: key) }
    throw .refusedByStore(bucket: bucket, detail: error["description"]?.string ?? "no reason")
  }

  /// Makes the bucket if it is not there.
  ///
  /// - Parameter lifetime: How long a value is kept; for ever where `nil`.
  /// - Returns: Whether nothing was ever written to it, as where it was not there.
  /// - Throws: `NATSError`: `.storeUnavailable` where there is no JetStream.
  @discardableResult
  public func create(lifetime: Duration? = nil) async throws(NATSError) -> Bool {
    let age = lifetime.map { Int($0 / .nanoseconds(1)) } ?? 0
    let twoMinutes = 120_000_000_000
    let configuration: JSONValue = [
      "name": .string("KV_\(bucket)"), "subjects": [.string("$KV.\(bucket).>")],
      "max_msgs_per_subject": 1, "max_age": .int(age), "max_bytes": -1, "max_msgs": -1,
      "max_consumers": -1, "max_msg_size": -1, "storage": "file", "retention": "limits",
      "discard": "new", "num_replicas": 1,
      "duplicate_window": .int(age > 0 ? min(age, twoMinutes) : twoMinutes), "deny_delete": true,
      "allow_rollup_hdrs": true, "allow_direct": true,
    ]
    let answer = try await ask(configuration.bytes(), "\(api).STREAM.CREATE.KV_\(bucket)", [:])
    let body = try parse(answer)
    guard let error = body["error"] else { return body["state"]?["last_seq"]?.int == 0 }
    let isThere = error["err_code"]?.int == 10_058
    guard !isThere else { return false }
    throw .refusedByStore(bucket: bucket, detail: error["description"]?.string ?? "no reason")
  }

  private func ask(_ payload: [UInt8], _ subject: String, _ headers: [String: String])
    async throws(NATSError) -> NATSMessage
  {
    do throws(NATSError) {
      return try await transport.request(
        payload, to: subject, headers: headers, timeout: timeout)
    } catch {
      if case .noResponders = error { throw .storeUnavailable(bucket: bucket) }
      throw error
    }
  }

  private func parse(_ message: NATSMessage) throws(NATSError) -> JSONValue {
    do throws(JSONError) {
      return try JSONValue(parsing: message.payload)
    } catch {
      throw .refusedByStore(bucket: bucket, detail: "its answer is not JSON: \(error)")
    }
  }
}
