public import Diagnostics
public import GitSource
public import LatticeModel
import Manifests
import ServiceRuntime
import TextForms

/// What git declares at one commit, with everything that was found on the way.
public struct SourceReading: Sendable {
  /// What all manifests ask for.
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
  var files: [(path: String, file: DecodedFile)]
  var unread: [SourcePosition]
  var refusals: [Diagnostic]
  /// Whether something could not be read that may be readable a moment later.
  var mayBeReadLater = false

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
struct DesiredSource {
  let configuration: Configuration
  let mirror: any ManifestRepository
  private let decoded = DecodedFiles()

  init(_ configuration: Configuration) throws {
    self.init(configuration, from: try GitMirror(path: configuration.repository))
  }

  init(_ configuration: Configuration, from mirror: any ManifestRepository) {
    self.configuration = configuration
    self.mirror = mirror
  }

  /// The id of the commit that the reference means now.
  ///
  /// Costs the reading of a reference, up to five times with a pause while it is the known one.
  func head(unless known: String? = nil, every pause: Duration = .zero) async throws -> String {
    try await mirror.resolve(
      try GitReference(configuration.reference), unless: known, tries: known == nil ? 1 : 5,
      every: pause
    ).id
  }

  /// Reads the commit, or the files on disk.
  func read() async throws -> SourceReading {
    let commit = try await mirror.resolve(try GitReference(configuration.reference))
    let path = configuration.path
    let selection =
      configuration.readsWorktree
      ? try await mirror.worktreeFiles(under: path)
      : try await mirror.files(at: commit, under: path)
    let revision =
      configuration.readsWorktree ? .worktree : Revision(commit.id)
    guard !selection.files.isEmpty || !selection.refused.isEmpty else {
      throw LoopError.emptySelection(path: path, revision: revision.short)
    }
    let files = decoded.files(of: selection)
    let unread = selection.refused.map { SourcePosition(path: $0.path, line: 1, column: 1) }
    let resolved = resolve(files.map(\.file), revision: revision, tree: commit.tree, unread: unread)
    let isEmpty =
      resolved.desired.applications.isEmpty && resolved.desired.frozen.isEmpty
      && resolved.desired.unreadable.isEmpty
    guard !isEmpty else { throw LoopError.nothingDeclared(path: path, revision: revision.short) }
    let refusals = selection.refused.map(\.diagnostic)
    var reading = SourceReading(
      desired: resolved.desired, diagnostics: (resolved.diagnostics + refusals).sorted(),
      commit: commit, uncommitted: [], files: files, unread: unread, refusals: refusals)
    (reading.passedOver, reading.absent) = (selection.passedOver, selection.absent)
    reading.mayBeReadLater = selection.refused.contains(where: \.mayBeReadLater)
    let isHead = configuration.reference == "HEAD" && !configuration.readsWorktree
    if isHead { await noteChanges(under: path, beside: selection, of: &reading) }
    return reading
  }

  /// Notes what is not committed; where that cannot be seen, the commit is read all the same.
  private func noteChanges(
    under path: String, beside selection: GitSelection, of reading: inout SourceReading
  ) async {
    do {
      let changes = try await mirror.uncommittedChanges(under: path, beside: selection)
      (reading.uncommitted, reading.touched) = (changes.changed, changes.touched)
    } catch {
      reading.blindSpot = error.sentence
    }
  }

  /// Holds against the record what was read: applications that cannot be decoded, or that were
  /// declared where something cannot be read now, get the form that was last applied; and a file
  /// that is still there but declares nothing any more removes nothing.
  func recalling(_ record: LatticeRecord, in reading: SourceReading) async -> SourceReading {
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

  /// Whether the commit descends from every commit that was last applied.
  func isFastForward(_ reading: SourceReading, from record: LatticeRecord) async -> Bool {
    for revision in Set(record.applied.values.map(\.revision)) where revision != .worktree {
      let ancestry = try? await mirror.ancestry(of: reading.commit.id, from: revision.rawValue)
      guard ancestry == .descends else { return false }
    }
    return true
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
