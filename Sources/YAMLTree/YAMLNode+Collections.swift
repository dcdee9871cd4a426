/// One key of a mapping with its value.
public struct YAMLEntry: Sendable {
  /// The key; always a scalar.
  public let key: YAMLNode
  /// The value.
  public let value: YAMLNode
}

/// The elements of a sequence in the order of the text.
public struct YAMLElements: Sequence, IteratorProtocol, Sendable {
  private let arena: YAMLArena?
  private var cursor: Int
  private let end: Int

  /// No elements.
  public static let empty = YAMLElements(of: nil)

  init(of node: YAMLNode?) {
    arena = node?.arena
    cursor = node.map { $0.index + 1 } ?? 0
    end = node?.record.endIndex ?? 0
  }

  /// Returns the next element.
  ///
  /// - Returns: The element, or `nil` after the last.
  public mutating func next() -> YAMLNode? {
    guard let arena, cursor < end else { return nil }
    defer { cursor = arena.records[cursor].endIndex }
    return YAMLNode(arena: arena, index: cursor)
  }
}

/// The entries of a mapping in the order of the text, merged ones last.
public struct YAMLEntries: Sequence, IteratorProtocol, Sendable {
  private var nodes: YAMLElements

  /// No entries.
  public static let empty = YAMLEntries(of: nil)

  init(of node: YAMLNode?) { nodes = YAMLElements(of: node) }

  /// Returns the next entry.
  ///
  /// - Returns: The entry, or `nil` after the last.
  public mutating func next() -> YAMLEntry? {
    while let key = nodes.next(), let value = nodes.next() {
      if !key.record.isHidden { return YAMLEntry(key: key, value: value) }
    }
    return nil
  }
}

extension YAMLNode {
  /// The elements of a sequence; none for any other node.
  public var elements: YAMLElements { kind == .sequence ? YAMLElements(of: self) : .empty }

  /// The entries of a mapping; none for any other node.
  public var entries: YAMLEntries { kind == .mapping ? YAMLEntries(of: self) : .empty }

  /// The value of a key of a mapping, found by comparing bytes.
  ///
  /// - Parameter key: The key.
  /// - Returns: The value, or `nil` if there is no such key or the node is no mapping.
  public subscript(_ key: StaticString) -> YAMLNode? {
    key.withUTF8Buffer { value(for: $0) }
  }

  /// Returns the value of a key that is known only at run time.
  ///
  /// - Parameter key: The key.
  /// - Returns: The value, or `nil` if there is no such key or the node is no mapping.
  public func value(forKey key: String) -> YAMLNode? {
    var key = key
    return key.withUTF8 { value(for: $0) }
  }

  private func value(for key: UnsafeBufferPointer<UInt8>) -> YAMLNode? {
    guard kind == .mapping, let value = arena.value(of: index, for: key) else { return nil }
    return YAMLNode(arena: arena, index: value)
  }

  /// The keys of a mapping that are none of those known, in the order of the text, merged ones last.
  ///
  /// - Parameter known: The keys that are left out.
  /// - Returns: The other keys; none for a node that is no mapping.
  public func keys(besides known: [StaticString]) -> [YAMLNode] {
    guard kind == .mapping else { return [] }
    return arena.keys(of: index, besides: known).map { YAMLNode(arena: arena, index: $0) }
  }
}
