import JSONCoding
import TextForms

/// What a bucket is like, and why one does not answer.
extension NATSKeyValue {
  /// Asks what the bucket is like; costs one question.
  ///
  /// - Returns: What the server says of it.
  /// - Throws: `NATSError`: `.storeAbsent` where it is not there, `.storeUnavailable` and
  ///   `.noJetStreamForAccount` where there is no JetStream, `.permissionDenied` where this user may
  ///   not ask.
  public func describe() async throws(NATSError) -> Description {
    let body: JSONValue
    do throws(NATSError) {
      body = try parse(try await ask([], "\(api).STREAM.INFO.\(stream)"))
    } catch {
      if case .noResponders = error { throw .storeUnavailable(bucket: bucket) }
      throw error
    }
    if let error = body["error"] { throw refusal(error) }
    return Self.description(of: body)
  }

  static func description(of body: JSONValue) -> Description {
    let age = body["config"]?["max_age"]?.int ?? 0
    let size = body["config"]?["max_bytes"]?.int ?? -1
    return Description(
      lifetime: age > 0 ? .nanoseconds(age) : nil,
      allowsDirect: body["config"]?["allow_direct"]?.bool ?? false,
      isNew: body["state"]?["last_seq"]?.int == 0, domain: body["domain"]?.string,
      created: body["created"]?.string, replicas: body["config"]?["num_replicas"]?.int ?? 1,
      maxBytes: size > 0 ? size : nil, storage: body["config"]?["storage"]?.string,
      // Servers alone name themselves as the leader from 2.10 on, of no cluster.
      isClustered: body["cluster"]?["name"]?.string?.isEmpty == false)
  }

  /// Why a bucket did not answer.
  ///
  /// - Returns: What the bucket is like, where it is there all the same.
  /// - Throws: `NATSError`: what is missing.
  func explain() async throws(NATSError) -> Description {
    do throws(NATSError) {
      return try await describe()
    } catch {
      switch error {
      case .permissionDenied(let subject):
        throw .storeUnreadable(
          bucket: bucket,
          detail: "it does not answer, and this NATS user may not use \(subject) to ask why",
          remedy: "allow that subject; see whether the bucket exists and has direct access")
      case .timeout: throw unreadable
      default: throw error
      }
    }
  }

  var unreadable: NATSError {
    .storeUnreadable(
      bucket: bucket, detail: "no answer within \(formatDuration(timeout))",
      remedy: "see that the server that holds the stream \(stream) runs")
  }

  func refusal(_ error: JSONValue) -> NATSError {
    switch error["err_code"]?.int {
    case 10_039: .noJetStreamForAccount(bucket: bucket)
    case 10_059: .storeAbsent(bucket: bucket)
    case 10_113: .sizeWanted(bucket: bucket)
    default:
      .refusedByStore(bucket: bucket, detail: error["description"]?.string ?? "no reason")
    }
  }
}
