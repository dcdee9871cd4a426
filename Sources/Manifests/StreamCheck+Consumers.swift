import Diagnostics
import TextForms
import YAMLTree

extension StreamCheck {
  func checkConsumers() {
    var names: Set<String> = []
    var shares = SubjectTree<SourcePosition>()
    for consumer in spec.node[StreamFields.consumers.key]?.elements ?? .empty
    where consumer.kind == .mapping {
      let name = consumer["name"]
      let isTwice = name.map { $0.kind == .scalar && !names.insert($0.text).inserted } ?? false
      if let name, isTwice {
        add(
          .duplicateName, "consumer '\(excerpt(name.text))' is declared twice in the Stream",
          remedy: "give one of them another name", at: name.position(findings.path))
      }
      let filters = Manifests.subjects(in: consumer["filterSubjects"], findings)
      checkOverlaps(of: filters, in: "the consumer")
      for filter in filters { checkFilter(filter) }
      let isEmpty = consumer["filterSubjects"].map {
        $0.isNull || $0.kind == .sequence && $0.count == 0
      }
      let isUnfiltered = isEmpty ?? true
      if spec.node["retention"]?.hasText("workQueue") == true {
        checkWords(consumer)
        if !isTwice { checkShares(consumer, isUnfiltered ? nil : filters, &shares) }
      } else if isUnfiltered {
        checkStart(consumer)
      }
    }
  }

  private func checkFilter(_ filter: PlacedSubject) {
    guard isWhole, tree.owner(meeting: filter.pattern) == nil else { return }
    let known = subjects.lazy.map { excerpt($0.pattern.text) }
    add(
      .unknownReference,
      "'\(excerpt(filter.pattern.text))' of the consumer is none of the subjects of its Stream",
      remedy: findings.nearest(to: filter.pattern.text, in: Array(known)).map { "write '\($0)'" }
        ?? "write one of \(named(Array(known), upTo: 5)), or one below", at: filter.position)
  }

  /// Whether a consumer without subjects of its own begins with the last of each.
  private func checkStart(_ consumer: YAMLNode) {
    guard let deliver = consumer["deliver"], deliver.hasText("lastPerSubject") else { return }
    add(
      .missingKey, "the consumer begins with the last of each subject and names none",
      remedy: "add 'filterSubjects'", at: deliver.position(findings.path))
  }

  /// A consumer of a work queue takes all of it, and acknowledges each message.
  private func checkWords(_ consumer: YAMLNode) {
    for (key, wanted, others) in [
      ("deliver", "all", ["last", "lastPerSubject", "new"]), ("ack", "explicit", ["all", "none"]),
    ] {
      guard let node = consumer.value(forKey: key), others.contains(node.text) else { continue }
      add(
        .invalidValue,
        "'\(key)' of the consumer is '\(node.text)', which a server refuses for a workQueue",
        remedy: "write \(wanted), or give the Stream another retention",
        at: node.position(findings.path))
    }
  }

  /// A message of a work queue goes to one consumer.
  private func checkShares(
    _ consumer: YAMLNode, _ filters: [PlacedSubject]?,
    _ shares: inout SubjectTree<SourcePosition>
  ) {
    let place = consumer.position(findings.path)
    let taken = filters ?? [PlacedSubject(pattern: SubjectPattern(">"), position: place)]
    if let earlier = taken.compactMap({ shares.owner(meeting: $0.pattern) }).min() {
      add(
        .collision, "two consumers of a workQueue take the same subjects, which a server refuses",
        remedy: "part them by 'filterSubjects'; the other is at \(earlier)", at: place)
    }
    for subject in taken { shares.insert(subject.pattern, place) }
  }
}
