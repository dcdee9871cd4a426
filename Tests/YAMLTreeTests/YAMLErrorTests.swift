import Diagnostics
import Testing
import YAMLTree

@Suite("Findings in YAML") struct YAMLErrorTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let text: [UInt8]
    let finding: String
    var testDescription: String { finding }

    init(_ text: String, _ finding: String) {
      (self.text, self.finding) = (Array(text.utf8), finding)
    }
    init(_ text: [UInt8], _ finding: String) { (self.text, self.finding) = (text, finding) }
  }

  static let cases = [
    Case("a: 1\n b: 2\n", "a.yaml:2:3: error YAM-1: mapping values are not allowed"),
    Case("a: [1, 2\n", "a.yaml:2:1: error YAM-1: did not find expected ',' or ']', while parsing"),
    Case("a: \"b\n", "a.yaml:2:1: error YAM-1: found unexpected end of stream, while scanning a"),
    Case("a: *\n", "a.yaml:1:5: error YAM-1: did not find expected alphabetic"),
    Case(
      String(repeating: "k", count: 1_100) + ": 1\n",
      "a.yaml:1:1101: error YAM-1: a key has more than 1024 characters; write '? ' before it"),
    Case("a: @b\n", "a.yaml:1:4: error YAM-1: found character that cannot start any token"),
    Case("%YAML 2.0\n---\na: 1\n", "a.yaml:1:1: error YAM-1: found incompatible YAML document"),
    Case("a: b\u{2028}c\n", "a.yaml:1:5: error YAM-3: the character U+2028 ends a line of YAML"),
    Case("a: b\u{85}c\n", "a.yaml:1:5: error YAM-3: the character U+0085 ends a line of YAML"),
    Case(Array("a: ü\nb: ".utf8) + [0xFF], "a.yaml:2:4: error YAM-2: the text is not UTF-8"),
    Case(Array("ü: ".utf8) + [0xC3], "a.yaml:1:4: error YAM-2: the text is not UTF-8"),
    Case(latin1("name: l\u{E9}tin\n"), "a.yaml:1:8: error YAM-2: the text is not UTF-8"),
    Case(latin1("a: 1\n# \u{E9}t\u{E9}\n"), "a.yaml:2:3: error YAM-2: the text is not UTF-8"),
    Case(latin1("a: \u{E9}\nb: 1\n"), "a.yaml:1:4: error YAM-2: the text is not UTF-8"),
    Case(latin1("a: \"\u{C3}\"\n"), "a.yaml:1:5: error YAM-2: the text is not UTF-8"),
    Case(latin1("a: \u{F1}\u{80}b\n"), "a.yaml:1:4: error YAM-2: the text is not UTF-8"),
    Case(latin1("a: \u{7}\nb: \u{E9}"), "a.yaml:1:4: error YAM-3: the control character U+0007"),
    Case("a: \u{FFFE}\n", "a.yaml:1:4: error YAM-3: the character U+FFFE may not stand in YAML"),
    Case("a: é\u{FFFF}\n", "a.yaml:1:5: error YAM-3: the character U+FFFF may not stand"),
    Case("a: \u{80}\n", "a.yaml:1:4: error YAM-3: the control character U+0080"),
    Case([0xFF, 0xFE, 0x61, 0x00], "a.yaml:1:1: error YAM-12: the text is UTF-16 or UTF-32"),
    Case([0xFE, 0xFF, 0x00, 0x61], "a.yaml:1:1: error YAM-12: the text is UTF-16 or UTF-32"),
    Case([0, 0, 0xFE, 0xFF, 0, 0, 0, 0x61], "a.yaml:1:1: error YAM-12: the text is UTF-16"),
    Case("a: 1\n\u{FEFF}b: 2\n", "a.yaml:2:1: error YAM-12: a byte order mark stands within"),
    Case("---\n\u{FEFF}a: 1\nb: 2\n", "a.yaml:2:1: error YAM-12: a byte order mark stands"),
    Case("\u{FEFF}\u{FEFF}a: 1\n", "a.yaml:1:1: error YAM-12: a byte order mark stands within"),
    Case("a: {b: 1}\n\u{FEFF}---\nc: 1\n", "a.yaml:2:1: error YAM-12: a byte order mark"),
    Case("a: [1,\n\u{FEFF}2]\n", "a.yaml:2:1: error YAM-12: a byte order mark stands within"),
    Case("a: \u{FEFF}{b: 1}\n", "a.yaml:1:4: error YAM-12: a byte order mark stands within"),
    Case("--- \u{FEFF}{b: 1}\n", "a.yaml:1:5: error YAM-12: a byte order mark stands within"),
    Case("--- \u{FEFF}a: 1\nb: 1\n", "a.yaml:1:5: error YAM-12: a byte order mark stands"),
    Case(
      "$ANSIBLE_VAULT;1.1;AES256\n633862\n613066\n",
      "a.yaml:1:1: error YAM-12: the file is a vault of Ansible"),
    Case(
      "-----BEGIN PGP MESSAGE-----\nVersion: 1\n\nhQEM\n-----END PGP MESSAGE-----\n",
      "a.yaml:1:1: error YAM-12: the file begins with '-----BEGIN'"),
    Case(
      "\n <!doctype html>\n<html lang=\"en\">\n",
      "a.yaml:1:1: error YAM-12: the file is a page of HTML"),
    Case("../base/shop.yaml", "a.yaml:1:1: error YAM-12: the file is a symbolic link as a text"),
    Case(
      "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 120\n",
      "a.yaml:1:1: error YAM-12: this is a pointer of Git LFS, not the file"),
    Case(
      "a: 1\nb:\n<<<<<<< HEAD\n  c: 1\n=======\n  c: 2\n>>>>>>> theirs\n",
      "a.yaml:3:1: error YAM-12: a merge conflict begins here"),
    Case(
      "a: 1\r\n<<<<<<<\r\nb: 1\r\n=======\r\nb: 2\r\n>>>>>>>\r\n",
      "a.yaml:2:1: error YAM-12: a merge conflict begins here"),
    Case(
      [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0x00, 0x00],
      "a.yaml:3:1: error YAM-12: the file is binary: a byte of zero stands here"),
    Case([0xED, 0xA0, 0x80], "a.yaml:1:1: error YAM-2: the text is not UTF-8"),
    Case("a: 1\nb: \0", "a.yaml:2:4: error YAM-12: the file is binary: a byte of zero"),
    Case("a: \u{1B}[0m", "a.yaml:1:4: error YAM-3: the control character U+001B"),
    Case("a:\n\tb: 1\n", "a.yaml:2:1: error YAM-4: a tab stands where YAML wants spaces"),
    Case("a:\u{A0}1\nb: 2\n", "a.yaml:1:3: error YAM-4: the character U+00A0 stands where YAML"),
    Case(
      "a:\n  b:\u{3000}1\n  c: 2\n", "a.yaml:2:5: error YAM-4: the character U+3000 stands where"),
    Case("a:\n  - b: 1\n  -\u{A0}b: 2\n", "a.yaml:3:4: error YAM-4: the character U+00A0"),
    Case("a: 1\na: 2\n", "a.yaml:2:1: error YAM-6: the key \"a\" stands twice in this mapping"),
    Case("a: 1\n\"a\": 2\n", "a.yaml:2:1: error YAM-6: the key \"a\" stands twice"),
    Case(
      #"{"\e[31m": 1, "\e[31m": 2}"#, #"a.yaml:1:15: error YAM-6: the key "\u{1B}[31m" stands"#),
    Case("<<: {}\n<<: {}\n", "a.yaml:2:1: error YAM-6: the key \"<<\" stands twice"),
    Case("a: *b\n", "a.yaml:1:4: error YAM-7: the alias *b names no anchor"),
    Case("a: &b [*b]\n", "a.yaml:1:8: error YAM-8: the alias *b stands within"),
    Case("? [a]\n: 1\n", "a.yaml:1:3: error YAM-9: a mapping or sequence is used as a key"),
    Case("{a: 1}: 2\n", "a.yaml:1:1: error YAM-9: a mapping or sequence is used as a key"),
    Case("- &x {}\n- *x : 1\n", "a.yaml:2:3: error YAM-9: a mapping or sequence"),
    Case("<<: 1\n", "a.yaml:1:5: error YAM-10: the merge key << wants a mapping"),
    Case("<<: [{}, 1]\n", "a.yaml:1:10: error YAM-10: the merge key << wants a mapping"),
  ]

  @Test("a byte order mark at the very start, or within quotes, is none of these")
  func byteOrderMarks() throws {
    #expect(try parse("\u{FEFF}a: 1\n").count == 1)
    #expect(try root("a: 'x\u{FEFF}'\n")["a"]?.text == "x\u{FEFF}")
  }

  @Test("a path in quotes, or one of several lines, is no link")
  func paths() throws {
    for text in ["'../a.yaml'\n", "../a.yaml\n../b.yaml\n", "a: b.yaml\n", "# a.yaml"] {
      #expect(try parse(text).count <= 1)
    }
  }

  @Test("a finding names its code, place and remedy", arguments: cases)
  func finding(_ example: Case) throws {
    let error = try #require(parseYAMLDocuments(example.text, path: "a.yaml").error)
    let diagnostic = try #require(error.diagnostics.first)
    #expect(error.diagnostics.count == 1)
    #expect(diagnostic.description.hasPrefix(example.finding))
    #expect(diagnostic.remedy?.isEmpty == false)
    #expect(error.disposition == .stalled)
    #expect(throws: error) { try parseYAML(example.text, path: "a.yaml") }
  }

  @Test("every duplicate key is named with both places, in small and large mappings")
  func duplicates() {
    let few = "a: {x: 1, x: 2, x: 3}\nb: 1\na: 2\n"
    let many = (0..<40).map { "k\($0 % 38): 1\n" }.joined()
    #expect(
      duplicates(in: few) == ["x 1:5 1:11", "x 1:5 1:17", "a 1:1 3:1"])
    #expect(duplicates(in: many) == ["k0 1:1 39:1", "k1 2:1 40:1"])
  }

  private func duplicates(in text: String) -> [String] {
    let reading = parseYAMLDocuments(Array(text.utf8), path: "")
    guard case .several(let errors) = reading.error else { return [] }
    return errors.compactMap { error in
      guard case .duplicateKey(let key, let first, let second) = error else { return nil }
      return "\(key) \(first.line):\(first.column) \(second.line):\(second.column)"
    }
  }

  @Test("a document with a duplicate key leaves its neighbours alone")
  func neighbours() {
    let text = "a: 1\n---\nb: 1\nb: 2\n---\nc: 3\n"
    let reading = parseYAMLDocuments(Array(text.utf8), path: "a.yaml")
    #expect(reading.documents.compactMap(\.root).map(outline) == ["{a:1}", "{c:3}"])
    #expect(reading.damaged.compactMap(\.root).map { $0["b"]?.int } == [1])
    #expect(reading.error?.diagnostics.map(\.location?.line) == [4])
  }

  struct Cut: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let end: [UInt8]
    init(_ name: String, _ end: String) { (testDescription, self.end) = (name, Array(end.utf8)) }
    init(_ name: String, _ end: [UInt8]) { (testDescription, self.end) = (name, end) }
  }

  @Test(
    "documents before an error are there, and its own document shows what was read",
    arguments: [
      Cut("syntax", "]\n"), Cut("unknown alias", "*x\n"), Cut("a NUL", "\0"),
      Cut("not UTF-8", [0xFF]), Cut("end within quotes", "\""),
    ])
  func partial(_ cut: Cut) {
    let text = Array("a: 1\n---\nb: 2\n---\nmetadata:\n  name: shop\nspec:\n- x: ".utf8)
    let reading = parseYAMLDocuments(text + cut.end, path: "a.yaml")
    #expect(reading.documents.compactMap(\.root).map(outline) == ["{a:1}", "{b:2}"])
    #expect(reading.damaged.count == 1)
    #expect(reading.damaged.first?.root?["metadata"]?["name"]?.text == "shop")
    #expect(reading.error?.diagnostics.first?.location?.line ?? 0 >= 8)
  }
}

/// A text in which each character is one byte.
private func latin1(_ text: String) -> [UInt8] {
  text.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) }
}
