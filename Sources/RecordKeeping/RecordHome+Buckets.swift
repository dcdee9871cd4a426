import NATSTransport

/// How the record's bucket lies, and whether it is the one record of its lattice.
extension RecordHome {
  /// What tells the record from another one of the same lattice: the domain and the making of its
  /// bucket; `nil` where it lies in a file, or is not known.
  public var identity: String? {
    guard let created = bucket?.created else { return nil }
    return "\(bucket?.domain ?? "")/\(created)"
  }

  /// Where the record lies, for others.
  public var place: String {
    if let file { return file.path }
    return bucket?.domain.map { "the JetStream domain '\($0)'" } ?? "a JetStream without a domain"
  }

  /// Refuses a record that lies in another JetStream domain than the hosts' stores, unless a domain
  /// was named: whoever commands from elsewhere would not find it.
  ///
  /// Costs a question where the hosts name a domain and we make no buckets.
  ///
  /// - Parameter hosts: The domain that hosts name, if they do.
  /// - Throws: `RecordError.foreignDomain`.
  public func check(against hosts: String?) async throws(RecordError) {
    guard settings.domain == nil, let hosts else { return }
    guard file == nil else { throw .foreignDomain(ofHosts: hosts, ofRecord: nil) }
    var known = bucket
    if known == nil { known = try? await recordBucket.describe() }
    guard let known, known.domain != hosts else { return }
    throw .foreignDomain(ofHosts: hosts, ofRecord: known.domain)
  }

  /// Makes the bucket where it is not there, and has it lie as it is asked to.
  static func make(
    _ bucket: NATSKeyValue, _ settings: BucketSettings, named name: String
  ) async throws -> NATSKeyValue.Description {
    var found = try await bucket.create(settings: settings)
    // Servers leave the domain out where they have just made it.
    if found.isNew, found.domain == nil, let again = try? await bucket.describe() { found = again }
    guard !settings.differences(from: found).isEmpty else { return found }
    if settings.replicas ?? 1 > 1, !found.isClustered {
      throw unlike(found, settings, name, "the server is in no cluster")
    }
    let changed: NATSKeyValue.Description
    do throws(NATSError) {
      changed = try await bucket.change(to: settings)
    } catch {
      switch error {
      case .refusedByStore(_, let detail): throw unlike(found, settings, name, detail)
      case .permissionDenied(let subject):
        throw unlike(found, settings, name, "this NATS user may not use \(subject)")
      default: throw error
      }
    }
    guard settings.differences(from: changed).isEmpty else {
      throw unlike(changed, settings, name, "what it lies in cannot be changed")
    }
    return changed
  }

  private static func unlike(
    _ found: NATSKeyValue.Description, _ settings: BucketSettings, _ name: String,
    _ detail: String
  ) -> RecordError {
    .unlikeBucket(
      bucket: name,
      detail: settings.differences(from: found).joined(separator: ", ") + " (\(detail))")
  }
}

extension BucketSettings {
  /// Those of the lease, which is one small value; its account wants a size too where one is given.
  var ofLease: BucketSettings {
    var settings = self
    settings.maxBytes = maxBytes.map { min($0, 1 << 20) }
    return settings
  }
}
