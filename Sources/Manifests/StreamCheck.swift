import Diagnostics
import TextForms
import YAMLTree

/// What a server refuses of one stream.
struct StreamCheck {
  let spec: ObjectReader
  let subjects: [PlacedSubject]
  /// Whether all its subjects could be read, so that it is known what it keeps.
  let isWhole: Bool
  let tree: SubjectTree<SourcePosition>

  init(_ spec: ObjectReader) {
    self.spec = spec
    subjects = Manifests.subjects(in: spec.node["subjects"], spec.findings)
    isWhole = !subjects.isEmpty && subjects.count == spec.node["subjects"]?.count
    var tree = SubjectTree<SourcePosition>()
    for subject in subjects { tree.insert(subject.pattern, subject.position) }
    self.tree = tree
  }

  var findings: Findings { spec.findings }

  /// Checks all of it; returns the subjects that a server takes, which others may share messages with.
  func run() -> [PlacedSubject] {
    if let list = spec.node["subjects"], list.kind == .sequence, list.count == 0 {
      add(
        .missingKey, "'subjects' of the Stream has none, where a server puts the Stream's name",
        remedy: "add those whose messages it keeps", at: list.position(findings.path))
    }
    let taken = subjects.filter { isTaken($0) }
    checkOverlaps(of: taken, in: "the Stream")
    checkTimes()
    checkConsumers()
    return taken
  }

  func add(
    _ code: ManifestCode, _ message: @autoclosure () -> String,
    remedy: @autoclosure () -> String, at position: SourcePosition
  ) {
    findings.add(code, message(), remedy: remedy(), at: position)
  }

  // MARK: Subjects

  /// Whether a stream of a subject comes between no request and its answer.
  private func isTaken(_ subject: PlacedSubject) -> Bool {
    let (pattern, place) = (subject.pattern, subject.position)
    if pattern.text == ">" || serverSubjects.contains(where: { $0.takes(pattern) }) {
      add(
        .invalidValue,
        "'\(excerpt(pattern.text))' of the Stream takes what servers say among themselves, so they "
          + "refuse it",
        remedy: "begin with the first word of the subjects that are meant", at: place)
      return false
    } else if latticeSubjects.takes(pattern) {
      add(
        .invalidValue,
        "'\(excerpt(pattern.text))' of the Stream takes the requests of lattices: the server would "
          + "answer them before the hosts do",
        remedy: "leave them out; of lattices only wasmbus.evt.> can be kept", at: place)
      return false
    } else if pattern.text.hasPrefix("$") {
      findings.add(
        .invalidValue, .warning,
        "'\(excerpt(pattern.text))' of the Stream begins with '$', as only what the server itself "
          + "keeps does",
        remedy: "name the subjects of actors and providers", at: place)
    }
    return true
  }

  /// Two subjects of one list must not share a message.
  func checkOverlaps(of subjects: [PlacedSubject], in what: String) {
    var tree = SubjectTree<SourcePosition>()
    for subject in subjects {
      if let earlier = tree.owner(meeting: subject.pattern) {
        add(
          .collision,
          "'\(excerpt(subject.pattern.text))' of \(what) shares subjects with another of the list, "
            + "which a server refuses",
          remedy: "keep the one that takes more; the other is at \(earlier)", at: subject.position)
      }
      tree.insert(subject.pattern, subject.position)
    }
  }

  // MARK: Numbers

  private func checkTimes() {
    let (age, window) = (time("maxAge"), time("duplicateWindow"))
    for (key, found) in [("maxAge", age), ("duplicateWindow", window)] {
      guard let found, found.time > .zero, found.time < .milliseconds(100) else { continue }
      add(
        .invalidValue, "'\(key)' of the Stream is \(formatDuration(found.time))",
        remedy: "write 100ms or more: a server refuses less", at: found.place)
    }
    if let age, let window, window.time > age.time {
      add(
        .invalidValue,
        "'duplicateWindow' of the Stream is longer than its 'maxAge', which a server refuses",
        remedy: "write \(formatDuration(age.time)) or less", at: window.place)
    }
    if let size = spec.node["maxMessageSize"], size.kind == .scalar,
      let bytes = parseByteSize(size.text), bytes > Int32.max
    {
      add(
        .invalidValue, "'maxMessageSize' of the Stream is more than a server takes",
        remedy: "write less than 2Gi", at: size.position(findings.path))
    }
  }

  private func time(_ key: StaticString) -> (time: Duration, place: SourcePosition)? {
    guard let node = spec.node[key], node.kind == .scalar, let time = parseDuration(node.text)
    else { return nil }
    return (time, node.position(findings.path))
  }
}

/// Subjects with requests, all but some of which a stream must not keep: it would answer them.
private struct RequestSubjects: Sendable {
  var all: SubjectPattern
  var harmless: SubjectPattern?

  func takes(_ pattern: SubjectPattern) -> Bool {
    pattern.meets(all) && !(harmless.map(pattern.isWithin) ?? false)
  }
}

private let serverSubjects = [
  RequestSubjects(all: SubjectPattern("$JS.>"), harmless: SubjectPattern("$JS.EVENT.>")),
  RequestSubjects(all: SubjectPattern("$JSC.>")), RequestSubjects(all: SubjectPattern("$NRG.>")),
  RequestSubjects(all: SubjectPattern("$SYS.>"), harmless: SubjectPattern("$SYS.ACCOUNT.>")),
]

private let latticeSubjects = RequestSubjects(
  all: SubjectPattern("wasmbus.>"), harmless: SubjectPattern("wasmbus.evt.>"))
