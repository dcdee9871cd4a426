import Diagnostics
import GitSource
import LatticeModel
public import Manifests
import Signatures

/// Reads manifests from a repository.
///
/// Copies share what was read last, so that reading again costs only what changed.
public struct DesiredSource: Sendable {
  let options: SourceOptions
  let mirror: any ManifestRepository
  let decoded = DecodedFiles()
  let verifier: SignatureVerifier
  /// The kept forms that stand in place of a repository, if they do.
  let shelf: Shelf?

  /// Opens a repository of git; reads nothing of it yet.
  ///
  /// - Parameter options: What is read.
  /// - Throws: `GitError` where there is no repository.
  public init(_ options: SourceOptions) throws {
    self.init(options, from: try openRepository(options))
  }

  /// Takes a repository that is open already.
  package init(_ options: SourceOptions, from mirror: any ManifestRepository) {
    self.init(options, from: mirror, shelf: nil)
  }

  init(_ options: SourceOptions, from mirror: any ManifestRepository, shelf: Shelf?) {
    self.options = options
    self.mirror = mirror
    verifier = SignatureVerifier(options.signatures)
    self.shelf = shelf
  }

  /// Learns what is new in a repository on another machine, unless that was done a moment ago.
  ///
  /// Costs a request to its server, and a fetch where something is new; nothing of a repository that is
  /// read where it lies.
  ///
  /// - Parameter age: How old an answer may be that others got.
  /// - Throws: `GitError` where it cannot be reached; what was fetched before stands.
  public func follow(ifOlderThan age: Duration = .zero) async throws {
    try await mirror.follow(ifOlderThan: age)
  }

  /// Whether the repository is reached over a network.
  public var isRemote: Bool { isRemoteAddress(options.repository) }

  /// Returns the id of the commit that the reference means now.
  ///
  /// Costs the reading of a reference, up to five times with a pause while it is the known one; of a
  /// repository on another machine one `follow`, for which others may have waited since.
  ///
  /// - Parameters:
  ///   - known: The commit that it meant before, where another one is waited for.
  ///   - pause: The time between two looks.
  /// - Returns: The full id.
  /// - Throws: `GitError` where the reference means nothing or cannot be read.
  public func head(unless known: String? = nil, every pause: Duration = .zero) async throws
    -> String
  {
    if let shelf { return shelf.pinned.revision.rawValue }
    try await follow(ifOlderThan: pause * 0.8)
    return try await mirror.resolve(
      try GitReference(options.reference), unless: known, tries: known == nil ? 1 : 5,
      every: pause
    ).id
  }

  /// Returns the commit that another reference means, where it declares something else.
  ///
  /// Costs the reading of a reference; where that means another commit, of the files of both.
  ///
  /// - Parameter name: The other reference.
  /// - Returns: The full id, or `nil` where the same files say the same under the path and in what
  ///   is laid over it.
  /// - Throws: `GitError` where one of the two means nothing or cannot be read.
  public func successor(under name: String) async throws -> String? {
    let own = try await mirror.resolve(try GitReference(options.reference))
    let other = try await mirror.resolve(try GitReference(name))
    guard own.tree != other.tree else { return nil }
    let path = try await mirror.path(options.path, standingIn: options.standing)
    var isSame = try await isSame(at: own, and: other, under: path)
    for overlay in options.overlays where isSame {
      let path = try await mirror.path(overlay, standingIn: options.overlayStanding)
      isSame = try await self.isSame(at: own, and: other, under: path)
    }
    return isSame ? nil : other.id
  }

  private func isSame(
    at one: GitCommit, and other: GitCommit, under path: String
  ) async throws -> Bool {
    let own = try await mirror.files(at: one, under: path)
    let others = try await mirror.files(at: other, under: path)
    return own.files == others.files && own.refused == others.refused
      && own.ignored == others.ignored
  }

  /// Reads the commit, or the files on disk.
  ///
  /// Costs the reading and decoding of what differs from the last time.
  ///
  /// - Parameters:
  ///   - isForPlan: Whether an application must be among what is declared.
  ///   - follows: Whether to learn first what is new in a repository on another machine; where that
  ///     fails nothing is read.
  ///   - notesChanges: Whether to see what of the files on disk is not committed, where they are those
  ///     of the commit; costs a `stat` a file, and nobody reads it of a controller.
  ///   - marksForms: Whether to tell the form of each application from others, for whoever puts on
  ///     record what is applied; costs as much again as decoding.
  /// - Returns: What is declared, with all findings; of what cannot be read, that it cannot.
  /// - Throws: `GitError` where the commit cannot be read, `SignatureError` where nobody signed it who
  ///   may, `SourceError` where it declares nothing.
  public func read(
    isForPlan: Bool = true, follows: Bool = true, notesChanges: Bool = true,
    marksForms: Bool = false
  ) async throws -> SourceReading {
    if let shelf { return shelf.reading }
    if follows { try await follow() }
    let commit = try await commit()
    let signature = try await verify(commit)
    let path = try await mirror.path(options.path, standingIn: options.standing)
    let revision =
      options.readsWorktree ? .worktree : Revision(commit.id)
    let above = try await above { path in
      let selection = try await self.selection(at: commit, under: path)
      guard !selection.files.isEmpty || !selection.refused.isEmpty else {
        throw SourceError.emptyOverlay(
          path: path, revision: revision.short, ignored: selection.ignored)
      }
      return selection
    }
    var selection =
      try await options.isHead && notesChanges
      ? committed(at: commit, under: path) : self.selection(at: commit, under: path)
    let others = Set(above.selections.flatMap(\.files).map(\.path))
    selection.files.removeAll { others.contains($0.path) }
    guard !selection.files.isEmpty || !selection.refused.isEmpty else {
      throw SourceError.emptySelection(
        path: path, revision: revision.short, ignored: selection.ignored)
    }
    let overlays = decoded.overlays(of: above.selections, isWhole: above.isWhole)
    let files = try await decoded.files(of: selection, with: overlays)
    let unread = selection.refused.map { SourcePosition(path: $0.path, line: 1, column: 1) }
    let resolved = resolve(
      files.map(\.file), revision: revision, tree: commit.tree, with: overlays, unread: unread)
    let isEmpty =
      resolved.desired.applications.isEmpty && resolved.desired.frozen.isEmpty
      && resolved.desired.unreadable.isEmpty && (isForPlan || files.allSatisfy(\.file.isEmpty))
    guard !isEmpty else {
      throw SourceError.nothingDeclared(
        path: path, revision: revision.short, findings: resolved.diagnostics)
    }
    let selections = [selection] + above.selections
    let refused = selections.flatMap(\.refused)
    let refusals = refused.map(\.diagnostic)
    var reading = SourceReading(
      desired: resolved.desired, diagnostics: (resolved.diagnostics + refusals).sorted(),
      commit: commit, uncommitted: [],
      scope: ReadingScope(repository: await mirror.identity, path: path), files: files,
      unread: unread, refusals: refusals)
    (reading.passedOver, reading.absent) = (
      selections.flatMap(\.passedOver), selections.flatMap(\.absent)
    )
    (reading.ignored, reading.signature) = (selection.ignored, signature)
    (reading.overlayPaths, reading.overlays) = (above.paths, overlays)
    if marksForms { reading.forms = try await decoded.forms(of: selection, files, with: overlays) }
    let found = Set(reading.diagnostics.compactMap(\.location?.path))
    for file in selections.flatMap(\.files) where found.contains(file.path) {
      reading.texts[file.path] = file.bytes
    }
    reading.mayBeReadLater = refused.contains(where: \.mayBeReadLater)
    if options.isHead, notesChanges {
      for (path, selection) in zip([path] + above.paths, selections) {
        await noteChanges(under: path, beside: selection, of: &reading)
      }
    }
    return reading.within(options.grants)
  }

  /// Returns every document that is read with what lies over it, file by file.
  ///
  /// Costs another reading of the files; nothing of a broken one is among them.
  ///
  /// - Parameter reading: What was read.
  /// - Returns: The documents.
  /// - Throws: `GitError` where the commit cannot be read any more.
  public func rendered(_ reading: SourceReading) async throws -> [RenderedDocument] {
    let selection = try await selection(at: reading.commit, under: reading.scope.path)
    let read = Set(reading.files.map(\.path))
    return selection.files.filter { read.contains($0.path) }.flatMap {
      renderManifests(
        ManifestFile(path: $0.path, bytes: $0.bytes), with: reading.overlays)
    }
  }

  func selection(at commit: GitCommit, under path: String) async throws -> GitSelection {
    try await options.readsWorktree
      ? mirror.worktreeFiles(under: path) : mirror.files(at: commit, under: path)
  }

  /// What is read of the overlays, layer by layer.
  struct Above {
    var paths: [String] = []
    var selections: [GitSelection] = []
    /// Whether all of it could be read; where not, nobody knows what lies below comes to.
    var isWhole: Bool { selections.allSatisfy { $0.refused.isEmpty && $0.absent.isEmpty } }
  }

  /// Reads the overlays in one way, by the path of each layer.
  func above(_ read: (String) async throws -> GitSelection) async throws -> Above {
    var above = Above()
    for text in options.overlays {
      let path = try await mirror.path(text, standingIn: options.overlayStanding)
      above.paths.append(path)
      above.selections.append(try await read(path))
    }
    // What lies in the folder of another layer is of that one alone.
    for (layer, path) in above.paths.enumerated() {
      let inner = above.paths.filter { $0 != path && (path.isEmpty || $0.hasPrefix("\(path)/")) }
      above.selections[layer].files.removeAll { file in
        inner.contains { file.path == $0 || file.path.hasPrefix("\($0)/") }
      }
    }
    return above
  }

  /// The commit that the reference means; that of files on disk may not be made yet.
  private func commit() async throws -> GitCommit {
    do {
      return try await mirror.resolve(try GitReference(options.reference))
    } catch GitError.noCommit where options.readsWorktree {
      return GitCommit(
        id: "", tree: "", authorTime: 0, committerTime: 0, summary: "nothing is committed yet",
        parents: [])
    }
  }

  /// Notes what is not committed; where that cannot be seen, the commit is read all the same.
  private func noteChanges(
    under path: String, beside selection: GitSelection, of reading: inout SourceReading
  ) async {
    do {
      let changes = try await mirror.uncommittedChanges(under: path, beside: selection)
      reading.uncommitted = united(reading.uncommitted, changes.changed)
      reading.touched = united(reading.touched, changes.touched)
      reading.deleted = united(reading.deleted, changes.deleted)
    } catch {
      reading.blindSpot = error.sentence
    }
  }
}

/// Paths of two folders, of which one may lie in the other.
private func united(_ paths: [String], _ others: [String]) -> [String] {
  paths.isEmpty ? others : Set(paths).union(others).sorted()
}

extension GitRefusal {
  /// Whether the next look may find what this one did not; everything else is as it is in its commit.
  fileprivate var mayBeReadLater: Bool {
    switch reason {
    case .unreadable, .unreadableOnDisk: true
    default: false
    }
  }
}
