import Diagnostics
import Testing
import YAMLTree

@Suite("Anchors, aliases and merge keys") struct AliasTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let text: String
    let outline: String

    init(_ name: String, _ text: String, _ outline: String) {
      (testDescription, self.text, self.outline) = (name, text, outline)
    }
  }

  static let cases = [
    Case("a scalar", "a: &x 1\nb: *x\n", "{a:1 b:1}"),
    Case("a scalar as a key", "a: &x k\n*x : 2\n", "{a:k k:2}"),
    Case("a tree", "a: &x {b: [1, 2]}\nc: [*x, *x]\n", "{a:{b:[1 2]} c:[{b:[1 2]} {b:[1 2]}]}"),
    Case("the latest of two", "- &x 1\n- &x 2\n- *x\n", "[1 2 2]"),
    Case("an anchor in a copy", "- &x [&y 1]\n- *x\n- *y\n", "[[1] [1] 1]"),
    Case("merge", "- &x {a: 1, b: 2}\n- <<: *x\n  c: 3\n", "[{a:1 b:2} {c:3 a:1 b:2}]"),
    Case("explicit keys win", "- &x {a: 1, b: 2}\n- b: 3\n  <<: *x\n", "[{a:1 b:2} {b:3 a:1}]"),
    Case(
      "the first of a list wins", "- &x {a: 1}\n- &y {a: 2, b: 2}\n- <<: [*x, *y]\n",
      "[{a:1} {a:2 b:2} {a:1 b:2}]"),
    Case("merge of an inline mapping", "<<: {a: {b: 1}}\nc: 2\n", "{c:2 a:{b:1}}"),
    Case(
      "merge of what was merged", "- &x {a: 1}\n- &y\n  <<: *x\n  b: 2\n- <<: *y\n",
      "[{a:1} {b:2 a:1} {b:2 a:1}]"),
    Case(
      "a copy of what was merged", "- &x {a: 1}\n- &y\n  <<: *x\n- k: *y\n",
      "[{a:1} {a:1} {k:{a:1}}]"),
    Case(
      "an anchor inside a merging mapping stays put",
      "- &x {a: 1}\n- <<: *x\n  b: &y {c: [2]}\n  d: 4\n- *y\n",
      "[{a:1} {b:{c:[2]} d:4 a:1} {c:[2]}]"),
    Case("a quoted << is a key", "'<<': {a: 1}\n", "{'<<':{a:1}}"),
  ]

  @Test("aliases and merge keys become what they stand for", arguments: cases)
  func expansion(_ example: Case) throws {
    #expect(outline(try root(example.text)) == example.outline)
  }

  @Test("a merged mapping counts and finds its entries, and hides <<")
  func merged() throws {
    let node = try #require(try root("x: &x {a: 1, b: 2}\ny: {<<: *x, b: 3}\n")["y"])
    #expect(node.count == 2)
    #expect(node["a"]?.int == 1 && node["b"]?.int == 3 && node["<<"] == nil)
    #expect(node["a"]?.mark == YAMLMark(line: 1, column: 11))
  }

  @Test("anchors end with their document")
  func scope() {
    let reading = parseYAMLDocuments(Array("- &x 1\n---\n- *x\n".utf8), path: "a.yaml")
    #expect(reading.documents.count == 1)
    #expect(reading.error == .unknownAnchor("x", .init(path: "a.yaml", line: 3, column: 3)))
  }
}
