import Diagnostics
import Testing
import YAMLTree

/// Reads a text that is expected to be sound.
func parse(_ text: String, limits: YAMLLimits = .init()) throws -> [YAMLDocument] {
  try parseYAML(Array(text.utf8), path: "a.yaml", limits: limits)
}

/// The root of a text with one document.
func root(_ text: String) throws -> YAMLNode {
  try #require(try parse(text).first?.root)
}

/// A tree as compact text, to compare whole trees at a glance.
func outline(_ node: YAMLNode) -> String {
  switch node.kind {
  case .scalar: node.style == .plain ? node.text : "'\(node.text)'"
  case .sequence: "[\(node.elements.map(outline).joined(separator: " "))]"
  case .mapping:
    "{\(node.entries.map { "\(outline($0.key)):\(outline($0.value))" }.joined(separator: " "))}"
  }
}

@Suite("YAML documents and nodes") struct YAMLTreeTests {
  @Test("a mapping gives its entries in the order of the text, and its values by key")
  func mapping() throws {
    let node = try root("name: shop\nparts:\n  - b\n  - {c: 1, a: [x]}\nend: ~\n")
    #expect(outline(node) == "{name:shop parts:[b {c:1 a:[x]}] end:~}")
    #expect(node["name"]?.text == "shop")
    #expect(node.value(forKey: "en" + "d")?.isNull == true)
    #expect(node["nam"] == nil && node["names"] == nil && node["shop"] == nil)
    #expect(node["parts"]?["name"] == nil && node["name"]?["name"] == nil)
    #expect(node.count == 3 && node["parts"]?.count == 2)
    #expect(node["parts"]?.style == .block)
    #expect(node["parts"]?.elements.map(\.style) == [.plain, .flow])
  }

  @Test("the keys of a mapping that are not among some are named, merged ones too")
  func otherKeys() throws {
    let node = try root("a: &a {d: 1, ab: 2}\nb: {<<: *a, c: 3, '': 4}\n")
    #expect(node.keys(besides: ["a", "bb"]).map(\.text) == ["b"])
    #expect(node.keys(besides: ["b", "a", "c"]).isEmpty)
    #expect(node["b"]?.keys(besides: ["c", "a"]).map(\.text) == ["", "d", "ab"])
    #expect(node["b"]?.keys(besides: ["", "d", "ab"]).map(\.text) == ["c"])
    #expect(node["b"]?["c"]?.keys(besides: []).isEmpty == true)
  }

  @Test("places count lines and characters from 1")
  func places() throws {
    let node = try root("# note\nname: shop\nlist:\n  - größe: {x: 1}\n")
    let inner = try #require(node["list"]?.elements.first { _ in true })
    #expect(node["name"]?.position("a.yaml").description == "a.yaml:2:7")
    #expect(inner.mark == YAMLMark(line: 4, column: 5))
    #expect(inner["größe"]?.mark == YAMLMark(line: 4, column: 12))
    #expect(inner["größe"]?["x"]?.mark == YAMLMark(line: 4, column: 16))
  }

  @Test("a text may hold several documents, some of them empty")
  func severalDocuments() throws {
    let documents = try parse("a: 1\n---\n---\n# only a note\n--- b\n...\n---\n''\n")
    #expect(documents.map { $0.root.map(outline) } == ["{a:1}", nil, nil, "b", "''"])
    #expect(documents.map(\.mark.line) == [1, 2, 3, 5, 7])
    #expect(try parse("").isEmpty)
    #expect(try parse("# nothing\n").isEmpty)
  }

  @Test("a byte order mark is accepted and moves no column")
  func byteOrderMark() throws {
    #expect(try root("\u{FEFF}a: 1").mark == YAMLMark(line: 1, column: 1))
    #expect(try root("\u{FEFF}a: 1")["a"]?.mark == YAMLMark(line: 1, column: 4))
  }

  @Test("JSON is read, tabs between its tokens included")
  func json() throws {
    let node = try root("{\n\t\"a\": [1, \"2\", null],\n\t\"b\": {\"c\": \"\\u00e9\"}\n}\n")
    #expect(outline(node) == "{'a':[1 '2' null] 'b':{'c':'é'}}")
  }

  @Test("styles tell quotes and blocks apart, and escapes are resolved")
  func styles() throws {
    let node = try root("- a\n- 'b'\n- \"c\\0\\n\"\n- |\n  d\n  e\n- >\n  f\n  g\n")
    #expect(
      node.elements.map(\.style) == [.plain, .singleQuoted, .doubleQuoted, .literal, .folded])
    #expect(node.elements.map(\.text) == ["a", "b", "c\0\n", "d\ne\n", "f g\n"])
  }

  @Test("bytes are compared without making strings")
  func comparing() throws {
    let node = try root("[ab, 'ab', abc, [ab]]")
    let elements = Array(node.elements)
    #expect(elements.map { $0.hasText("ab") } == [true, true, false, false])
    #expect(elements.map { $0.hasSameText(as: elements[0]) } == [true, true, false, false])
    #expect(elements[2].withBytes { Array($0) } == Array("abc".utf8))
  }

  @Test("tags are given in full, and decide the meaning")
  func tags() throws {
    let node = try root("[!!str 1, !mine 2, !!int '3', 4, !!int 1x1]")
    #expect(
      node.elements.map(\.tag).dropLast() == [
        "tag:yaml.org,2002:str", "!mine", "tag:yaml.org,2002:int", nil,
      ])
    #expect(node.elements.map(\.scalarType) == [.string, .string, .integer, .integer, .integer])
    #expect(node.elements.map(\.int) == [nil, nil, 3, 4, nil])
  }
}
