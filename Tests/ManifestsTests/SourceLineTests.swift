import Diagnostics
import Testing

@testable import Manifests

@Suite("Lines below findings")
struct SourceLineTests {
  private func excerpt(_ text: String, _ line: Int, _ column: Int) -> String? {
    SourceLines(Array(text.utf8)).excerpt(at: SourcePosition(path: "a", line: line, column: column))
  }

  @Test("a line is shown with a mark as long as what is meant")
  func marks() {
    #expect(
      excerpt("spec:\n  intances: 3\n", 2, 3) == "  2 |   intances: …\n    |   ^^^^^^^^")
    #expect(
      excerpt("name: {image: 'x y', id: d}\n", 1, 15)
        == "  1 | name: {image: 'x y', id: d}\n    |               ^^^^^")
    #expect(excerpt("spec:\r\n  é: ö\r\n", 2, 3) == "  2 |   é: …\n    |   ^")
    #expect(excerpt("- a\n", 9, 1) == nil && excerpt("- a\n", 1, 99) == nil)
    let broken = "spec:\n  intances: 3\n  name: 'x y', \r\n"
    #expect(excerpt(broken, 2, 3) == nil, "what is no YAML is not shown")
    #expect(excerpt("name: \"\(String(repeating: "x", count: 300))\"", 1, 1) == nil)
  }

  @Test("no value of a config, of a link or of a place of a secret is ever shown")
  func hidden() {
    let texts = [
      "spec:\n  configs:\n    - {name: a, values: {k: s3cret}}\n    - name: b\n      values:\n        k: 's3cret\n          s3cret' \n        l: >\n          s3cret\n\n          s3cret\n",
      "spec:\n  actors:\n    - {name: a, config: {k: s3cret}, image: b}\n    - config:\n        k: [s3cret,\n          s3cret]\n",
      "spec:\n  links: [{source: a, values: {k: s3cret, l: 's3cret\n  s3cret'}, target: b}]\n",
      "spec:\n  components:\n    - properties:\n        image: a\n        config: [{name: b, properties: {k: s3cret}}]\n        secrets:\n          - name: c\n            properties: {key: s3cret,\n              policy: s3cret}\n",
      "a: &x {values: {k: s3cret}}\nb: *x\n",
      "values: \"s3cret\n\n  s3cret\"\nkind: 1\n",
      "spec:\n  components:\n    - properties:\n        config: [{name: b, properties: {image: s3cret}}]\n",
      "spec:\n  actors:\n    - name: a\n      config:\n      password: s3cret\n      confg: {k: s3cret}\n",
    ]
    for text in texts {
      for line in 1...20 {
        for column in 1...60 {
          let shown = excerpt(text, line, column) ?? ""
          #expect(!shown.contains("s3cret"), "\(text)\(shown)")
        }
      }
    }
    // What stands around them is.
    #expect(excerpt(texts[0], 4, 7) == "  4 |     - name: b\n    |       ^^^^")
    #expect(excerpt(texts[5], 4, 1) == "  4 | kind: 1\n    | ^^^^")
    #expect(
      excerpt("spec:\n  actors:\n  - {config: [setings]}\n", 3, 15)
        == "  3 |   - {config: [setings]}\n    |               ^^^^^^^")
  }
}
