public import Diagnostics
public import LatticeModel
import YAMLTree

/// A document with what lies over it, as one text.
public struct RenderedDocument: Sendable {
  /// Where it stands.
  public var origin: SourcePosition
  /// Where what lies over it stands, the lowest first.
  public var overlays: [SourcePosition]
  /// Its kind, such as `Application`.
  public var kind: String
  /// Its name.
  public var name: String
  /// The application that it declares, as that is called here; `nil` for other kinds.
  public var application: ApplicationName?
  /// Its text, without a `---`, a line feed at its end: the same for the same documents, byte by byte.
  public var text: String
}

/// Writes the documents of a file as they are with what lies over them, comments included; aliases are
/// written out, and the places for anchors (`x-…`) go.
///
/// - Parameters:
///   - file: A file whose documents are sound.
///   - overlays: What is laid over its documents.
/// - Returns: Its documents, in their order; none of other tools.
public func renderManifests(
  _ file: ManifestFile, with overlays: Overlays
) -> [RenderedDocument] {
  let findings = Findings(path: file.path)
  let documents = parseYAMLDocuments(file.bytes, path: file.path).documents
  let comments = commentsOfYAML(file.bytes)
  var rendered: [RenderedDocument] = []
  var first = 1
  for (document, next) in zip(documents, documents.dropFirst().map(\.mark.line) + [Int.max]) {
    defer { first = next }
    guard let root = document.root, Neighbours.name(of: root) == nil,
      let key = DocumentKey(of: root)
    else { continue }
    let (whole, places) =
      switch overlays.merged(root, findings) {
      case .merged(let merged, let places): (merged, places)
      case .nothing, .unknown: (root, [])
      }
    let isNative = !ManifestForm.isWadm(root)
    var lines = YAMLLines(null: nil) { depth, key in
      isNative && depth < 2 && key.hasPrefix("x-")
    }
    lines.add(0, entriesOf: whole)
    rendered.append(
      RenderedDocument(
        origin: root.position(file.path), overlays: places, kind: key.kind.rawValue,
        name: key.name, application: key.application(isNative: isNative),
        text: lines.text(with: comments.filter { (first..<next).contains($0.line) })))
  }
  return rendered
}

extension DocumentKey {
  /// The application that a document of this key declares, as that is called here.
  fileprivate func application(isNative: Bool) -> ApplicationName? {
    guard kind == .application else { return nil }
    return ApplicationName(isNative ? name : LatticeNames.label(name) ?? name)
  }
}
