import Diagnostics
import Testing

@testable import YAMLTree

@Suite("Merged trees")
struct MergeTests {
  private func root(_ text: String) throws -> YAMLNode {
    try #require(parseYAMLDocuments(Array(text.utf8), path: "low.yaml").documents.first?.root)
  }

  private func merged(_ lower: String, _ upper: String) throws -> YAMLNode {
    mergeYAML(try root(lower), with: try root(upper), of: "up.yaml") { element, key in
      key == "whole" ? nil : element["name"]?.text
    }
  }

  /// A tree as text, each scalar with the first letter of its file and its line.
  private func shape(_ node: YAMLNode) -> String {
    switch node.kind {
    case .scalar:
      let place = node.position("low.yaml")
      return "\(node.text)@\(place.path.prefix(1))\(place.line)"
    case .sequence: return "[\(node.elements.map { shape($0) }.joined(separator: " "))]"
    case .mapping:
      return
        "{\(node.entries.map { "\($0.key.text):\(shape($0.value))" }.joined(separator: " "))}"
    }
  }

  @Test("mappings are merged key by key in the lower order, each value knows its file")
  func mappings() throws {
    let tree = try merged("a: 1\nb: {c: 2, d: 3}\n", "b: {d: 4, e: 5}\nf: {g: 6}\n")
    #expect(shape(tree) == "{a:1@l1 b:{c:2@l2 d:4@u1 e:5@u1} f:{g:6@u2}}")
    #expect(tree["b"]?["d"]?.isLaidOver == true && tree["a"]?.isLaidOver == false)
    #expect(tree["b"]?.count == 3 && tree.count == 3)
  }

  @Test("a key whose upper value is null goes, a new one is not made")
  func null() throws {
    #expect(shape(try merged("a: 1\nb: 2\n", "b:\nc: ~\n")) == "{a:1@l1}")
    #expect(shape(try merged("a: ''\n", "a: ''\n")) == "{a:@u1}")
  }

  @Test("lists are merged by name, and taken whole where an element has none or two have one")
  func lists() throws {
    let lower = "l:\n- {name: a, x: 1}\n- {name: b}\n"
    #expect(
      shape(try merged(lower, "l: [{name: c}, {name: a, x: 2}]"))
        == "{l:[{name:a@u1 x:2@u1} {name:b@l3} {name:c@u1}]}")
    #expect(shape(try merged(lower, "l: [d]")) == "{l:[d@u1]}")
    #expect(
      shape(try merged(lower, "l: [{name: a}, {name: a}]")) == "{l:[{name:a@u1} {name:a@u1}]}")
    #expect(
      shape(try merged("whole: [{name: a, x: 1}]", "whole: [{name: a}]"))
        == "{whole:[{name:a@u1}]}")
    #expect(shape(try merged(lower, "l: {a: 1}")) == "{l:{a:1@u1}}")
  }

  @Test("layers lie over one another, and aliases, merge keys, tags and styles stay what they mean")
  func layers() throws {
    let lower = try merged("a: 1\nb: !!str 2\nc: 3\n", "b: '4'\n")
    let top = mergeYAML(
      lower, with: try root("x: &x {p: 1}\ny: {<<: *x, q: !!str 7}\nc: \"5\"\n"), of: "zop.yaml"
    ) { _, _ in nil }
    #expect(shape(top) == "{a:1@l1 b:4@u1 c:5@z3 x:{p:1@z1} y:{q:7@z2 p:1@z1}}")
    #expect(top["b"]?.scalarType == .string && top["c"]?.scalarType == .string)
    #expect(top["y"]?["q"]?.scalarType == .string && top["a"]?.int == 1)
    #expect(top["y"]?.count == 2)
  }

  @Test("a large tree is merged in about the time that it is read")
  func large() throws {
    let count = 20_000
    let lower = (0..<count).map { "k\($0): {name: a, value: \($0)}\n" }.joined()
    let upper = (0..<count).map { "k\($0): {value: \($0 + 1)}\n" }.joined()
    let tree = try merged(lower, upper)
    #expect(tree.count == count)
    #expect(tree.value(forKey: "k\(count - 1)")?["value"]?.int == count)
    #expect(tree.value(forKey: "k\(count - 1)")?["name"]?.text == "a")
  }
}
