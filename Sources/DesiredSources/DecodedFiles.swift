import GitSource
import Manifests
import ServiceRuntime

/// What was decoded at the last reading, so that the next one decodes only what changed.
final class DecodedFiles: Sendable {
  private struct Key: Hashable {
    var path: String
    var blob: String
  }

  private let known = Lock<[Key: (file: DecodedFile, overlays: [String])]>([:])
  private let knownOverlays = Lock<[Key: OverlayFile]>([:])

  /// Decodes what of a selection is not known, or has something else laid over it now.
  func files(
    of selection: GitSelection, with overlays: Overlays
  ) -> [(path: String, file: DecodedFile)] {
    let before = known.withLock { $0 }
    var after: [Key: (file: DecodedFile, overlays: [String])] = [:]
    let files = selection.files.map { file in
      let key = Key(path: file.path, blob: file.blob)
      if let same = before[key], overlays.marks(over: same.file) == same.overlays {
        after[key] = same
        return (path: file.path, file: same.file)
      }
      let decoded = decodeManifests(
        ManifestFile(path: file.path, bytes: file.bytes), with: overlays)
      after[key] = (decoded, overlays.marks(over: decoded))
      return (path: file.path, file: decoded)
    }
    known.withLock { [after] in $0 = after }
    return files
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
