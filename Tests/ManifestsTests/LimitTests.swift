import Diagnostics
import LatticeModel
import Testing

@testable import Manifests

/// What a file can cost.
///
/// How many files are read, and how large, `GitLimits` bounds before.
@Suite("Limits of a file")
struct LimitTests {
  private func decode(_ text: String) -> DecodedFile {
    decodeManifests(ManifestFile(path: "m.yaml", bytes: Array(text.utf8)))
  }

  @Test(
    "a file that is too large, too deep or grows too much is refused, and nothing of it is lost",
    arguments: [
      ("more than 1048576", application("a", "{}") + String(repeating: "#", count: 1 << 20)),
      ("more than 64 deep", application("a", String(repeating: "[", count: 65))),
      (
        "more than 100000 nodes",
        "l0: &l0 []\n"
          + (1...20).map { "l\($0): &l\($0) [*l\($0 - 1), *l\($0 - 1)]\n" }.joined()
          + application("a", "{}")
      ),
    ])
  func refused(_ sentence: String, _ text: String) throws {
    let decoded = decode(text)
    let finding = try #require(decoded.diagnostics.first)
    #expect(finding.code.description == "YAM-5")
    #expect(finding.message.contains(sentence))
    #expect(decoded.applications == [])
    #expect(!decoded.unreadable.isEmpty)
    #expect(!decoded.isEmpty)
  }

  @Test("of a file full of mistakes the first hundred are shown and the rest counted")
  func findings() throws {
    let keys = (0..<50_000).map { "k\($0): 1\n" }.joined()
    let maxLatency = "{name: x, image: \"r/x:1\", maxLatency: 1s}"
    let actors = (0..<200).map { maxLatency.replacing("x,", with: "x\($0),") }
    let decoded = decode(
      application("a", "{actors: [\(actors.joined(separator: ","))]}") + keys)
    #expect(decoded.diagnostics.count == 201)
    #expect(decoded.diagnostics.filter { $0.severity == .error }.count == 100)
    #expect(decoded.frozen.map(\.name) == ["a"])
    let last = try #require(decoded.diagnostics.last)
    #expect(last.description.contains("MAN-20: the file has 50000 more findings"))
  }

  @Test(
    "what is nearest to a name is looked for as long as that costs little",
    arguments: ["spread", "links", "dependsOn"])
  func nearest(_ list: String) {
    let names = (0..<5_000).map { "some-name-\($0)" }
    let wrong = (0..<50).map { "sone-name-\($0)" }
    func flow(_ names: [String], _ form: String) -> String {
      names.map { form.replacing("N", with: $0) }.joined(separator: ", ")
    }
    let actor = "name: N, image: 'r/x:1'"
    let state: ResolvedState =
      switch list {
      case "spread":
        resolved(
          application(
            "a",
            "{spread: {\(flow(names, "N: []"))}, "
              + "actors: [\(flow(wrong, "{\(actor), spread: N}"))]}"))
      case "links":
        resolved(
          application(
            "a",
            "{actors: [\(flow(names, "{\(actor)}"))], links: ["
              + flow(wrong, "{source: some-name-1, target: N, name: N, interface: 'a:b/c'}") + "]}")
        )
      default:
        resolved(
          names.map { application($0, "{}") }.joined(separator: "---\n"),
          application("asks", "{dependsOn: [\(wrong.joined(separator: ", "))]}"))
      }
    let remedies = state.diagnostics.filter { $0.severity == .error }.compactMap(\.remedy)
    #expect(remedies.count == 50)
    #expect(remedies.prefix(5).allSatisfy { $0.hasPrefix("write 'some-name-") }, "\(remedies)")
    #expect(remedies.suffix(5).allSatisfy { $0.hasPrefix("declare it") }, "\(remedies)")
  }
}
