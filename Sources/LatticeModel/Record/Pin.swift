/// That an application stays in one of its kept forms, whatever git says.
public struct Pin: Hashable, Sendable {
  /// The application.
  public var application: ApplicationName
  /// The commit that the form comes from.
  public var revision: Revision
  /// The form's digest.
  public var form: String
  /// Why.
  public var reason: String
  /// Who asked for it.
  public var by: String
  /// When it was asked for.
  public var time: Timestamp
  /// When it ends by itself; when it is resumed where `nil`.
  public var until: Timestamp?

  /// Pins an application.
  ///
  /// - Parameters:
  ///   - form: The form that it stays in.
  ///   - reason: Why.
  ///   - by: Who asked for it.
  ///   - time: When it was asked for.
  ///   - until: When it ends by itself.
  public init(
    to form: KeptForm, reason: String, by: String, at time: Timestamp, until: Timestamp? = nil
  ) {
    self.init(
      form.application, to: form.revision, form: form.digest, reason: reason, by: by, at: time,
      until: until)
  }

  /// Creates a pin.
  ///
  /// - Parameters:
  ///   - application: The application.
  ///   - revision: The commit that the form comes from.
  ///   - form: The form's digest.
  ///   - reason: Why.
  ///   - by: Who asked for it.
  ///   - time: When it was asked for.
  ///   - until: When it ends by itself.
  public init(
    _ application: ApplicationName, to revision: Revision, form: String, reason: String,
    by: String, at time: Timestamp, until: Timestamp? = nil
  ) {
    self.application = application
    self.revision = revision
    self.form = form
    self.reason = reason
    self.by = by
    self.time = time
    self.until = until
  }

  /// Whether it is not over at a moment.
  ///
  /// - Parameter now: The moment.
  /// - Returns: Whether it stands.
  public func stands(at now: Timestamp) -> Bool { until.map { now < $0 } ?? true }

  /// What is pinned where, by whom and why, without a time.
  public var sentence: String {
    "application \(application) is pinned at \(revision.short) by \(by) because \(reason)"
  }
}

/// The text of an application as it was applied, overlays included, once it was seen in sync.
public struct KeptForm: Hashable, Sendable {
  /// The application.
  public var application: ApplicationName
  /// The commit that it comes from.
  public var revision: Revision
  /// The first sixteen hexadecimal digits of the SHA-256 of the text.
  public var digest: String
  /// When it was first seen in sync.
  public var time: Timestamp
  /// The file that declared it in that commit.
  public var path: String
  /// The text: one document.
  public var text: String

  /// Creates a form.
  ///
  /// - Parameters:
  ///   - application: The application.
  ///   - revision: The commit that it comes from.
  ///   - digest: The digest of the text.
  ///   - time: When it was first seen in sync.
  ///   - path: The file that declared it in that commit.
  ///   - text: The text.
  public init(
    _ application: ApplicationName, at revision: Revision, digest: String, time: Timestamp,
    path: String, text: String
  ) {
    self.application = application
    self.revision = revision
    self.digest = digest
    self.time = time
    self.path = path
    self.text = text
  }
}

/// What a pin comes to: its form, or why that cannot be read, so that nothing of the application is
/// touched.
public struct PinnedForm: Hashable, Sendable {
  /// The pin.
  public var pin: Pin
  /// Its form; `nil` where that cannot be read.
  public var form: KeptForm?
  /// Why it cannot be read, where it cannot.
  public var obstacle: String?

  /// Creates an entry.
  ///
  /// - Parameters:
  ///   - pin: The pin.
  ///   - form: Its form.
  ///   - obstacle: Why that cannot be read.
  public init(_ pin: Pin, form: KeptForm?, obstacle: String? = nil) {
    self.pin = pin
    self.form = form
    self.obstacle = obstacle
  }
}
