import TextForms

/// An actor or provider that was started on a host which was lost soon after: it may be what took the
/// host down.
public struct Suspect: Hashable, Sendable {
  /// A host that was lost soon after a start that it took.
  public struct Loss: Hashable, Sendable {
    /// The host.
    public var host: HostID
    /// When it was found lost.
    public var time: Timestamp

    /// Creates an entry.
    ///
    /// - Parameters:
    ///   - host: The host.
    ///   - time: When it was found lost.
    public init(host: HostID, time: Timestamp) {
      self.host = host
      self.time = time
    }
  }

  /// The digest of what was started: image, limits, configs with their values, links.
  public var form: String
  /// The losses that count, the latest last; hosts that were lost together are one.
  public var losses: [Loss]

  /// Creates a suspect.
  ///
  /// - Parameters:
  ///   - form: The digest of what was started.
  ///   - losses: The losses that count.
  public init(form: String, losses: [Loss]) {
    self.form = form
    self.losses = losses
  }

  /// How many losses hold it back.
  public static let limit = 2

  /// Whether it is started nowhere until it changes or is approved.
  public var isHeld: Bool { losses.count >= Self.limit }

  /// The hosts and times, for a person.
  public var sentence: String {
    let hosts = losses.suffix(Self.limit).map { loss in
      // A person needs no part of a second.
      let time = formatTimestamp(loss.time.nanoseconds).prefix { $0 != "." }
      return "host \(loss.host) was lost at \(time)Z"
    }
    return "\(hosts.joined(separator: " and ")), right after it was started there"
  }
}

/// A start that a host was told.
public struct RecordedStart: Hashable, Sendable {
  /// The digest of what was started.
  public var form: String
  /// When it was started there in this form.
  public var first: Timestamp
  /// When it was last, in another number.
  public var last: Timestamp

  /// Creates an entry.
  ///
  /// - Parameters:
  ///   - form: The digest of what was started.
  ///   - first: When it was started there in this form.
  ///   - last: When it was last, in another number.
  public init(form: String, first: Timestamp, last: Timestamp) {
    self.form = form
    self.first = first
    self.last = last
  }
}

/// That what was held on suspicion may be started again.
public struct Approval: Hashable, Sendable {
  /// The application that is approved, or `nil` for all.
  public var application: ApplicationName?
  /// When it was approved; only losses before it are forgiven.
  public var time: Timestamp

  /// Creates an approval.
  ///
  /// - Parameters:
  ///   - application: The application, or `nil` for all.
  ///   - time: When it was approved.
  public init(of application: ApplicationName?, at time: Timestamp) {
    self.application = application
    self.time = time
  }
}

extension LatticeRecord {
  /// Returns what speaks against an actor or provider, or `nil` where nothing does, it is another by
  /// now, or somebody has approved it since.
  ///
  /// - Parameters:
  ///   - unit: The actor or provider, without a host.
  ///   - form: The digest of what is to be started now.
  /// - Returns: The suspect.
  public func suspect(_ unit: UnitKey, form: String?) -> Suspect? {
    guard let suspect = suspects[unit], let last = suspect.losses.last, suspect.form == form else {
      return nil
    }
    let isApproved = approvals.contains { approval in
      (approval.application ?? unit.application) == unit.application && approval.time > last.time
    }
    return isApproved ? nil : suspect
  }
}
