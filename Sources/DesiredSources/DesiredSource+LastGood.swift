import Diagnostics
import GitSource
public import LatticeModel
import Manifests

extension DesiredSource {
  /// Holds against the record what was read: applications that cannot be decoded, or that were
  /// declared where something cannot be read now, get the form that was last applied; and a file
  /// that is still there but declares nothing any more removes nothing.
  ///
  /// Costs the reading of one file for each application that is not seen.
  ///
  /// - Parameters:
  ///   - record: What was applied.
  ///   - pinned: The forms that stand in place of what is declared.
  ///   - reading: What was read.
  /// - Returns: The reading with what is held or pinned; as it was where a last good form cannot be read.
  public func recalling(
    _ record: LatticeRecord, pinned: [PinnedForm] = [], in reading: SourceReading
  ) async -> SourceReading {
    guard shelf == nil else { return reading }
    let pins = reading.pinned(pinned, record)
    let pinnedForms = pins.compactMap { $0.form?.manifest(isPinned: true) }
    let names = Set(pins.map(\.pin.application))
    let emptied = reading.files(emptiedSince: record)
    var lastGood: [ApplicationManifest] = []
    var overlays: [String: Overlays?] = [:]
    for name in reading.unseen(of: record) where !names.contains(name) {
      guard let applied = record.applied[name],
        let reference = try? GitReference(applied.revision.rawValue),
        let commit = try? await mirror.resolve(reference),
        let above = await self.overlays(of: commit, &overlays),
        let file = try? await mirror.files(at: commit, under: applied.path).files.first,
        let manifest = decodeManifests(
          ManifestFile(path: file.path, bytes: file.bytes), with: above
        ).applications.first(where: { $0.application.name == name })
      else { continue }
      lastGood.append(manifest.held(at: applied.revision))
    }
    guard !lastGood.isEmpty || !emptied.isEmpty || !pins.isEmpty else { return reading }
    var recalled = reading
    recalled.emptied = emptied
    let resolved = resolve(
      reading.files.map(\.file), revision: reading.desired.revision, tree: reading.desired.tree,
      with: reading.overlays,
      unread: reading.unread + emptied.map { SourcePosition(path: $0, line: 1, column: 1) },
      lastGood: lastGood, pinned: pinnedForms)
    recalled.desired = resolved.desired
    recalled.note(pins, pinnedForms)
    recalled.diagnostics = (resolved.diagnostics + reading.refusals).sorted()
    return recalled.within(options.grants)
  }
}

extension DesiredSource {
  /// What was laid over the manifests of an earlier commit; nothing where the path was not there yet,
  /// and `nil` where it cannot be read.
  private func overlays(
    of commit: GitCommit, _ known: inout [String: Overlays?]
  ) async -> Overlays? {
    if let overlays = known[commit.id] { return overlays }
    let above = try? await above { path in
      do {
        return try await mirror.files(at: commit, under: path)
      } catch GitError.pathNotFound {
        return GitSelection()
      }
    }
    let overlays = above.flatMap { above in
      above.isWhole ? decoded.overlays(of: above.selections, isWhole: true) : nil
    }
    known[commit.id] = overlays
    return overlays
  }
}

extension SourceReading {
  /// The applications of the record that cannot be read now: those that are frozen, and those that
  /// nothing declares any more but whose file, or a folder that it lies in, cannot be read.
  fileprivate func unseen(of record: LatticeRecord) -> [ApplicationName] {
    let frozen = Set(desired.frozen.map(\.name))
    let declared = Set(desired.applications.map(\.name))
    let unreadable = Set(desired.unreadable.map(\.path))
    return record.applied.filter { name, applied in
      guard !withdrawn.contains(name) else { return false }
      return frozen.contains(name)
        || !declared.contains(name)
          && unreadable.contains { applied.path == $0 || applied.path.hasPrefix("\($0)/") }
    }.keys.sorted()
  }

  /// The files that declared an application when they were last applied and declare nothing now.
  fileprivate func files(emptiedSince record: LatticeRecord) -> [String] {
    let empty = Set(files.filter(\.file.isEmpty).map(\.path))
    let declared = Set(desired.applications.map(\.name))
    return Set(
      record.applied.filter { !declared.contains($0.key) && empty.contains($0.value.path) }
        .map(\.value.path)
    ).sorted()
  }
}
