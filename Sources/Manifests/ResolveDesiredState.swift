public import Diagnostics
public import LatticeModel

/// A desired state and every finding that led to it.
public struct ResolvedState: Sendable {
  /// What all manifests at one revision ask for.
  public var desired: DesiredState
  /// All findings of all files, sorted by place.
  public var diagnostics: [Diagnostic]
}

/// Holds the files of a revision against one another.
///
/// The result does not depend on the order of files or documents. One bad application degrades
/// itself only: it keeps its last good form or is frozen, and so is one that clashes with another.
///
/// - Parameters:
///   - files: The decoded files.
///   - revision: The commit that they come from.
///   - tree: The id of the commit's tree.
///   - overlays: What the files were decoded with.
///   - unread: Places under the selected path that could not be read at all.
///   - lastGood: Earlier forms, used for applications whose current form is bad or that no file
///     names.
///   - pinned: Earlier forms that stand in place of whatever is declared.
/// - Returns: The desired state and all findings.
public func resolve(
  _ files: [DecodedFile], revision: Revision, tree: String, with overlays: Overlays = .none,
  unread: [SourcePosition] = [], lastGood: [ApplicationManifest] = [],
  pinned: [ApplicationManifest] = []
) -> ResolvedState {
  let earlier = Dictionary(
    (pinned + lastGood).map { ($0.application.name, $0) }, uniquingKeysWith: { first, _ in first })
  var resolver = Resolver(
    files, lastGood: earlier, replacing: Set(pinned.map(\.application.name)))
  resolver.run()
  resolver.checkReferences(ofBroken: files.all { $0.broken })
  let unreadable = files.all { $0.unreadable } + unread
  // What cannot be read may name what nobody else does.
  if unreadable.isEmpty { resolver.checkUse() }
  let diagnostics = resolver.diagnostics
  // What clashes gives way to its last good form, which may in turn clash with something new.
  while true {
    let bad = resolver.replaceable
    guard !bad.isEmpty else { break }
    resolver = Resolver(files, lastGood: earlier, replacing: bad.union(resolver.replaced))
    resolver.run()
  }
  let desired = DesiredState(
    revision: revision, tree: tree, applications: resolver.sound,
    policies: resolver.policies, frozen: resolver.frozen,
    unreadable: unreadable)
  return ResolvedState(
    desired: desired,
    diagnostics: (files.all { $0.diagnostics } + SkippedDocuments.notes(of: files.map(\.skipped))
      + overlays.diagnostics(over: files) + diagnostics + clashes(of: files.all { $0.streams }))
      .sorted())
}
