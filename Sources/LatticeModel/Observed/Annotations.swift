/// The keys of annotations that tell who started something.
public enum AnnotationKey {
  /// Who manages it; ours say `reconcile`, wadm's say `wadm`.
  public static let managedBy = "wasmcloud.dev/managed-by"
  /// The application it belongs to; hosts pass it to secrets backends as the application's name.
  public static let application = "wasmcloud.dev/appspec"
  /// The actor's name within the application.
  public static let actor = "reconcile.dev/actor"
  /// The provider's name within the application.
  public static let provider = "reconcile.dev/provider"
  /// The digest of what it was started with and what hosts do not tell.
  public static let spec = "reconcile.dev/spec"
  /// The value of `managedBy` on everything of ours.
  public static let manager = "reconcile"
  /// The value of `managedBy` on what wadm started.
  public static let wadm = "wadm"
}

/// Whether something is ours, as its annotations tell.
public enum Ownership: Hashable, Sendable {
  /// Ours, started for this application under this name with this digest.
  case owned(application: ApplicationName, name: String, spec: String)
  /// Somebody else's: the manager's name if it gave one.
  case unowned(manager: String?)

  /// Reads the ownership from annotations.
  ///
  /// - Parameter annotations: All annotations of an instance set or provider.
  public init(_ annotations: [String: String]) {
    let manager = annotations[AnnotationKey.managedBy]
    guard manager == AnnotationKey.manager, let application = annotations[AnnotationKey.application]
    else {
      self = .unowned(manager: manager)
      return
    }
    self = .owned(
      application: ApplicationName(application),
      name: annotations[AnnotationKey.actor] ?? annotations[AnnotationKey.provider] ?? "",
      spec: annotations[AnnotationKey.spec] ?? "")
  }

  /// Whether it is ours.
  public var isOwned: Bool {
    guard case .owned = self else { return false }
    return true
  }
}
