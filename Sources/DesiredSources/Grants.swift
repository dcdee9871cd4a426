import Diagnostics
public import LatticeModel
import TextForms

/// What a repository may declare; whoever configures the controller says so, not the repository.
public struct Grants: Hashable, Sendable {
  /// Patterns of the names of its applications; any where there are none.
  public var applications: [String] = []
  /// Patterns of its images with their registries, `docker.io` too; any where there are none.
  public var images: [String] = []
  /// Whether anything is removed because it does not declare it any more.
  public var prune = true

  /// Creates grants of everything.
  public init() {}

  /// Whether anything is kept from it.
  var areLimited: Bool { self != Grants() }

  /// Whether it may declare an application of this name.
  func cover(_ name: ApplicationName) -> Bool {
    applications.isEmpty || applications.contains { fits(name.rawValue, pattern: $0) }
  }

  private func cover(_ image: ImageReference) -> Bool {
    images.isEmpty
      || images.contains { fits(image.whole, pattern: ImageReference($0).withSmallRegistry) }
  }

  /// What of an application is not granted; nothing of it is touched where there is any.
  func refusals(of application: ApplicationSpec) -> [Diagnostic] {
    guard cover(application.name) else {
      return [
        Diagnostic(
          DiagnosticCode("GRA", 1), .error,
          "this repository may not declare an application '\(application.name)'",
          remedy: "declare it elsewhere, or have the name added to 'grants.applications' of the "
            + "repository; nothing of it is touched",
          at: application.origin)
      ]
    }
    let images =
      application.actors.map { ($0.image, $0.origin) }
      + application.providers.map { ($0.image, $0.origin) }
    return images.filter { !cover($0.0) }.map { image, origin in
      Diagnostic(
        DiagnosticCode("GRA", 2), .error,
        "this repository may not run the image '\(excerpt(image.rawValue, upTo: 200))'",
        remedy: "run one that is granted, or have it added to 'grants.images' of the repository; "
          + "nothing of '\(application.name)' is touched",
        at: origin)
    }
  }
}

extension SourceReading {
  /// The reading without what is not granted: such applications are as if they could not be read.
  func within(_ grants: Grants) -> SourceReading {
    guard grants.areLimited else { return self }
    var reading = self
    var found: [Diagnostic] = []
    var refused: [ApplicationSpec] = []
    for application in desired.applications {
      let refusals = grants.refusals(of: application)
      if !refusals.isEmpty { refused.append(application) }
      found += refusals
      guard refusals.isEmpty, !grants.prune, application.sync.prune else { continue }
      found.append(
        Diagnostic(
          DiagnosticCode("GRA", 4), .warning,
          "'\(application.name)' asks for 'prune', which this repository may not",
          remedy:
            "leave it out, or have 'grants.prune' of the repository changed; nothing is removed",
          at: application.origin))
    }
    reading.withdraw(refused, for: found)
    if !grants.prune {
      for index in reading.desired.applications.indices {
        reading.desired.applications[index].sync.prune = false
      }
    }
    return reading
  }

  /// The reading without applications that another repository has applied.
  ///
  /// - Parameter owners: Why each is another's.
  /// - Returns: The reading; such applications are as if they could not be read.
  public func leaving(_ owners: [ApplicationName: String]) -> SourceReading {
    let others = desired.applications.filter { owners[$0.name] != nil }
    guard !others.isEmpty else { return self }
    var reading = self
    reading.withdraw(
      others,
      for: others.map { application in
        Diagnostic(
          DiagnosticCode("GRA", 3), .error,
          "'\(application.name)' is another repository's: \(owners[application.name] ?? "")",
          remedy: "give it another name; to hand it over, take it out there first, or set "
            + "allowNonFastForward for this repository; nothing of it is touched",
          at: application.origin)
      })
    return reading
  }

  private mutating func withdraw(_ refused: [ApplicationSpec], for found: [Diagnostic]) {
    let names = Set(refused.map(\.name))
    withdrawn.formUnion(names)
    desired = DesiredState(
      revision: desired.revision, tree: desired.tree,
      applications: desired.applications.filter { !names.contains($0.name) },
      policies: desired.policies,
      frozen: desired.frozen + refused.map { FrozenApplication(name: $0.name, origin: $0.origin) },
      unreadable: desired.unreadable)
    diagnostics = (diagnostics + found).sorted()
  }
}

extension ImageReference {
  /// The reference without a scheme that hosts take off, and its registry in small letters.
  fileprivate var withSmallRegistry: String {
    var rest = rawValue[...]
    if let scheme = ["oci://", "https://", "http://"].first(where: rest.hasPrefix) {
      rest = rest.dropFirst(scheme.count)
    }
    guard let slash = rest.firstIndex(of: "/") else { return String(rest) }
    return rest[..<slash].lowercased() + rest[slash...]
  }

  /// The reference with what hosts take for granted: a pattern must not mean more than it says.
  fileprivate var whole: String {
    guard !isBuiltin, !rawValue.hasPrefix("file://") else { return rawValue }
    let text = withSmallRegistry
    let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2 else { return "docker.io/library/" + text }
    let registry = parts[0]
    // Without a dot or a port it is no registry.
    guard registry.contains(where: { $0 == "." || $0 == ":" }) || registry == "localhost" else {
      return "docker.io/" + text
    }
    guard registry == "docker.io" || registry == "index.docker.io" else { return text }
    return "docker.io/" + (parts[1].contains("/") ? "" : "library/") + parts[1]
  }
}
