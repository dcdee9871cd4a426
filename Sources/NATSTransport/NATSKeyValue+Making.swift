import JSONCoding

/// Making buckets, and changing how they lie.
extension NATSKeyValue {
  /// Makes the bucket if it is not there.
  ///
  /// Where the number of copies is left to the cluster, costs a question first: whether it is there.
  /// A bucket that is there and unlike is changed as far as a server can; what remains is the caller's
  /// to judge (`BucketSettings.differences`).
  ///
  /// - Parameters:
  ///   - lifetime: How long a value is kept; for ever where `nil`.
  ///   - settings: How it is to lie; their domain is the one it was named with.
  /// - Returns: The bucket as it is, which may be unlike what was asked for where it was there.
  /// - Throws: `NATSError`: `.storeUnavailable` and `.noJetStreamForAccount` where there is no
  ///   JetStream, `.sizeWanted` where it must be told how large it may grow.
  @discardableResult
  public func create(
    lifetime: Duration? = nil, settings: BucketSettings = .single
  ) async throws(NATSError) -> Description {
    guard settings.replicas == nil else {
      return try await make(lifetime, settings, copies: settings.replicas ?? 1)
    }
    do throws(NATSError) {
      return try await describe()
    } catch {
      switch error {
      case .storeAbsent, .permissionDenied: break
      case .timeout: throw unreadable
      default: throw error
      }
    }
    do throws(NATSError) {
      return try await make(lifetime, settings, copies: 3)
    } catch {
      // A server alone, or a cluster that has not three that could hold it.
      guard case .refusedByStore = error else { throw error }
      return try await make(lifetime, settings, copies: 1)
    }
  }

  private func make(
    _ lifetime: Duration?, _ settings: BucketSettings, copies: Int
  ) async throws(NATSError) -> Description {
    let age = lifetime.map { Int($0 / .nanoseconds(1)) } ?? 0
    let twoMinutes = 120_000_000_000
    let configuration: JSONValue = [
      "name": .string(stream), "subjects": [.string("$KV.\(bucket).>")],
      "max_msgs_per_subject": 1, "max_age": .int(age), "max_bytes": .int(settings.maxBytes ?? -1),
      "max_msgs": -1, "max_consumers": -1, "max_msg_size": -1,
      "storage": .string((settings.storage ?? .file).rawValue), "retention": "limits",
      "discard": "new", "num_replicas": .int(copies),
      "duplicate_window": .int(age > 0 ? min(age, twoMinutes) : twoMinutes), "deny_delete": true,
      "allow_rollup_hdrs": true, "allow_direct": true,
    ]
    let subject = "\(api).STREAM.CREATE.\(stream)"
    let body: JSONValue
    do throws(NATSError) {
      body = try parse(try await ask(configuration.bytes(), subject))
    } catch {
      if case .noResponders = error { throw .storeUnavailable(bucket: bucket) }
      throw error.isSilence ? unreadable : error
    }
    guard let error = body["error"] else { return Self.description(of: body) }
    let refusal = refusal(error)
    if case .noJetStreamForAccount = refusal { throw refusal }
    // One that is there with other settings is refused for the first of them that is a limit.
    let isThere = error["err_code"]?.int == 10_058
    do throws(NATSError) {
      return try await describe()
    } catch {
      switch error {
      case .permissionDenied where isThere:
        return Description(lifetime: nil, allowsDirect: true, isNew: false)
      case .storeAbsent, .permissionDenied: throw refusal
      default: throw error
      }
    }
  }

  /// Has the bucket keep its values longer; costs two questions.
  ///
  /// - Parameter lifetime: How long at least; a bucket that keeps them longer is left as it is.
  /// - Throws: `NATSError` where the bucket does not answer, or the server refuses.
  public func keepValues(atLeast lifetime: Duration) async throws(NATSError) {
    let age = Int(lifetime / .nanoseconds(1))
    _ = try await update { configuration in
      guard let kept = configuration["max_age"]?.int, kept > 0, kept < age else { return false }
      configuration["max_age"] = .int(age)
      return true
    }
  }

  /// Has the bucket have other copies or another bound, as far as they are asked for; costs two
  /// questions.
  ///
  /// - Parameter settings: How it is to lie.
  /// - Returns: The bucket as it is afterwards.
  /// - Throws: `NATSError` where the bucket does not answer, or the server refuses.
  public func change(to settings: BucketSettings) async throws(NATSError) -> Description {
    let body = try await update { configuration in
      if let replicas = settings.replicas { configuration["num_replicas"] = .int(replicas) }
      if let size = settings.maxBytes { configuration["max_bytes"] = .int(size) }
      return settings.replicas != nil || settings.maxBytes != nil
    }
    return Self.description(of: body)
  }

  /// Changes the bucket's configuration, unless the edit says that there is nothing to change.
  private func update(
    _ edit: (inout [String: JSONValue]) -> Bool
  ) async throws(NATSError) -> JSONValue {
    let body = try parse(try await ask([], "\(api).STREAM.INFO.\(stream)"))
    if let error = body["error"] { throw refusal(error) }
    guard var configuration = body["config"]?.object, edit(&configuration) else { return body }
    let subject = "\(api).STREAM.UPDATE.\(stream)"
    let answer = try parse(try await ask(JSONValue.object(configuration).bytes(), subject))
    if let error = answer["error"] { throw refusal(error) }
    return answer
  }
}
