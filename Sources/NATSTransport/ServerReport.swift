import JSONCoding
public import ServiceRuntime
import TextForms

/// What a server says of itself and of the user that is connected to it.
public struct ServerReport: Hashable, Sendable {
  /// Its version, such as `2.15.1`; `nil` where it does not tell, as before 2.10.
  public var version: String?
  /// How much its clock is ahead of ours; `nil` where it does not tell.
  public var clockLead: Duration?
  /// The account of the user, where it is told.
  public var account: String?
  /// What the user may publish, where it is told.
  public var publishing: SubjectPermissions?
  /// What the user may subscribe to, where it is told.
  public var subscribing: SubjectPermissions?

  /// Nothing is told.
  public init() {}

  /// Reads an answer; what of it has another form is not told.
  init(_ json: JSONValue, clockLead: Duration?) {
    version = json["server"]?["ver"]?.string
    self.clockLead = clockLead
    let user = json["data"]
    account = user?["account"]?.string
    guard user?.object != nil else { return }
    let permissions = user?["permissions"]
    publishing = SubjectPermissions(permissions?["publish"])
    subscribing = SubjectPermissions(permissions?["subscribe"])
  }
}

/// What JetStream holds for an account, and how much it may.
public struct JetStreamUse: Hashable, Sendable {
  /// Bytes on disk.
  public var storage: Int
  /// The most bytes on disk; `nil` where there is no limit of the account's own.
  public var storageLimit: Int?
  /// Streams, a bucket being one.
  public var streams: Int
  /// The most streams; `nil` where there is no limit.
  public var streamLimit: Int?

  /// Creates a use.
  ///
  /// - Parameters:
  ///   - storage: Bytes on disk.
  ///   - storageLimit: The most bytes on disk.
  ///   - streams: Streams, a bucket being one.
  ///   - streamLimit: The most streams.
  public init(storage: Int, storageLimit: Int? = nil, streams: Int, streamLimit: Int? = nil) {
    self.storage = storage
    self.storageLimit = storageLimit
    self.streams = streams
    self.streamLimit = streamLimit
  }
}

/// What can be asked of a server itself.
extension MessageTransport {
  /// Asks the server for its version, its clock, and what this user may do.
  ///
  /// Costs one question. Servers before 2.10 do not know it, and a user may lack the permission for
  /// `$SYS.REQ.USER.INFO`: then nothing is told.
  ///
  /// - Parameter clock: Our clock.
  /// - Returns: What it tells.
  public func serverReport(by clock: WallClock = .system) async -> ServerReport {
    let before = clock.now
    guard
      let answer = try? await request([], to: "$SYS.REQ.USER.INFO", timeout: .seconds(1)),
      let json = try? JSONValue(parsing: answer.payload)
    else { return ServerReport() }
    let middle = before &+ (clock.now &- before) / 2
    let time = json["server"]?["time"]?.string.flatMap { parseTimestamp(Array($0.utf8)) }
    return ServerReport(json, clockLead: time.map { .nanoseconds($0 &- middle) })
  }

  /// Asks JetStream what it holds for this user's account; needs the permission for
  /// `$JS.API.INFO`.
  ///
  /// - Parameter domain: The JetStream domain, if not the default one.
  /// - Returns: What it holds.
  /// - Throws: `NATSError`: `.noResponders` where the server has no JetStream, `.permissionDenied`
  ///   where this user may not ask, `.refusedByStore` where the account has none, with its words.
  public func jetStreamUse(in domain: String? = nil) async throws(NATSError) -> JetStreamUse {
    let subject = domain.map { "$JS.\($0).API.INFO" } ?? "$JS.API.INFO"
    let answer = try await request([], to: subject, timeout: .seconds(2))
    guard let json = try? JSONValue(parsing: answer.payload) else {
      throw .refusedByStore(bucket: "the account", detail: "it answers in no known form")
    }
    if let words = json["error"]?["description"]?.string {
      throw .refusedByStore(bucket: "the account", detail: excerpt(words))
    }
    func limit(_ name: String) -> Int? {
      json["limits"]?[name]?.int.flatMap { $0 < 0 ? nil : $0 }
    }
    return JetStreamUse(
      storage: json["storage"]?.int ?? 0, storageLimit: limit("max_storage"),
      streams: json["streams"]?.int ?? 0, streamLimit: limit("max_streams"))
  }

  /// Returns whether this user may publish on a subject on which nobody listens.
  ///
  /// Costs one empty message, for which there must be no listener: it is sent.
  ///
  /// - Parameter subject: The subject.
  /// - Returns: Whether the server takes it, or `nil` where that cannot be told.
  public func mayPublish(to subject: String) async -> Bool? {
    do throws(NATSError) {
      _ = try await request([], to: subject, timeout: .milliseconds(750))
      return true
    } catch {
      switch error {
      case .permissionDenied: return false
      case .noResponders, .timeout: return true
      default: return nil
      }
    }
  }

  /// Returns whether this user may subscribe to a subject.
  ///
  /// - Parameter subject: The subject, which may have wildcards.
  /// - Returns: Whether the server takes it, or `nil` where that cannot be told.
  public func maySubscribe(to subject: String) async -> Bool? {
    do throws(NATSError) {
      _ = try await subscribe(to: subject, queue: nil, limit: 1)
      return true
    } catch {
      if case .permissionDenied = error { return false }
      return nil
    }
  }
}

extension SubjectPermissions {
  /// Reads what an answer says of publishing or subscribing; where it says nothing, all is allowed.
  fileprivate init(_ json: JSONValue?) {
    self.init(
      allowed: json?["allow"]?.array?.compactMap(\.string),
      denied: json?["deny"]?.array?.compactMap(\.string) ?? [])
  }
}
