import Diagnostics
import TextForms
import YAMLTree

/// A stream as its document declares it, as far as it is held against others.
struct StreamManifest: Hashable, Sendable {
  /// Its name on the server.
  var name: String
  var subjects: [PlacedSubject]
  var origin: SourcePosition
}

/// A subject with the place where it stands.
struct PlacedSubject: Hashable, Sendable {
  var pattern: SubjectPattern
  var position: SourcePosition
}

/// Holds the fields of a stream, whose forms are checked already, against one another: what a server
/// refuses, or what would do harm there.
///
/// - Returns: The stream, or `nil` where its name cannot be read.
func decodeStream(_ spec: ObjectReader, of document: YAMLNode) -> StreamManifest? {
  let check = StreamCheck(spec)
  let subjects = check.run()
  let name = spec.node["name"].flatMap { $0.isNull ? nil : $0 } ?? document["metadata"]?["name"]
  guard let name, name.kind == .scalar, isToken(name.text) else { return nil }
  return StreamManifest(name: name.text, subjects: subjects, origin: spec.position)
}

/// The subjects of a list that are some; others have their finding.
func subjects(in list: YAMLNode?, _ findings: Findings) -> [PlacedSubject] {
  (list?.elements ?? .empty).compactMap { node in
    guard node.kind == .scalar, isSubjectPattern(node.text) else { return nil }
    return PlacedSubject(
      pattern: SubjectPattern(node.text), position: node.position(findings.path))
  }
}

/// What is wrong between the streams of all files: a server keeps a name once, and a message in one of
/// them.
func clashes(of streams: [StreamManifest]) -> [Diagnostic] {
  var found: [Diagnostic] = []
  func add(_ code: ManifestCode, _ message: String, _ remedy: String, _ place: SourcePosition) {
    found.append(Diagnostic(code.code, .error, message, remedy: remedy, at: place))
  }
  var first: [String: SourcePosition] = [:]
  var tree = SubjectTree<SourcePosition>()
  for stream in streams.sorted(by: { $0.origin < $1.origin }) {
    if let earlier = first[stream.name] {
      add(
        .declaredTwice, "stream '\(stream.name)' is declared twice",
        "give one of them another name; the other is at \(earlier)", stream.origin)
      continue
    }
    first[stream.name] = stream.origin
    for subject in stream.subjects {
      guard let earlier = tree.owner(meeting: subject.pattern) else { continue }
      add(
        .collision,
        "'\(excerpt(subject.pattern.text))' of the Stream shares subjects with another Stream, which "
          + "a server refuses",
        "leave it to one of them; the other is at \(earlier)", subject.position)
    }
    for subject in stream.subjects { tree.insert(subject.pattern, subject.position) }
  }
  return found
}
