/// Lays one tree over another, field by field.
///
/// Mappings are merged key by key, in the order of the lower tree; a key whose upper value is null goes.
/// Lists are merged where each element of both has a name of its own: element by element, new ones last.
/// Any other value is the upper one's, whole. Costs one copy of both.
///
/// - Parameters:
///   - lower: The tree below.
///   - upper: The tree that is laid over it; it was read from a text.
///   - path: The file of the upper tree; each node knows on from which of the two it comes.
///   - identity: The name of an element of a list that stands under a key; `nil` for lists that are
///     taken whole.
/// - Returns: The merged tree.
public func mergeYAML(
  _ lower: YAMLNode, with upper: YAMLNode, of path: String,
  identity: (_ element: YAMLNode, _ key: String) -> String?
) -> YAMLNode {
  withoutActuallyEscaping(identity) { identity in
    var merger = YAMLMerger(
      layers: lower.arena.layers + [path], identity: identity, upper: upper.arena)
    merger.merge(lower, upper, under: "")
    let arena = YAMLArena(
      records: merger.records, text: merger.text, tags: merger.tags, layers: merger.layers)
    return YAMLNode(arena: arena, index: 0)
  }
}

private struct YAMLMerger {
  let layers: [String]
  let identity: (YAMLNode, String) -> String?
  let upper: YAMLArena
  var records: [YAMLRecord] = []
  var text: [UInt8] = []
  var tags: [String] = []
  private var tagNumbers: [String: UInt16] = [:]

  init(
    layers: [String], identity: @escaping (YAMLNode, String) -> String?, upper: YAMLArena
  ) {
    (self.layers, self.identity, self.upper) = (layers, identity, upper)
  }

  mutating func merge(_ lower: YAMLNode, _ over: YAMLNode, under key: String) {
    if lower.kind == .mapping, over.kind == .mapping {
      let changes = Dictionary(
        over.entries.map { ($0.key.text, $0.value) }, uniquingKeysWith: { first, _ in first })
      // What lacks a key since the upper one took it away is the upper one's doing.
      let isReduced = lower.entries.contains { changes[$0.key.text]?.isNull ?? false }
      add(isReduced ? over : lower) { merger in
        var count = 0
        var known: Set<String> = []
        for entry in lower.entries {
          let name = entry.key.text
          known.insert(name)
          let change = changes[name]
          if change?.isNull ?? false { continue }
          merger.copy(entry.key)
          if let change {
            merger.merge(entry.value, change, under: name)
          } else {
            merger.copy(entry.value)
          }
          count += 1
        }
        for entry in over.entries where !known.contains(entry.key.text) && !entry.value.isNull {
          merger.copy(entry.key)
          merger.copy(entry.value)
          count += 1
        }
        return count
      }
    } else if lower.kind == .sequence, over.kind == .sequence,
      let names = self.names(of: lower, key), let changes = self.names(of: over, key)
    {
      let elements = Array(over.elements)
      let places = Dictionary(uniqueKeysWithValues: zip(changes, elements.indices))
      add(lower) { merger in
        for (name, element) in zip(names, lower.elements) {
          if let place = places[name] {
            merger.merge(element, elements[place], under: "")
          } else {
            merger.copy(element)
          }
        }
        let known = Set(names)
        let added = zip(changes, elements).filter { !known.contains($0.0) }
        for (_, element) in added { merger.copy(element) }
        return names.count + added.count
      }
    } else {
      copy(over)
    }
  }

  /// The names of all elements of a list, where each has one of its own.
  private func names(of list: YAMLNode, _ key: String) -> [String]? {
    var names: [String] = []
    for element in list.elements {
      guard let name = identity(element, key) else { return nil }
      names.append(name)
    }
    return Set(names).count == names.count ? names : nil
  }

  mutating func copy(_ node: YAMLNode) {
    switch node.kind {
    case .scalar: add(node) { _ in node.count }
    case .sequence:
      add(node) { merger in
        for element in node.elements { merger.copy(element) }
        return node.count
      }
    case .mapping:
      add(node) { merger in
        var count = 0
        for entry in node.entries {
          merger.copy(entry.key)
          merger.copy(entry.value)
          count += 1
        }
        return count
      }
    }
  }

  /// Adds a node with what stands in it, which returns how much that is.
  private mutating func add(_ node: YAMLNode, _ content: (inout YAMLMerger) -> Int) {
    var record = YAMLRecord(node.kind, node.style, at: node.mark)
    record.layer = node.arena === upper ? layers.count : node.record.layer
    record.tag = node.tag.map { number(of: $0) } ?? 0
    let index = records.count
    if node.kind == .scalar {
      record.start = UInt32(truncatingIfNeeded: text.count)
      node.withBytes { text += $0 }
    }
    records.append(record)
    let count = content(&self)
    records[index].count = UInt32(truncatingIfNeeded: count)
    records[index].end = UInt32(truncatingIfNeeded: records.count)
  }

  private mutating func number(of tag: String) -> UInt16 {
    if let known = tagNumbers[tag] { return known }
    // The limits of a text leave room for all of them; the last number is for what is hidden.
    guard tags.count + 1 < Int(UInt16.max) else { return 0 }
    tags.append(tag)
    let number = UInt16(tags.count)
    tagNumbers[tag] = number
    return number
  }
}
