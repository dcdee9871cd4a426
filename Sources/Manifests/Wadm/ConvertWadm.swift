public import Diagnostics
import LatticeModel
import YAMLTree

/// A manifest in the native form, or why there is none.
public struct ConvertedManifest: Sendable {
  /// Its text; `nil` where there is an error among the findings.
  public var text: String?
  /// What is wrong with the manifest, and what of it has no place in the native form.
  public var diagnostics: [Diagnostic]
}

/// Writes wadm's applications in the native form, with their comments.
///
/// Both forms decode to the same model, ids and names of configs included, so that the hosts' state
/// agrees with the one as far as it agrees with the other. That an application is for hosts before 1.0
/// is not kept: its links say so, each for itself, until they have an interface.
///
/// - Parameter file: A file with one or more applications of wadm, and nothing else.
/// - Returns: The native form, with the findings.
public func convertWadm(_ file: ManifestFile) -> ConvertedManifest {
  let findings = Findings(path: file.path)
  var diagnostics = decodeManifests(file).diagnostics.filter {
    $0.code != ManifestCode.documentSkipped.code
  }
  let documents = parseYAMLDocuments(file.bytes, path: file.path).documents
  let roots = documents.compactMap(\.root)
  for root in roots where !ManifestForm.isWadm(root) || Neighbours.name(of: root) != nil {
    let isNative = root["apiVersion"]?.hasText(ownVersion) ?? false
    findings.add(
      .wrongVersion,
      isNative
        ? "the document is in the native form already" : "the document is no application of wadm",
      remedy: isNative && roots.count == 1
        ? "nothing is to be done" : "leave only those with apiVersion \(wadmVersion)",
      at: root.position(file.path))
  }
  if roots.isEmpty, diagnostics.isEmpty {
    findings.add(
      .wrongVersion, "there is no application of wadm", remedy: "name a file that has one",
      at: SourcePosition(path: file.path, line: 1, column: 1))
  }
  let isSound = findings.errors == 0 && !diagnostics.contains { $0.severity == .error }
  var texts: [String] = []
  if isSound {
    let comments = commentsOfYAML(file.bytes)
    var first = 1
    for (root, next) in zip(roots, documents.dropFirst().map(\.mark.line) + [Int.max]) {
      guard let manifest = decodeWadm(root, Findings(path: file.path)) else { continue }
      warnOfContracts(manifest, root, findings)
      let converter = WadmConverter(root, manifest, findings)
      let lines = converter.lines()
      texts.append(lines.text(with: comments.filter { (first..<next).contains($0.line) }))
      first = next
    }
  }
  findings.close()
  diagnostics = (diagnostics + findings.diagnostics).sorted()
  let isConverted = isSound && findings.errors == 0
  return ConvertedManifest(
    text: isConverted ? texts.joined(separator: "---\n") : nil, diagnostics: diagnostics)
}

/// Says what a manifest for hosts before 1.0 cannot know.
private func warnOfContracts(
  _ manifest: ApplicationManifest, _ root: YAMLNode, _ findings: Findings
) {
  guard manifest.application.isForHostsBefore1, let word = wordOfActorEra(in: root) else { return }
  findings.add(
    .otherDialect, .warning,
    "\(manifest.application.name) is for hosts before 1.0: which interfaces its links call, it does "
      + "not say",
    remedy: "add 'interface' to each link, such as wasi:keyvalue/store, and name images for hosts "
      + "since 1.0; a contract alone links nothing there", at: word.position(findings.path))
}
