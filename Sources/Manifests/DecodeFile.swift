import Diagnostics
import LatticeModel
import TextForms
import YAMLTree

/// Decodes all documents of a file.
///
/// A document is passed over only if it is another tool's, or nothing in it is like a manifest: a
/// misspelt key must not look like a deletion. An application whose document has an error is frozen by its
/// name; one that cannot be named makes its place unreadable.
///
/// - Parameters:
///   - file: The file.
///   - overlays: What is laid over its documents; one over which nothing readable lies is frozen too.
/// - Returns: What it declares, and all findings.
public func decodeManifests(_ file: ManifestFile, with overlays: Overlays = .none) -> DecodedFile {
  var decoder = FileDecoder(
    findings: Findings(path: file.path), overlays: overlays,
    mayHide: !overlays.isEmpty || file.bytes.contains { $0 >= 0x80 })
  decoder.decode(parseYAMLDocuments(file.bytes, path: file.path), of: file.bytes)
  return decoder.decoded
}

private struct FileDecoder {
  let findings: Findings
  let overlays: Overlays
  /// Whether there may be characters that nobody sees.
  let mayHide: Bool
  var decoded = DecodedFile()

  mutating func decode(_ reading: YAMLReading, of bytes: [UInt8]) {
    if let error = reading.error {
      let start = SourcePosition(path: findings.path, line: 1, column: 1)
      if Neighbours.own(bytes) { return decoded.skipped.add("a text that is no YAML", at: start) }
      if Neighbours.isTemplate(bytes, at: findings.path) {
        return decoded.skipped.add("a template of a chart", at: start)
      }
      findings.add(error.diagnostics)
      for root in reading.damaged.compactMap(\.root) {
        checkReferences(of: root, besides: error)
        giveUp(root)
      }
      // What follows a syntax error is lost, and of two equal keys only one is seen: there may be
      // more applications here than those that could be named.
      decoded.unreadable.append(error.diagnostics.first?.location ?? start)
      decoded.isEmpty = false
    }
    for root in reading.documents.compactMap(\.root) { decode(root) }
    findings.close()
    decoded.diagnostics = findings.diagnostics
  }

  private mutating func decode(_ root: YAMLNode) {
    let place = root.position(findings.path)
    if let name = Neighbours.name(of: root) {
      if let items = Neighbours.itemsLikeOurs(root) { warnOfItems(items) }
      return decoded.skipped.add(name, at: place)
    }
    if Neighbours.isList(root) { return decoded.skipped.add("a list", at: place) }
    guard root.kind == .mapping else {
      findings.add(
        .wrongType, "the document is \(describe(root)), not a mapping",
        remedy: "begin with apiVersion and kind", at: place)
      return giveUp(root)
    }
    guard isManifest(root) else {
      guard let clue = manifestClue(in: root) else {
        return decoded.skipped.add("no apiVersion", at: place)
      }
      findings.add(
        .unknownKey, "the document has none of apiVersion, kind, metadata and spec, but \(clue)",
        remedy: "correct its keys, or move it out of the selected path", at: place)
      return giveUp(root)
    }
    if let key = DocumentKey(of: root) { decoded.documents.append(key) }
    let errors = findings.errors
    switch overlays.merged(root, findings) {
    case .nothing: decodeWhole(root, unless: errors)
    case .merged(let merged, let places):
      decoded.overlaid.append(
        OverlaidDocument(
          name: root["metadata"]?["name"]?.text ?? "", origin: place, overlays: places))
      decodeWhole(merged, unless: errors)
    case .unknown: giveUp(root)
    }
  }

  /// Looks for other mistakes in a document in which a key stands twice; what lies over it might mend
  /// them.
  private mutating func checkReferences(of root: YAMLNode, besides error: YAMLError) {
    let naming = ManifestForm.isWadm(root) ? namingKeysOfWadm : namingKeys
    guard overlays.isEmpty, error.hidesNone(of: naming), root.kind == .mapping, isManifest(root),
      Neighbours.name(of: root) == nil, let form = checkedForm(of: root, findings)
    else { return }
    let manifest: ApplicationManifest? =
      switch form {
      case .wadm: decodeWadm(root, findings)
      case .native(.application): decodeApplication(root, findings)
      case .native: nil
      }
    if let manifest { decoded.broken.append(manifest) }
  }

  /// Decodes a document with what lies over it, unless there are more errors than before it.
  private mutating func decodeWhole(_ root: YAMLNode, unless errors: Int) {
    if mayHide, reportInvisible(in: root, findings) { return giveUp(root) }
    guard let form = checkedForm(of: root, findings) else { return giveUp(root) }
    switch form {
    case .wadm: take(decodeWadm(root, findings), unless: errors)
    case .native(let kind): decode(root, kind)
    }
    if findings.errors > errors { giveUp(root) } else { decoded.isEmpty = false }
  }

  private mutating func decode(_ root: YAMLNode, _ kind: ManifestKind) {
    let errors = findings.errors
    switch kind {
    case .application: take(decodeApplication(root, findings), unless: errors)
    case .policy:
      if let policy = decodePolicy(root, findings), findings.errors == errors {
        decoded.policies.append(policy)
      }
      warnNotActedOn(root, kind)
    case .hostProfile: checkHostProfile(root)
    case .lattice: check(root, kind, LatticeFields.table)
    case .stream: checkStream(root)
    }
  }

  /// Checks a document of a kind that nothing comes of yet, down to its last field.
  @discardableResult
  private func check(
    _ root: YAMLNode, _ kind: ManifestKind, _ table: ObjectTable
  ) -> ObjectReader? {
    let what = "spec of \(DocumentFields.of(kind).noun)"
    let spec = decodeEnvelope(root, kind, findings).spec
    let reader = spec.flatMap { ObjectReader($0, what, table, findings) }
    reader?.checkAll(table)
    warnNotActedOn(root, kind)
    return reader
  }

  private func checkHostProfile(_ root: YAMLNode) {
    let profile = check(root, .hostProfile, HostProfileFields.table)
    guard let match = profile?.node[HostProfileFields.match.key], match.kind == .mapping,
      match.count == 0
    else { return }
    findings.add(
      .missingKey, "'match' of the HostProfile has neither 'labels' nor 'ids'",
      remedy: "say which hosts it is for", at: match.position(findings.path))
  }

  private mutating func checkStream(_ root: YAMLNode) {
    guard let spec = check(root, .stream, StreamFields.table),
      let stream = decodeStream(spec, of: root)
    else { return }
    decoded.streams.append(stream)
  }

  /// Takes an application, unless there are more errors than before it.
  private mutating func take(_ manifest: ApplicationManifest?, unless errors: Int) {
    guard let manifest else { return }
    if findings.errors == errors {
      decoded.applications.append(manifest)
    } else {
      decoded.broken.append(manifest)
    }
  }

  private func warnOfItems(_ items: YAMLNode) {
    findings.add(
      .documentSkipped, .warning, "the items of a List are not read, and some may be meant for us",
      remedy: "write each as a document of its own", at: items.position(findings.path))
  }

  private func warnNotActedOn(_ root: YAMLNode, _ kind: ManifestKind) {
    findings.add(
      .notActedOn, .warning, "the \(kind.rawValue) is accepted, not acted on yet",
      at: root.position(findings.path))
  }

  /// Notes that a document cannot be used: by its application's name, if that can be trusted.
  ///
  /// A document of another kind declares no application and freezes none. Where there is no
  /// `spec`, the text may end within the name.
  private mutating func giveUp(_ root: YAMLNode) {
    decoded.isEmpty = false
    let written = root["metadata"]?["name"]?.text ?? ""
    let name = ManifestForm.isWadm(root) ? LatticeNames.label(written) ?? "" : written
    let kind = root["kind"].map(ManifestKind.init(meantBy:)) ?? .application
    if kind == .policy { decoded.unreadPolicies.append(PolicyName(name)) }
    guard kind == .application else { return }
    let place = root.position(findings.path)
    if isDNSLabel(name) {
      decoded.frozen.append(FrozenApplication(name: ApplicationName(name), origin: place))
    }
    if !isDNSLabel(name) || root["spec"] == nil { decoded.unreadable.append(place) }
  }
}

/// The keys that hold names, or what others name.
private let namingKeys = Set(
  ApplicationFields.table.keys.map(\.description) + manifestKeys + ["name", "application", "<<"])

/// Those of wadm, whose components are told apart by what stands in them.
private let namingKeysOfWadm = Set(
  manifestKeys + [
    "name", "application", "<<", "components", "policies", "traits", "properties", "type", "source",
    "target", "source_config", "target_config", "config", "secrets", "id", "image", "contract",
    "link_name", "namespace", "package", "interfaces",
  ])

extension YAMLError {
  /// Whether all that it keeps from being read is the second value of keys that are none of these.
  fileprivate func hidesNone(of naming: Set<String>) -> Bool {
    switch self {
    case .duplicateKey(let key, _, _): !naming.contains(key)
    case .several(let errors): errors.allSatisfy { $0.hidesNone(of: naming) }
    default: false
    }
  }
}
