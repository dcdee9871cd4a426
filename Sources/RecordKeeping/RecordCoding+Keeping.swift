import JSONCoding

/// What a newer program wrote and this one does not know stays where this one writes anew.
extension RecordCoding {
  /// The members of parts that this program knows.
  private static let known: Set = [
    "version", "write", "id", "lattice", "doubt", "links", "configs", "applications", "suspects",
    "starting", "hosts", "adopted", "troubles", "suspensions", "approvals", "pins",
    "plans",
  ]
  /// The lists that people write, and what this program knows of an element.
  private static let written: [String: Set<String>] = [
    "suspensions": ["reason", "by", "repository", "application", "until"],
    "approvals": ["time", "application"],
    "plans": ["plan", "tree", "steps", "reason", "by", "time", "until"],
    "pins": ["application", "revision", "form", "reason", "by", "time", "until"],
  ]

  /// Returns a part with what an earlier value of it has beside: members that this program does not know,
  /// and those of what people wrote and this program has not changed.
  ///
  /// Costs one look at each byte of the earlier value.
  ///
  /// - Parameters:
  ///   - old: The earlier value, without the number of its write.
  ///   - new: The value as this program makes it.
  /// - Returns: The value to write.
  static func keeping(unknownOf old: [UInt8]?, in new: [UInt8]) -> [UInt8] {
    guard let old, let unknown = unknown(in: old) else { return new }
    guard var members = (try? JSONValue(parsing: new))?.object else { return new }
    members.merge(unknown.filter { written[$0.key] == nil }) { own, _ in own }
    for (list, names) in written {
      guard let before = unknown[list]?.array, let elements = members[list]?.array else { continue }
      members[list] = .array(
        elements.map { element in
          before.first { old in
            old.object.map { .object($0.filter { names.contains($0.key) }) } == element
          } ?? element
        })
    }
    return JSONValue.object(members).bytes()
  }

  /// The members of a value of our format that this program does not know, with the lists that people
  /// write; `nil` where there are none, or it is no such value.
  private static func unknown(in value: [UInt8]) -> [String: JSONValue]? {
    var (members, isOurs): ([String: JSONValue], Bool) = ([:], false)
    func read(_ reader: inout JSONReader) throws(JSONError) {
      try reader.beginObject()
      while let key = try reader.nextKey() {
        let name = key.text
        if name == "version" {
          isOurs = try reader.int() == version
        } else if known.contains(name), written[name] == nil {
          try reader.skip()
        } else {
          members[name] = try JSONValue(&reader)
        }
      }
    }
    guard (try? JSONReader.read(value, read)) != nil, isOurs, !members.isEmpty else { return nil }
    return members
  }
}
