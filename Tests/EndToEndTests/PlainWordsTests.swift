import Foundation
import ReconcileTestKit
import Testing

@Suite("Plain words")
struct PlainWordsTests {
  @Test("no published text shows a value as Swift prints it")
  func goldens() throws {
    var count = 0
    for target in try FileManager.default.contentsOfDirectory(atPath: repositoryRoot + "/Tests") {
      for (path, bytes) in (try? repositoryFiles("Tests/\(target)/Golden")) ?? [] {
        count += 1
        try expectPlainWords(String(decoding: bytes, as: UTF8.self), path)
      }
    }
    #expect(count > 50)
  }

  @Test(
    "what Swift prints is found",
    arguments: [
      "Optional(3)", "at LatticeModel.HostID", "countChanged(from: 3, to: 4)",
      "Box (unknown context at $1)",
    ])
  func pattern(_ text: String) throws { #expect(try swiftWords(in: text) != nil) }
}

/// Fails where a text shows a value as Swift prints it.
func expectPlainWords(
  _ text: String, _ name: String, at place: SourceLocation = #_sourceLocation
) throws {
  let line = try swiftWords(in: text)
  #expect(line == nil, "\(name)", sourceLocation: place)
}

/// The first line that has what only Swift writes so: an optional, a case with labels, a type with its
/// module.
private func swiftWords(in text: String) throws -> String? {
  let modules = try FileManager.default.contentsOfDirectory(atPath: repositoryRoot + "/Sources")
    .filter { $0.first?.isUppercase == true }
  let pattern = try NSRegularExpression(
    pattern: #"Optional\(|\.some\(|\(unknown context|Error Domain=|\b[a-z]\w*\([a-z]\w*: "#
      + #"|\b(?:Swift|\#(modules.joined(separator: "|")))\.[A-Za-z]"#)
  let whole = NSRange(text.startIndex..., in: text)
  guard let match = pattern.firstMatch(in: text, range: whole),
    let range = Range(match.range, in: text)
  else { return nil }
  return String(text[text.lineRange(for: range)])
}
