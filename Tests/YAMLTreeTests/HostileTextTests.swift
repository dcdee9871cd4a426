import Diagnostics
import Foundation
import Testing
import YAMLTree

@Suite("Hostile YAML") struct HostileTextTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let text: String
    let finding: String
    var testDescription: String { finding }

    init(_ text: String, _ finding: String) { (self.text, self.finding) = (text, finding) }
  }

  static let cases = [
    Case(
      String(repeating: "{a: ", count: 100_000), "1:257: error YAM-5: mappings and sequences lie"),
    Case(String(repeating: "[", count: 100_000), "1:65: error YAM-5: mappings and sequences lie"),
    Case(String(repeating: "{", count: 100_000), "1:2: error YAM-9: a mapping or sequence is used"),
    Case(
      String(repeating: "- ", count: 100_000), "1:129: error YAM-5: mappings and sequences lie"),
    Case(
      String(repeating: "? ", count: 100_000), "1:3: error YAM-9: a mapping or sequence is used"),
    Case(String(repeating: "a", count: 1 << 20) + "a", "1:1: error YAM-5: the text has 1048577"),
    Case(
      (0..<40_000).map { "%TAG !a\($0)! b\n" }.joined() + "--- a\n",
      "64:1: error YAM-5: the text has 64 or more %TAG lines"),
    Case(
      "- &a0 [x]\n" + (1..<70).map { "- &a\($0) [*a\($0 - 1)]\n" }.joined(),
      "64:9: error YAM-5: the alias *a62 leads more than 64 deep"),
    Case(
      "- &a0 [x, x, x, x, x, x, x, x, x, x]\n"
        + (1..<10).map { n in
          "- &a\(n) [" + (0..<10).map { _ in "*a\(n - 1)" }.joined(separator: ", ") + "]\n"
        }.joined(), "5:43: error YAM-5: aliases and merge keys add more than 100000 nodes"),
    Case(
      "[" + String(repeating: "!a b,!c d,", count: 35_000) + "]",
      "1:327672: error YAM-5: the text has"),
  ]

  @Test("hostile texts are refused in little time, with the place", arguments: cases)
  func refused(_ example: Case) {
    let error = parseYAMLDocuments(Array(example.text.utf8), path: "a").error
    let finding = error?.diagnostics.first?.description ?? ""
    #expect(finding.prefix(example.finding.utf8.count + 2) == "a:" + example.finding)
  }

  @Test("large but fair texts are read: many keys, many documents, many anchors")
  func fair() throws {
    let keys = (0..<60_000).map { "k\($0): \n" }.joined()
    #expect(try root(keys)["k59999"]?.isNull == true)
    #expect(try parse(String(repeating: "---\n", count: 100_000)).count == 100_000)
    let anchors = (0..<40_000).map { "- &a\($0) 1\n" }.joined()
    #expect(try root(anchors + "- *a39999\n").count == 40_001)
    let merges = "- &x {" + (0..<20_000).map { "k\($0): 1, " }.joined() + "}\n- <<: *x\n  a: 1\n"
    #expect(try root(merges).elements.map(\.count) == [20_000, 20_001])
  }

  @Test("the number of nodes is bounded over all documents")
  func nodes() throws {
    let limits = YAMLLimits(nodes: 10)
    #expect(try parse("[1, 2]\n---\n[1, 2, 3]\n---\na: 1", limits: limits).count == 3)
    #expect(throws: YAMLError.self) {
      try parse("[1, 2]\n---\n[1, 2, 3, 4, 5, 6, 7]", limits: limits)
    }
  }

  @Test("no mutation of a good text does more than raise a finding with a place in the text")
  func mutations() {
    let seed = UInt64.random(in: 0...UInt64.max)
    var random = SplitMix(state: seed)
    let good = Array(
      """
      apiVersion: reconcile.dev/v1 # größe
      base: &base {image: "a\\u00e9:1", weight: 80}
      spec:
        actors:
          - <<: [*base, {z: 1}]
            name: 'x'
            config: |
              text
            note: >-
              folded
      ---
      !!str b: ? c
      ...
      """.utf8)
    let alphabet = Array("[]{}:,-?*&!|>'\"%#@`<~ \n\t\\\0a1é".utf8) + [0xFF, 0xC3, 0xEF]
    for round in 0..<3_000 {
      var text = good
      for _ in 0...Int.random(in: 0..<6, using: &random) {
        let at = Int.random(in: 0..<text.count, using: &random)
        switch Int.random(in: 0..<3, using: &random) {
        case 0: text.remove(at: at)
        case 1: text.insert(alphabet.randomElement(using: &random) ?? 0, at: at)
        default: text[at] = alphabet.randomElement(using: &random) ?? 0
        }
      }
      let reading = parseYAMLDocuments(text, path: "m")
      let lines = text.count { $0 == 0x0A || $0 == 0x0D } + 8
      let isPlaced = (reading.error?.diagnostics ?? []).allSatisfy { finding in
        (finding.location?.line ?? 0) >= 1 && (finding.location?.line ?? .max) <= lines
      }
      let sizes = (reading.documents + reading.damaged).compactMap(\.root).map { outline($0).count }
      #expect(isPlaced && sizes.allSatisfy { $0 < 10_000 }, "seed \(seed), round \(round)")
    }
  }
}

/// A small generator with a seed that can be printed.
struct SplitMix: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}

/// The manifests (not the templates of such) in the folder that `RECONCILE_CORPUS` names;
/// none where it is unset.
let corpus: [String] = {
  guard let folder = ProcessInfo.processInfo.environment["RECONCILE_CORPUS"] else { return [] }
  let names = (try? FileManager.default.subpathsOfDirectory(atPath: folder)) ?? []
  let manifests = names.filter { $0.hasSuffix(".yaml") && !$0.contains(".template.") }
  return manifests.map { "\(folder)/\($0)" }
}()

@Suite("Manifests from the field") struct CorpusTests {
  @Test("every manifest of the corpus is read", arguments: corpus)
  func corpusFile(_ path: String) throws {
    let bytes = try Data(contentsOf: URL(fileURLWithPath: path))
    #expect(try parseYAML(Array(bytes), path: path).isEmpty == false)
  }
}
