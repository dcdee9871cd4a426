extension YAMLTreeBuilder {
  /// The last document may go on where the reading stopped.
  mutating func damageLast() {
    guard let last = roots.indices.last else { return }
    roots[last].isDamaged = true
  }

  /// What was read, once everything is closed.
  consuming func reading() -> YAMLReading {
    let arena = YAMLArena(records: records, text: text, tags: tags)
    let error = findings.count > 1 ? YAMLError.several(findings) : findings.first
    return YAMLReading(
      documents: roots.filter { !$0.isDamaged }.map { $0.document(in: arena) },
      damaged: roots.filter(\.isDamaged).map { $0.document(in: arena) }, error: error)
  }
}

extension YAMLTreeBuilder.Root {
  fileprivate func document(in arena: YAMLArena) -> YAMLDocument {
    YAMLDocument(root: index.map { YAMLNode(arena: arena, index: $0) }, mark: mark)
  }
}
