import Diagnostics
import LatticeModel
import TextForms
import YAMLTree

/// What a document is of and what it is called: what an overlay finds its document by.
struct DocumentKey: Hashable, Sendable {
  var kind: ManifestKind
  var name: String
}

/// The documents of a file of overlays, before they are held against what they lie over.
///
/// Depends on the file's bytes and path alone, so it can be kept by them.
public struct OverlayFile: Sendable {
  /// A document that is laid over others.
  struct Patch: Sendable {
    var root: YAMLNode
    var place: SourcePosition
    /// What tells the bytes of its file from others.
    var blob: String
    /// Whether something is wrong with it, so that what it lies over cannot be told.
    var isDamaged = false
  }

  fileprivate let path: String
  fileprivate let blob: String
  fileprivate var patches: [(key: DocumentKey, patch: Patch)] = []
  /// Documents of KubeVela, which shares wadm's version: passed over, unless they have the name of one
  /// of wadm below.
  fileprivate var strangers: [(key: DocumentKey, place: SourcePosition)] = []
  fileprivate var diagnostics: [Diagnostic] = []
  fileprivate var skipped = SkippedDocuments()
  /// Whether something in it may be meant for any document.
  fileprivate var isUnread = false

  /// Reads a file of overlays.
  ///
  /// Each document has its `apiVersion`, `kind` and `metadata.name`, and what differs; whether that is
  /// sound is said of what it comes to.
  ///
  /// - Parameters:
  ///   - file: The file.
  ///   - blob: What tells its bytes from others.
  public init(_ file: ManifestFile, blob: String = "") {
    path = file.path
    self.blob = blob
    let findings = Findings(path: file.path)
    let reading = parseYAMLDocuments(file.bytes, path: file.path)
    if let error = reading.error {
      if Neighbours.own(file.bytes) {
        let start = SourcePosition(path: file.path, line: 1, column: 1)
        skipped.add("a text that is no YAML", at: start)
      } else {
        findings.add(error.diagnostics)
        isUnread = true
      }
    }
    let roots = reading.documents.compactMap(\.root)
    for root in roots { take(root, findings) }
    if roots.isEmpty, reading.error == nil {
      findings.add(
        .overNothing, .warning, "the file lies over nothing: it has no document",
        remedy: "remove it, or restore what it said",
        at: SourcePosition(path: file.path, line: 1, column: 1))
    }
    findings.close()
    diagnostics = findings.diagnostics
  }

  private mutating func take(_ root: YAMLNode, _ findings: Findings) {
    let place = root.position(path)
    if let name = Neighbours.name(of: root) {
      if ManifestForm.isWadm(root), let own = root["metadata"]?["name"]?.text {
        strangers.append((DocumentKey(kind: .application, name: own), place))
      }
      return skipped.add(name, at: place)
    }
    guard root.kind == .mapping else {
      findings.add(
        .wrongType, "the overlay is \(describe(root)), not a mapping",
        remedy: "begin with apiVersion, kind and metadata", at: place)
      isUnread = true
      return
    }
    guard isManifest(root) || manifestClue(in: root) != nil else {
      return skipped.add("no apiVersion", at: place)
    }
    let form = checkedForm(of: root, findings)
    let name = root["metadata"]?["name"]
    guard let name, isDNSLabel(name.text) || ManifestForm.isWadm(root) && !name.text.isEmpty else {
      if form != nil {
        findings.add(
          .missingKey, "the overlay does not say what it is for",
          remedy: "give it 'metadata.name', the name of the document that it lies over",
          at: (name ?? root).position(path))
      }
      isUnread = true
      return
    }
    let kind =
      root["kind"].map { ManifestKind(rawValue: $0.text) ?? ManifestKind(meantBy: $0) }
      ?? .application
    let patch = Patch(root: root, place: place, blob: blob, isDamaged: form == nil)
    patches.append((DocumentKey(kind: kind, name: name.text), patch))
  }
}

/// Documents that are merged over those of the same kind and name, layer by layer.
public struct Overlays: Sendable {
  /// No overlays.
  public static let none = Overlays()

  private var layers: [[DocumentKey: OverlayFile.Patch]] = []
  private var strangers: [DocumentKey: SourcePosition] = [:]
  /// The findings of their files.
  private(set) var diagnostics: [Diagnostic] = []
  private var isUnread = false
  private var skipped: [SkippedDocuments] = []

  private init() {}

  /// Whether nothing is laid over anything.
  var isEmpty: Bool { layers.isEmpty }

  /// Puts layers over one another.
  ///
  /// - Parameters:
  ///   - layers: The files of each layer, the lowest first; at most 255.
  ///   - isWhole: Whether all their files could be read; where not, nothing that lies below is known.
  public init(_ layers: [[OverlayFile]], isWhole: Bool = true) {
    isUnread = !isWhole
    for files in layers {
      var layer: [DocumentKey: OverlayFile.Patch] = [:]
      for file in files.sorted(by: { $0.path < $1.path }) {
        isUnread = isUnread || file.isUnread
        diagnostics += file.diagnostics
        skipped.append(file.skipped)
        for (key, place) in file.strangers { strangers[key] = place }
        for (key, patch) in file.patches {
          guard let first = layer[key] else {
            layer[key] = patch
            continue
          }
          diagnostics.append(
            Diagnostic(
              ManifestCode.declaredTwice.code, .error,
              "\(key.kind.rawValue) '\(excerpt(key.name))' is overlaid twice in one layer",
              remedy: "join the two; the other is at \(first.place)", at: patch.place))
          layer[key]?.isDamaged = true
        }
      }
      self.layers.append(layer)
    }
    diagnostics += SkippedDocuments.notes(of: skipped)
  }

  /// What tells what lies over some documents from what may lie over them at another time.
  ///
  /// - Parameter file: The file that has the documents.
  /// - Returns: The marks; equal ones mean that the file decodes to the same.
  public func marks(over file: DecodedFile) -> [String] {
    guard !layers.isEmpty else { return [] }
    guard !isUnread else { return ["unread"] }
    return file.documents.flatMap { key in
      layers.map { layer in
        layer[key].map { "\($0.place) \($0.blob)\($0.isDamaged ? " damaged" : "")" } ?? ""
      } + [strangers[key].map { "\($0)" } ?? ""]
    }
  }

  /// What lies over a document of a file.
  enum Merged {
    case nothing
    case merged(YAMLNode, [SourcePosition])
    /// It cannot be told what it comes to; said by a finding already.
    case unknown
  }

  /// Returns what a document comes to.
  func merged(_ root: YAMLNode, _ findings: Findings) -> Merged {
    guard !layers.isEmpty, let key = DocumentKey(of: root) else { return .nothing }
    guard !isUnread else { return .unknown }
    if ManifestForm.isWadm(root), let place = strangers[key] {
      findings.add(
        .otherDialect, "it is of KubeVela by its components, and has the name of one of wadm below",
        remedy: "correct the types of its components, or its name", at: place)
      return .unknown
    }
    var merged = root
    var places: [SourcePosition] = []
    for layer in layers {
      guard let patch = layer[key] else { continue }
      guard !patch.isDamaged else { return .unknown }
      guard let version = patch.root["apiVersion"], let below = merged["apiVersion"],
        version.hasSameText(as: below)
      else {
        findings.add(
          .wrongVersion, "the overlay and what it lies over are of two forms",
          remedy: "write both in one; the other is at \(root.position(findings.path))",
          at: patch.place)
        return .unknown
      }
      merged = mergeYAML(merged, with: patch.root, of: patch.place.path, identity: identity)
      places.append(patch.place)
    }
    return places.isEmpty ? .nothing : .merged(merged, places)
  }

  /// What is wrong with them, and with how they fit what lies below.
  func diagnostics(over files: [DecodedFile]) -> [Diagnostic] {
    guard !layers.isEmpty else { return [] }
    let known = Set(files.flatMap(\.documents))
    let names = Dictionary(grouping: known, by: \.kind).mapValues { $0.map(\.name).sorted() }
    let lost = layers.joined().filter { !known.contains($0.key) && !$0.value.isDamaged }
    return diagnostics
      + lost.sorted { $0.value.place < $1.value.place }.enumerated().map { number, lost in
        let (key, patch) = lost
        // Nobody mends a hundred at once, and each costs a look at every name.
        let nearest =
          number < 100 ? nearestWord(to: key.name, in: names[key.kind] ?? []) : nil
        return Diagnostic(
          ManifestCode.overNothing.code, .error,
          "no \(key.kind.rawValue) '\(excerpt(key.name))' lies below its overlay",
          remedy: nearest.map { "write '\($0)'" }
            ?? "declare it below, or move this document there", at: patch.place)
      }
  }
}

extension DocumentKey {
  /// The key of a document, as it is written.
  init?(of root: YAMLNode) {
    guard let kind = root["kind"].flatMap({ ManifestKind(rawValue: $0.text) }),
      let name = root["metadata"]?["name"]?.text, !name.isEmpty
    else { return nil }
    self.init(kind: kind, name: name)
  }
}

/// What tells an element of a list of a manifest from the others, where anything does.
private func identity(_ element: YAMLNode, in key: String) -> String? {
  guard element.kind == .mapping else { return nil }
  func text(_ node: YAMLNode?) -> String {
    guard let node, !node.isNull else { return "" }
    return node.kind == .scalar ? node.text : "\(text(node["application"]))/\(text(node["name"]))"
  }
  switch key {
  case "links":
    return ["source", "interface", "contract"].map { text(element.value(forKey: $0)) }
      .joined(separator: "\n") + "\n"
      + (text(element["name"]).isEmpty ? "default" : text(element["name"]))
  case "traits":
    let properties = element["properties"]
    return ["target", "namespace", "package", "name"].map { text(properties?.value(forKey: $0)) }
      .joined(separator: "\n") + "\n" + text(element["type"])
  default:
    guard let name = element["name"], name.kind == .scalar else { return nil }
    return name.text
  }
}
