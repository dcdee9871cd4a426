import Digests
import JSONCoding
import ServiceRuntime

/// A JetStream key-value bucket, over plain requests.
///
/// Reads are direct gets of named keys, so that a reader's permissions may list them; libnats' own
/// functions ask for the stream's description first. A bucket `B` is the stream `KV_B` with subjects
/// `$KV.B.<key>` (NATS ADR-8).
///
/// A bucket that does not answer is asked about: one that is not there, one without direct access,
/// an account and a server without JetStream are alike to a direct get, and unlike in what they mean.
/// One without direct access is read through its stream from then on.
///
/// What is lost on the way is asked for again: after `patience` and what the line takes, then after
/// twice as long each time, so that a line that is full is not filled with questions. The first answer
/// to any of them counts. Servers before 2.10 say nothing where a bucket is not there or has no direct
/// access: what it is like is asked beside the first reads, if they are not answered soon.
public struct NATSKeyValue: KeyValueStore {
  /// How long nothing is heard before it is asked again, on a line that takes no time.
  public static let patience = Duration.milliseconds(400)

  /// How long the first reads are not answered before it is asked what the bucket is like.
  private static let doubt = Duration.milliseconds(100)

  /// How a bucket is read.
  private enum Access {
    /// It was not read yet.
    case unproven
    case direct
    case throughStream
  }

  /// What a server says of a bucket.
  public struct Description: Hashable, Sendable {
    /// How long a value is kept; `nil` for ever.
    public var lifetime: Duration?
    /// Whether its keys can be read without asking the stream's leader.
    public var allowsDirect: Bool
    /// Whether nothing was ever written to it.
    public var isNew: Bool
    /// The JetStream domain that it lies in, where the server has one.
    public var domain: String?
    /// When it was made, as the server says it; another bucket of that name has another time.
    public var created: String?
    /// How many servers have a copy of it.
    public var replicas = 1
    /// How large it may grow, in bytes; `nil` where nothing bounds it.
    public var maxBytes: Int?
    /// What it lies in.
    public var storage: String?
    /// Whether it lies in a cluster; a server alone takes any number of copies and has one.
    public var isClustered = false
  }

  private let transport: any MessageTransport
  let bucket: String
  let api: String
  let timeout: Duration
  /// What it was seen to be like; shared by all copies.
  private let access = Lock(Access.unproven)

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

  var stream: String { "KV_\(bucket)" }

  // MARK: Reading

  // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
  public func get(_ key: String) async throws(NATSError) -> KeyValueEntry? {
    let subject = "\(api).DIRECT.GET.\(stream).$KV.\(bucket).\(key)"
    var answer: NATSMessage?
    do throws(NATSError) {
      switch access.withLock({ $0 }) {
      case .unproven: answer = try await firstAnswer(on: subject)
      case .direct: answer = try await ask([], subject)
      case .throughStream: break
      }
    } catch {
      guard error.isSilence else { throw error }
      if try await explain().allowsDirect {
        do throws(NATSError) {
          answer = try await ask([], subject)
        } catch {
          throw error.isSilence ? unreadable : error
        }
      }
    }
    access.withLock { $0 = answer == nil ? .throughStream : .direct }
    guard let message = answer else { return try await getThroughStream(key) }
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

  /// Reads directly, and asks beside it what the bucket is like; `nil` where it has no direct access.
  private func firstAnswer(on subject: String) async throws(NATSError) -> NATSMessage? {
    let answer = await withTaskGroup(of: Result<NATSMessage?, NATSError>?.self) { group in
      group.addTask {
        do throws(NATSError) { return .success(try await ask([], subject)) } catch {
          return .failure(error)
        }
      }
      group.addTask { [wait = Self.doubt + transport.roundTrip * 2] in
        try? await Task.sleep(for: wait)
        do throws(NATSError) {
          return try await describe().allowsDirect ? nil : .success(nil)
        } catch {
          switch error {
          case .storeAbsent, .storeUnavailable, .noJetStreamForAccount: return .failure(error)
          default: return nil
          }
        }
      }
      for await case let answer? in group {
        group.cancelAll()
        return answer
      }
      return Result<NATSMessage?, NATSError>.failure(.cancelled)
    }
    return try answer.get()
  }

  private func getThroughStream(_ key: String) async throws(NATSError) -> KeyValueEntry? {
    let subject = "\(api).STREAM.MSG.GET.\(stream)"
    let request: JSONValue = ["last_by_subj": .string("$KV.\(bucket).\(key)")]
    guard NATSSubject.isPublishable("$KV.\(bucket).\(key)") else {
      throw .invalidSubject("$KV.\(bucket).\(key)")
    }
    let body: JSONValue
    do throws(NATSError) {
      body = try parse(try await ask(request.bytes(), subject))
    } catch {
      if case .permissionDenied = error {
        throw .storeUnreadable(
          bucket: bucket,
          detail: "it has no direct access, and this NATS user may not use \(subject)",
          remedy: "allow that subject, or direct access to the stream \(stream) (allow_direct)")
      }
      guard error.isSilence else { throw error }
      _ = try await explain()
      throw unreadable
    }
    if let error = body["error"] {
      if error["err_code"]?.int == 10_037 { return nil }
      throw refusal(error)
    }
    let message = body["message"]
    guard let revision = message?["seq"]?.int.flatMap(UInt64.init(exactly:)),
      let value = decodeBase64(message?["data"]?.string ?? ""),
      let headers = decodeBase64(message?["hdrs"]?.string ?? "")
    else { throw .refusedByStore(bucket: bucket, detail: "no message in its answer") }
    let isDeleted = String(decoding: headers, as: UTF8.self).split(whereSeparator: \.isNewline)
      .contains { $0.hasPrefix("KV-Operation:") && !$0.hasSuffix(" PUT") }
    return KeyValueEntry(value: isDeleted ? nil : value, revision: revision)
  }

  // MARK: Writing

  /// Writes a key, if nobody has written it since.
  ///
  /// A write whose answer is lost is sent again; where an earlier one had arrived, the key holds this
  /// value, and that is the write.
  ///
  /// - Parameters:
  ///   - key: The key.
  ///   - value: The value, or `nil` to delete the key.
  ///   - revision: The number of the write that was read; 0 where there was none.
  /// - Returns: The number of this write.
  /// - Throws: `NATSError`: `.conflict` where somebody has written it since.
  public func write(_ key: String, _ value: [UInt8]?, expecting revision: UInt64)
    async throws(NATSError) -> UInt64
  {
    var headers = ["Nats-Expected-Last-Subject-Sequence": "\(revision)"]
    if value == nil { headers["KV-Operation"] = "DEL" }
    do throws(NATSError) {
      return try await put(value ?? [], key, headers, again: Self.patience)
    } catch {
      guard case .conflict = error, let found = try await get(key), found.value == value,
        found.revision > revision
      else { throw error }
      return found.revision
    }
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

  /// The subject that a user must be allowed to publish who writes a key.
  ///
  /// - Parameter key: The key.
  /// - Returns: The subject.
  public func writingSubject(of key: String) -> String {
    (api == "$JS.API" ? "" : "\(api).") + "$KV.\(bucket).\(key)"
  }

  private func put(
    _ value: [UInt8], _ key: String, _ headers: [String: String], again pause: Duration? = nil
  ) async throws(NATSError) -> UInt64 {
    let answer: NATSMessage
    do throws(NATSError) {
      answer = try await transport.request(
        value, to: writingSubject(of: key), headers: headers, timeout: timeout,
        again: pause)
    } catch {
      guard error.isSilence else { throw error }
      _ = try await explain()
      throw unreadable
    }
    let body = try parse(answer)
    guard let error = body["error"] else {
      guard let sequence = body["seq"]?.int.flatMap(UInt64.init(exactly:)) else {
        throw .refusedByStore(bucket: bucket, detail: "no sequence in its answer")
      }
      return sequence
    }
    if error["err_code"]?.int == 10_071 { throw .conflict(bucket: bucket, key: key) }
    throw refusal(error)
  }

  // MARK: Asking

  /// Asks, and asks again while nothing is heard; safe only for what may be done twice.
  func ask(
    _ payload: [UInt8], _ subject: String, _ headers: [String: String] = [:]
  ) async throws(NATSError) -> NATSMessage {
    try await transport.request(
      payload, to: subject, headers: headers, timeout: timeout, again: Self.patience)
  }

  func parse(_ message: NATSMessage) throws(NATSError) -> JSONValue {
    do throws(JSONError) {
      return try JSONValue(parsing: message.payload)
    } catch {
      throw .refusedByStore(bucket: bucket, detail: "its answer is not JSON: \(error)")
    }
  }
}

extension NATSError {
  /// Whether nothing was heard, or nobody listens.
  var isSilence: Bool {
    switch self {
    case .noResponders, .timeout: true
    default: false
    }
  }
}
