import JSONCoding

/// A document with one thing changed in it.
struct Mutation {
  /// What was changed, and where.
  let what: String
  let value: JSONValue
}

/// Every document that one change makes of a document: each key gone or misspelt, each value in
/// turn another one.
func mutations(of value: JSONValue, at path: String = "") -> [Mutation] {
  var found: [Mutation] = []
  switch value {
  case .object(let members):
    for (key, member) in members.sorted(by: { $0.key < $1.key }) {
      var rest = members
      rest[key] = nil
      found.append(Mutation(what: "\(path).\(key) is gone", value: .object(rest)))
      rest[String(key.dropLast()) + "_"] = member
      found.append(Mutation(what: "\(path).\(key) is misspelt", value: .object(rest)))
      found += changes(of: member, at: "\(path).\(key)") { changed in
        var members = members
        members[key] = changed
        return .object(members)
      }
    }
  case .array(let elements):
    for (index, element) in elements.enumerated() {
      let place = "\(path)[\(index)]"
      found.append(Mutation(what: "\(place) stands twice", value: .array(elements + [element])))
      found += changes(of: element, at: place) { changed in
        var elements = elements
        elements[index] = changed
        return .array(elements)
      }
    }
  default: break
  }
  return found
}

/// Every document that one change makes of a value inside it, or another value in its place.
private func changes(
  of value: JSONValue, at path: String, _ put: (JSONValue) -> JSONValue
) -> [Mutation] {
  let replaced = others.filter { $0 != value }.map {
    Mutation(what: "\(path) = \(String(decoding: $0.bytes(), as: UTF8.self))", value: $0)
  }
  return (replaced + mutations(of: value, at: path)).map {
    Mutation(what: $0.what, value: put($0.value))
  }
}

/// What stands in the place of a value: something of each type, of each form, and out of bounds.
private let others: [JSONValue] = [
  .null, true, 0, 1, -1, 256, 1_000_001, 4_294_967_296, .double(0.5), "", " ", "a b", "x", "In",
  "Gt", "Exists", "rolling", "5", "0", "-5", "0s", "1m30s", "1.5h", "10", "64Mi", "1.5Ki", "0.25",
  "500m", "1.5m", "a:b", "a:b/c", "a:b/c, d@0.1.0", "r/x:1", "X", "-a", "a_b", [], ["a"], [""],
  [.null], [["a"]], [["name": "a"]], ["3"], [3], [:], ["a": "b"], ["a": .null], ["a": ["b"]],
  ["a": [["name": "b"]]], ["x-a": 1], ["-a": "b"], ["name": "a", "application": "b"],
]
