import Diagnostics
import Digests
import GitSource
public import LatticeModel
import Manifests

extension DesiredSource {
  /// Returns the texts of applications as they are declared with what lies over them.
  ///
  /// Costs the reading of the files that declare them. What does not stand alone, such as an alias of
  /// another document, has none.
  ///
  /// - Parameters:
  ///   - names: The applications.
  ///   - reading: What was read of a commit.
  ///   - time: When they were seen in sync.
  /// - Returns: Their forms.
  /// - Throws: `GitError` where the commit cannot be read any more.
  public func forms(
    of names: Set<ApplicationName>, in reading: SourceReading, at time: Timestamp
  ) async throws -> [KeptForm] {
    guard reading.desired.revision != .worktree else { return [] }
    var forms: [KeptForm] = []
    for (path, file) in reading.files
    where file.applications.contains(where: { names.contains($0.application.name) }) {
      for file in try await mirror.files(at: reading.commit, under: path).files {
        let manifest = ManifestFile(path: file.path, bytes: file.bytes)
        for document in renderManifests(manifest, with: reading.overlays) {
          guard let name = document.application, names.contains(name) else { continue }
          let form = KeptForm(
            name, at: reading.desired.revision, digest: formDigest(document.text), time: time,
            path: file.path, text: document.text)
          if form.manifest(isPinned: false) != nil { forms.append(form) }
        }
      }
    }
    return forms
  }

  /// Returns a reading with the digest of each application's form, for who did not ask for them when it
  /// was read: whoever may end before a reading does must have none made meanwhile, for libcrypto ends
  /// first.
  ///
  /// Costs another reading of the files; where they cannot be read any more, it has none.
  ///
  /// - Parameter reading: What was read.
  /// - Returns: The same with digests.
  public func marked(_ reading: SourceReading) async -> SourceReading {
    guard shelf == nil, reading.desired.revision != .worktree,
      var selection = try? await selection(at: reading.commit, under: reading.scope.path)
    else { return reading }
    let read = Set(reading.files.map(\.path))
    selection.files.removeAll { !read.contains($0.path) }
    guard selection.files.map(\.path) == reading.files.map(\.path) else { return reading }
    var marked = reading
    let forms = try? await decoded.forms(of: selection, reading.files, with: reading.overlays)
    marked.forms = forms ?? [:]
    return marked
  }

  /// Takes kept forms for what is declared: one that is pinned, and beside it, so that it is seen what
  /// they share, the last ones of all other applications.
  ///
  /// - Parameters:
  ///   - pinned: The form that is wanted.
  ///   - pin: Why it is, once that is on record.
  ///   - others: The forms of others.
  ///   - unknown: Applications on record that have none: nothing of them is touched.
  public init(
    of pinned: KeptForm, _ pin: Pin? = nil, beside others: [KeptForm], unknown: [ApplicationName]
  ) {
    self.init(
      SourceOptions(), from: NoRepository(),
      shelf: Shelf(pinned: pinned, pin: pin, others: others, unknown: unknown))
  }
}

/// Kept forms in place of a repository.
struct Shelf: Sendable {
  var pinned: KeptForm
  var pin: Pin?
  var others: [KeptForm]
  var unknown: [ApplicationName]

  /// What they declare; of findings only those about the file of the pinned one.
  var reading: SourceReading {
    let manifests = [pinned.manifest(isPinned: true)] + others.map { $0.manifest(isPinned: false) }
    let resolved = resolve(
      [], revision: pinned.revision, tree: "", pinned: manifests.compactMap { $0 })
    var reading = SourceReading(
      desired: resolved.desired,
      diagnostics: resolved.diagnostics.filter { $0.location?.path == pinned.path },
      commit: GitCommit(
        id: pinned.revision.rawValue, tree: "", authorTime: 0, committerTime: 0,
        summary: "a kept form", parents: []),
      uncommitted: [], scope: ReadingScope(repository: "", path: pinned.path), files: [],
      unread: [], refusals: [])
    reading.isOfForms = true
    reading.pins = pin.map { [PinnedForm($0, form: pinned)] } ?? []
    let known = Set(resolved.desired.applications.map(\.name) + resolved.desired.frozen.map(\.name))
    let missing = (others.map(\.application) + [pinned.application] + unknown)
      .filter { !known.contains($0) }
    for name in Set(missing).sorted() {
      reading.desired.frozen.append(FrozenApplication(name: name, origin: .unknown(name)))
    }
    return reading
  }
}

extension KeptForm {
  /// What it declares, or `nil` where that cannot be read.
  func manifest(isPinned: Bool) -> ApplicationManifest? {
    let file = decodeManifests(ManifestFile(path: path, bytes: Array(text.utf8)))
    return file.applications.first { $0.application.name == application }?
      .kept(at: revision, isPinned: isPinned)
  }
}

/// The digest that tells a form's text from others.
func formDigest(_ text: String) -> String { SHA256Digest.of(Array(text.utf8)).prefixHex(16) }

/// The repository of whoever needs none.
private struct NoRepository: ManifestRepository {
  func resolve(_ reference: GitReference) async throws -> GitCommit {
    throw GitError.noCommit(path: reference.description)
  }

  func files(at commit: GitCommit, under folder: String) async throws -> GitSelection {
    GitSelection()
  }

  func worktreeFiles(under folder: String) async throws -> GitSelection { GitSelection() }

  func ancestry(of commit: String, from ancestor: String) async throws -> GitAncestry {
    .descends
  }
}
