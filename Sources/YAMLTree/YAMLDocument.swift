/// One document of a YAML text.
///
/// All documents of a text share one arena of nodes and one buffer of text, which live as long
/// as any document or node of it.
public struct YAMLDocument: Sendable {
  /// The outermost node, or `nil` for a document that holds nothing.
  public let root: YAMLNode?
  /// Where the document begins: its `---`, or its first node.
  public let mark: YAMLMark
}

/// What was read of a text: the sound documents, and what is wrong with the others.
public struct YAMLReading: Sendable {
  /// The documents without a finding, in the order of the text.
  public let documents: [YAMLDocument]
  /// What could be read of documents with a finding.
  ///
  /// Good for learning whose document it is, and for nothing else: entries may be missing. Of
  /// duplicate keys the first is found.
  public let damaged: [YAMLDocument]
  /// What is wrong, or `nil` if every document is sound.
  public let error: YAMLError?
}
