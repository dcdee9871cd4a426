import GitSource
import Manifests
import ServiceRuntime

/// What was decoded at the last reading, so that the next one decodes only what changed.
final class DecodedFiles: Sendable {
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
