public import Diagnostics
public import GitSource
public import LatticeModel
import Manifests
import ServiceRuntime
import TextForms

/// What git declares at one commit, with everything that was found on the way.
public struct SourceReading: Sendable {
  /// What all manifests ask for, with the last good form of what is broken once it was held against
  /// the record.
  public var desired: DesiredState
  /// All findings of all files.
  public var diagnostics: [Diagnostic]
  /// The commit that was read.
  public var commit: GitCommit
  /// Paths on disk that differ from the commit, where that matters.
  public var uncommitted: [String]
  /// Paths on disk that were written since the commit and may differ.
  public var touched: [String] = []
  /// Files beside those that were read that are passed over for their ending alone.
  public var passedOver: [String] = []
  /// Files that git has and that a sparse work tree leaves out.
  public var absent: [String] = []
  /// Why it is not known what is not committed, where that is not known.
  public var blindSpot: String?
  /// Files that declared an application when they were last applied and declare nothing now.
  public var emptied: [String] = []
  /// What was read: the path, and of which repository.
  public var scope = ReadingScope(repository: "", path: "")
  /// The path that was read, as it is shown.
  public var shownPath: String { scope.path.shownPath }
  var files: [(path: String, file: DecodedFile)]
  /// The files that could not be read, each at its beginning.
  public internal(set) var unread: [SourcePosition]
  var refusals: [Diagnostic]
  /// Whether something could not be read that may be readable a moment later.
  public internal(set) var mayBeReadLater = false

  /// How many of the findings are errors.
  public var errorCount: Int { diagnostics.count { $0.severity == .error } }

  /// The applications of the record that cannot be read now: those that are frozen, and those that
  /// nothing declares any more but whose file, or a folder that it lies in, cannot be read.
  fileprivate func unseen(of record: LatticeRecord) -> [ApplicationName] {
    let frozen = Set(desired.frozen.map(\.name))
    let declared = Set(desired.applications.map(\.name))
    let unreadable = Set(desired.unreadable.map(\.path))
    return record.applied.filter { name, applied in
      frozen.contains(name)
        || !declared.contains(name)
          && unreadable.contains { applied.path == $0 || applied.path.hasPrefix("\($0)/") }
    }.keys.sorted()
  }

  /// Why an application that is not declared may be declared where this reading did not look, or
  /// `nil` where it would have been seen.
  fileprivate func blindness(to applied: AppliedApplication, _ isForeign: Bool) -> String? {
    guard let seen = applied.scope else {
      return "an earlier version applied them and did not record what it had read; to have them "
        + "removed, declare them once more first"
    }
    guard !isForeign else {
      return "they were applied from another repository, \(seen.repository)"
    }
    guard scope.covers(seen.path) else {
      return "they were applied from '\(seen.path.shownPath)', of which only "
        + "'\(scope.path.shownPath)' was read"
    }
    guard absent.isEmpty else {
      return "they may be declared in what is not checked out: \(named(absent))"
    }
    return nil
  }

  fileprivate func files(emptiedSince record: LatticeRecord) -> [String] {
    let empty = Set(files.filter(\.file.isEmpty).map(\.path))
    let declared = Set(desired.applications.map(\.name))
    return Set(
      record.applied.filter { !declared.contains($0.key) && empty.contains($0.value.path) }
        .map(\.value.path)
    ).sorted()
  }
}

/// Reads manifests from a repository.
///
/// Copies share what was decoded last, so that reading again costs only what changed.
public struct DesiredSource: Sendable {
  private let options: SourceOptions
  private let mirror: any ManifestRepository
  private let decoded = DecodedFiles()

  /// Opens a repository of git; reads nothing of it yet.
  ///
  /// - Parameter options: What is read.
  /// - Throws: `GitError` where there is no repository.
  public init(_ options: SourceOptions) throws {
    self.init(options, from: try GitMirror(path: options.repository))
  }

  /// Takes a repository that is open already.
  package init(_ options: SourceOptions, from mirror: any ManifestRepository) {
    self.options = options
    self.mirror = mirror
  }

  /// Returns the id of the commit that the reference means now.
  ///
  /// Costs the reading of a reference, up to five times with a pause while it is the known one.
  ///
  /// - Parameters:
  ///   - known: The commit that it meant before, where another one is waited for.
  ///   - pause: The time between two looks.
  /// - Returns: The full id.
  /// - Throws: `GitError` where the reference means nothing or cannot be read.
  public func head(unless known: String? = nil, every pause: Duration = .zero) async throws
    -> String
  {
    try await mirror.resolve(
      try GitReference(options.reference), unless: known, tries: known == nil ? 1 : 5,
      every: pause
    ).id
  }

  /// Reads the commit, or the files on disk.
  ///
  /// Costs the reading of all manifests, and the decoding of those that differ from the last time.
  ///
  /// - Returns: What is declared, with all findings; of what cannot be read, that it cannot.
  /// - Throws: `GitError` where the commit cannot be read, `SourceError` where it declares nothing.
  public func read() async throws -> SourceReading {
    let commit = try await mirror.resolve(try GitReference(options.reference))
    let path = try await mirror.path(options.path, standingIn: options.standing)
    let selection =
      options.readsWorktree
      ? try await mirror.worktreeFiles(under: path)
      : try await mirror.files(at: commit, under: path)
    let revision =
      options.readsWorktree ? .worktree : Revision(commit.id)
    guard !selection.files.isEmpty || !selection.refused.isEmpty else {
      throw SourceError.emptySelection(path: path, revision: revision.short)
    }
    let files = decoded.files(of: selection)
    let unread = selection.refused.map { SourcePosition(path: $0.path, line: 1, column: 1) }
    let resolved = resolve(files.map(\.file), revision: revision, tree: commit.tree, unread: unread)
    let isEmpty =
      resolved.desired.applications.isEmpty && resolved.desired.frozen.isEmpty
      && resolved.desired.unreadable.isEmpty
    guard !isEmpty else { throw SourceError.nothingDeclared(path: path, revision: revision.short) }
    let refusals = selection.refused.map(\.diagnostic)
    var reading = SourceReading(
      desired: resolved.desired, diagnostics: (resolved.diagnostics + refusals).sorted(),
      commit: commit, uncommitted: [],
      scope: ReadingScope(repository: await mirror.identity, path: path), files: files,
      unread: unread, refusals: refusals)
    (reading.passedOver, reading.absent) = (selection.passedOver, selection.absent)
    reading.mayBeReadLater = selection.refused.contains(where: \.mayBeReadLater)
    let isHead = options.reference == "HEAD" && !options.readsWorktree
    if isHead { await noteChanges(beside: selection, of: &reading) }
    return reading
  }

  /// Notes what is not committed; where that cannot be seen, the commit is read all the same.
  private func noteChanges(beside selection: GitSelection, of reading: inout SourceReading) async {
    do {
      let changes = try await mirror.uncommittedChanges(
        under: reading.scope.path, beside: selection)
      (reading.uncommitted, reading.touched) = (changes.changed, changes.touched)
    } catch {
      reading.blindSpot = error.sentence
    }
  }

  /// Holds against the record what was read: applications that cannot be decoded, or that were
  /// declared where something cannot be read now, get the form that was last applied; and a file
  /// that is still there but declares nothing any more removes nothing.
  ///
  /// Costs the reading of one file for each application that is not seen.
  ///
  /// - Parameters:
  ///   - record: What was applied.
  ///   - reading: What was read.
  /// - Returns: The reading with what is held; as it was where a last good form cannot be read.
  public func recalling(_ record: LatticeRecord, in reading: SourceReading) async -> SourceReading {
    let emptied = reading.files(emptiedSince: record)
    var lastGood: [ApplicationManifest] = []
    for name in reading.unseen(of: record) {
      guard let applied = record.applied[name],
        let reference = try? GitReference(applied.revision.rawValue),
        let commit = try? await mirror.resolve(reference),
        let file = try? await mirror.files(at: commit, under: applied.path).files.first,
        let manifest = decodeManifests(ManifestFile(path: file.path, bytes: file.bytes))
          .applications.first(where: { $0.application.name == name })
      else { continue }
      lastGood.append(manifest.held(at: applied.revision))
    }
    guard !lastGood.isEmpty || !emptied.isEmpty else { return reading }
    var recalled = reading
    recalled.emptied = emptied
    let resolved = resolve(
      reading.files.map(\.file), revision: reading.desired.revision, tree: reading.desired.tree,
      unread: reading.unread + emptied.map { SourcePosition(path: $0, line: 1, column: 1) },
      lastGood: lastGood)
    recalled.desired = resolved.desired
    recalled.diagnostics = (resolved.diagnostics + reading.refusals).sorted()
    return recalled
  }

  /// Returns what a reading means to the applications on record.
  ///
  /// Costs a walk through history for each commit on record that the reading does not stand on.
  ///
  /// - Parameters:
  ///   - reading: What was read.
  ///   - record: What was applied.
  /// - Returns: Whose removals wait, and why.
  public func standing(of reading: SourceReading, to record: LatticeRecord) async -> Standing {
    let declared = Set(
      reading.desired.applications.map(\.name) + reading.desired.frozen.map(\.name))
    var ancestries: [Revision: GitAncestry] = [:]
    var standing = Standing()
    for (name, applied) in record.applied {
      let ancestry = await ancestry(of: reading, from: applied.revision, &ancestries)
      let isForeign =
        applied.scope?.repository != reading.scope.repository
        && (ancestry == nil || ancestry == .unrelated)
      if !declared.contains(name), let reason = reading.blindness(to: applied, isForeign) {
        standing.unseen[name] = reason
      } else if let doubt = HistoryDoubt(reading, after: applied.revision, ancestry) {
        standing.doubts[name] = doubt
      } else if let base = applied.base {
        let past = await self.ancestry(of: reading, from: base, &ancestries)
        standing.doubts[name] = HistoryDoubt(reading, after: base, past)
        standing.doubts[name]?.isPast = true
      }
    }
    if options.allowsNonFastForward { standing.doubts = [:] }
    return standing
  }

  /// Whether a reading stands on a revision; `nil` for files on disk, which have no history.
  private func ancestry(
    of reading: SourceReading, from base: Revision, _ known: inout [Revision: GitAncestry]
  ) async -> GitAncestry? {
    guard base != .worktree else { return nil }
    if let ancestry = known[base] { return ancestry }
    let ancestry: GitAncestry
    do {
      ancestry = try await mirror.ancestry(of: reading.commit.id, from: base.rawValue)
    } catch {
      ancestry = .unknown(error.sentence)
    }
    known[base] = ancestry
    return ancestry
  }
}

/// What a reading means to the applications on record.
public struct Standing: Sendable {
  /// Of whose last applied commit it is not known that the one that was read stands on it.
  public internal(set) var doubts: [ApplicationName: HistoryDoubt] = [:]
  /// Those that are not declared and that it could not have seen, each with the reason.
  public internal(set) var unseen: [ApplicationName: String] = [:]

  /// The first commit that certainly does not stand on the one last applied.
  public var rewrite: HistoryDoubt? {
    doubts.filter(\.value.isRewrite).min { $0.key < $1.key }?.value
  }
}

extension HistoryDoubt {
  /// What is in doubt where a reading stands so to a revision that was applied.
  fileprivate init?(_ reading: SourceReading, after base: Revision, _ ancestry: GitAncestry?) {
    switch ancestry {
    case .descends?, nil: return nil
    case .unrelated?: self.init(of: reading.desired.revision, after: base)
    case .unknown(let reason)?: self.init(of: reading.desired.revision, after: base, reason)
    }
  }
}

extension GitRefusal {
  /// Whether the next look may find what this one did not; everything else is as it is in its commit.
  fileprivate var mayBeReadLater: Bool {
    if case .unreadable = reason { return true }
    return false
  }
}

/// What was decoded at the last reading, so that the next one decodes only what changed.
private final class DecodedFiles: Sendable {
  private struct Key: Hashable {
    var path: String
    var blob: String
  }

  private let known = Lock<[Key: DecodedFile]>([:])

  func files(of selection: GitSelection) -> [(path: String, file: DecodedFile)] {
    let before = known.withLock { $0 }
    var after: [Key: DecodedFile] = [:]
    let files = selection.files.map { file in
      let key = Key(path: file.path, blob: file.blob)
      let decoded =
        before[key] ?? decodeManifests(ManifestFile(path: file.path, bytes: file.bytes))
      after[key] = decoded
      return (path: file.path, file: decoded)
    }
    known.withLock { [after] in $0 = after }
    return files
  }
}

extension String {
  /// A path as it is shown: the root of a repository has no name of its own.
  var shownPath: String { isEmpty ? "." : self }
}
