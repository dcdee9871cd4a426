import JSONCoding
import ReconcileTestKit
import Testing

/// A key is used if taking it away, or another value of its type in its place, changes what is
/// decoded or makes decoding fail.
@Suite("Keys of recorded messages")
struct KeyTests {
  @Test("each key that hosts 1.9.2 send is used or on the list of ignored keys, and none is both")
  func keys() async throws {
    var used: Set<String> = []
    var seen: Set<String> = []
    for reading in try RecordedReading.all() {
      await Task.yield()  // Other tests have deadlines.
      let result = reading.read(reading.json.bytes())
      guard !result.isEmpty else {
        seen.insert("\(reading.kind): *")
        continue
      }
      for (path, make) in edits(of: reading.json) {
        let key = "\(reading.kind): \(named(path, reading.kind))"
        seen.insert(key)
        if !used.contains(key), reading.read(make().bytes()) != result { used.insert(key) }
      }
    }
    let ignored = try ignoredKeys()
    let unread = seen.subtracting(used)
    // Of what is ignored as a whole, the parts need no line of their own.
    let unused = unread.sorted().filter { key in !unread.contains { key.hasPrefix("\($0).") } }
    #expect(unused.filter { !ignored.contains($0) } == [], "neither used nor on the list")
    #expect(ignored.filter { !unused.contains($0) } == [], "on the list, but used or never seen")
    #expect(ignored == ignored.sorted() && used.count > 100)
  }

  /// The lines of the list, without the reasons.
  private func ignoredKeys() throws -> [String] {
    let files = try repositoryFiles("Tests/Recordings/v1.9.2")
    let list = try #require(files.first { $0.path.hasSuffix("/ignored-keys.txt") })
    return String(decoding: list.bytes, as: UTF8.self).split(separator: "\n").compactMap { line in
      let key = line.prefix { $0 != "#" }.trimmed
      return key.isEmpty ? nil : key
    }
  }

  /// Every key of a value, with what makes the value that lacks it and the one that has another
  /// there.
  private func edits(of value: JSONValue) -> [(path: [String], make: () -> JSONValue)] {
    switch value {
    case .object(let members):
      members.flatMap { key, member -> [(path: [String], make: () -> JSONValue)] in
        func with(_ other: JSONValue?) -> JSONValue {
          var members = members
          members[key] = other
          return .object(members)
        }
        return [([key], { with(nil) }), ([key], { with(changed(member)) })]
          + edits(of: member).map { path, make in ([key] + path, { with(make()) }) }
      }
    case .array(let elements):
      elements.indices.flatMap { index in
        edits(of: elements[index]).map { path, make in
          (
            ["[]"] + path,
            {
              var elements = elements
              elements[index] = make()
              return .array(elements)
            }
          )
        }
      }
    default: []
    }
  }

  /// Another value of the same type.
  private func changed(_ value: JSONValue) -> JSONValue {
    switch value {
    case .null: .null
    case .bool(let flag): .bool(!flag)
    case .int(let number): .int(number + 1)
    case .double(let number): .double(number + 1)
    case .string(let text): .string(text + "x")
    case .array(let elements): .array(elements.isEmpty ? ["x"] : [])
    case .object(let members): .object(members.isEmpty ? ["x": "x"] : [:])
    }
  }

  /// A path as text; keys of free maps are one.
  private func named(_ path: [String], _ kind: String) -> String {
    var names: [String] = []
    for step in path {
      let isFree =
        ["labels", "annotations", "limits"].contains(names.last)
        || kind == "stored config" || kind == "reply config.get" && names == ["response"]
      names.append(isFree ? "*" : step)
    }
    return names.joined(separator: ".")
  }
}

extension Substring {
  fileprivate var trimmed: String {
    String(drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
  }
}
