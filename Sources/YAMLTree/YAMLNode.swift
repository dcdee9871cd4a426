public import Diagnostics

/// What a node is.
public enum YAMLKind: UInt8, Hashable, Sendable {
  /// A text, number, boolean or null.
  case scalar
  /// Keys with values.
  case mapping
  /// A list.
  case sequence
}

/// How a node is written.
public enum YAMLStyle: UInt8, Hashable, Sendable {
  /// A scalar without quotes; the only style that can mean a number, a boolean or null.
  case plain
  /// A scalar in `'single quotes'`.
  case singleQuoted
  /// A scalar in `"double quotes"`.
  case doubleQuoted
  /// A block scalar after `|`.
  case literal
  /// A block scalar after `>`.
  case folded
  /// A collection by indentation.
  case block
  /// A collection in brackets or braces.
  case flow
}

/// A view of one node of a document.
///
/// It is two words, cheap to copy, and keeps the whole document alive. Looking up a key compares
/// bytes; a `String` is made only where one is asked for.
///
/// ## Usage
/// ```swift
/// for element in root["spec"]?["actors"]?.elements ?? .empty {
///   print(element["name"]?.text ?? "", element.position("shop.yaml"))
/// }
/// ```
public struct YAMLNode: Sendable {
  let arena: YAMLArena
  let index: Int

  var record: YAMLRecord { arena.records[index] }

  /// What the node is.
  public var kind: YAMLKind { record.kind }
  /// How the node is written.
  public var style: YAMLStyle { record.style }
  /// Where the node begins; for a copy made by an alias, where the anchored text begins.
  public var mark: YAMLMark { record.mark }
  /// How many elements, entries or (for a scalar) bytes the node has.
  public var count: Int { Int(record.count) }

  /// The tag in its full form, such as `tag:yaml.org,2002:str`, or `nil` where none is written.
  public var tag: String? {
    let tag = Int(record.tag)
    return arena.tags.indices.contains(tag - 1) ? arena.tags[tag - 1] : nil
  }

  /// Returns where the node begins in a file.
  ///
  /// - Parameter path: The path as the reader knows it; of a merged tree, that of the lowest file.
  /// - Returns: The place in the file that the node comes from.
  public func position(_ path: String) -> SourcePosition {
    let layer = record.layer
    return mark.position(layer == 0 ? path : arena.layers[layer - 1])
  }

  /// Whether it comes from a text that was laid over another one.
  public var isLaidOver: Bool { record.layer > 0 }

  /// The text of a scalar as written, quotes and escapes resolved; empty for a collection.
  public var text: String {
    withBytes { String(decoding: $0, as: UTF8.self) }
  }

  /// Calls a closure with the bytes of a scalar, without making a `String`.
  ///
  /// - Parameter body: Reads the bytes, which are valid during the call only.
  /// - Returns: What the closure returns.
  /// - Throws: What the closure throws.
  public func withBytes<Result, Failure: Error>(
    _ body: (UnsafeBufferPointer<UInt8>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try arena.text.withUnsafeBufferPointer { (all) throws(Failure) in
      let range = kind == .scalar ? record.textRange : 0..<0
      return try body(UnsafeBufferPointer(rebasing: all[range]))
    }
  }

  /// Returns whether the node is a scalar with exactly this text.
  ///
  /// - Parameter other: The text to compare with.
  /// - Returns: Whether the bytes are equal; `false` for a collection.
  public func hasText(_ other: StaticString) -> Bool {
    other.withUTF8Buffer { arena.text(of: index, equals: $0) }
  }

  /// Returns whether both nodes are scalars with the same bytes.
  ///
  /// - Parameter other: The node to compare with.
  /// - Returns: Whether the bytes are equal; `false` if either is a collection.
  public func hasSameText(as other: YAMLNode) -> Bool {
    guard other.kind == .scalar else { return false }
    return other.withBytes { arena.text(of: index, equals: $0) }
  }
}
