import GitSource
import LatticeModel
package import Manifests
import ServiceRuntime

/// What was decoded at the last reading, so that the next one decodes only what changed.
final class DecodedFiles: Sendable {
  private struct Key: Hashable {
    var path: String
    var blob: String
  }

  private let known = Lock<[Key: (file: DecodedFile, overlays: [String])]>([:])
  private let knownForms = Lock<[Key: (forms: [ApplicationName: String], overlays: [String])]>([:])
  private let knownOverlays = Lock<[Key: OverlayFile]>([:])

  /// Decodes what of a selection is not known, or has something else laid over it now.
  func files(
    of selection: GitSelection, with overlays: Overlays
  ) async throws -> [(path: String, file: DecodedFile)] {
    let before = known.withLock { $0 }
    let same = selection.files.map { file -> DecodedFile? in
      guard let entry = before[Key(path: file.path, blob: file.blob)] else { return nil }
      return overlays.marks(over: entry.file) == entry.overlays ? entry.file : nil
    }
    let missing = zip(selection.files, same).filter { $1 == nil }.map(\.0)
    var fresh = try await decodeAll(
      missing.map { ManifestFile(path: $0.path, bytes: $0.bytes) }, with: overlays
    ).makeIterator()
    var after: [Key: (file: DecodedFile, overlays: [String])] = [:]
    var files: [(path: String, file: DecodedFile)] = []
    for (file, known) in zip(selection.files, same) {
      let decoded =
        known ?? fresh.next()
        ?? decodeManifests(ManifestFile(path: file.path, bytes: file.bytes), with: overlays)
      after[Key(path: file.path, blob: file.blob)] = (decoded, overlays.marks(over: decoded))
      files.append((file.path, decoded))
    }
    known.withLock { [after] in $0 = after }
    return files
  }

  /// Tells the forms of a selection's applications, of what is not known.
  func forms(
    of selection: GitSelection, _ files: [(path: String, file: DecodedFile)],
    with overlays: Overlays
  ) async throws -> [ApplicationName: String] {
    let before = knownForms.withLock { $0 }
    let entries = zip(selection.files, files).map { ($0, overlays.marks(over: $1.file)) }
    let parts = stride(from: 0, to: entries.count, by: 16).map {
      entries[$0..<min($0 + 16, entries.count)]
    }
    let forms = try await gather(parts, inFlight: 8) { part in
      try Task.checkCancellation()
      return part.map { file, marks in
        let key = Key(path: file.path, blob: file.blob)
        if let known = before[key], known.overlays == marks { return (key, known) }
        var forms: [ApplicationName: String] = [:]
        for document in renderManifests(
          ManifestFile(path: file.path, bytes: file.bytes), with: overlays)
        {
          if let name = document.application { forms[name] = formDigest(document.text) }
        }
        return (key, (forms: forms, overlays: marks))
      }
    }.flatMap(\.self)
    let after = Dictionary(forms, uniquingKeysWith: { $1 })
    knownForms.withLock { [after] in $0 = after }
    return after.values.reduce(into: [:]) { all, entry in
      all.merge(entry.forms) { $1 }
    }
  }

  /// Reads the layers of overlays, as far as they are not known.
  func overlays(of selections: [GitSelection], isWhole: Bool) -> Overlays {
    let before = knownOverlays.withLock { $0 }
    var after: [Key: OverlayFile] = [:]
    let layers = selections.map { selection in
      selection.files.map { file in
        let key = Key(path: file.path, blob: file.blob)
        let overlay =
          before[key]
          ?? OverlayFile(ManifestFile(path: file.path, bytes: file.bytes), blob: file.blob)
        after[key] = overlay
        return overlay
      }
    }
    knownOverlays.withLock { [after] in $0 = after }
    return Overlays(layers, isWhole: isWhole)
  }
}

/// Decodes files on all processors, a few at a time, so that whoever else has work to do gets a turn.
///
/// - Parameters:
///   - files: The files.
///   - overlays: What is laid over their documents.
/// - Returns: What each declares, in their order.
/// - Throws: `CancellationError` where the task is cancelled.
package func decodeAll(
  _ files: [ManifestFile], with overlays: Overlays = .none
) async throws -> [DecodedFile] {
  let parts = stride(from: 0, to: files.count, by: 16).map {
    files[$0..<min($0 + 16, files.count)]
  }
  let decoded = try await gather(parts, inFlight: 8) { part in
    try Task.checkCancellation()
    return part.map { decodeManifests($0, with: overlays) }
  }
  return decoded.flatMap(\.self)
}
