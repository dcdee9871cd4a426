import Diagnostics
import LatticeModel
import Testing

@testable import Manifests

@Suite("Last good forms")
struct LastGoodTests {
  private let provider = "{providers: [{name: kv, image: \"r/kv:1\"}]}"
  private let old = "{actors: [{name: web, id: web, image: \"r/web:1\"}]}"

  private func lastGood(_ texts: String...) -> [ApplicationManifest] {
    texts.flatMap { text in
      decodeManifests(ManifestFile(path: "old.yaml", bytes: Array(text.utf8))).applications
        .map { $0.held(at: "abc") }
    }
  }

  private func held(_ state: ResolvedState) -> [ApplicationName] {
    state.desired.applications.filter { $0.heldAt == "abc" }.map(\.name)
  }

  @Test("an application that is declared twice keeps its last good form")
  func declaredTwice() {
    let state = resolved(
      application("shop", old), application("shop", "{}"),
      lastGood: lastGood(application("shop", old)))
    #expect(held(state) == ["shop"])
    #expect(state.desired.frozen == [])
    #expect(state.diagnostics.map(\.code.description) == ["MAN-13"])
  }

  @Test("of two that clash, only the one without a last good form is frozen")
  func clash() {
    let state = resolved(
      application("shop", old), application("stall", old),
      lastGood: lastGood(application("shop", old)))
    #expect(held(state) == ["shop"])
    #expect(state.desired.frozen.map(\.name) == ["stall"])
    #expect(state.diagnostics.map(\.code.description) == ["MAN-12"])
  }

  @Test("both keep their last good forms where these do not clash")
  func bothHeld() {
    let state = resolved(
      application("shop", old), application("stall", old),
      lastGood: lastGood(application("shop", old), application("stall", "{}")))
    #expect(held(state) == ["shop", "stall"])
    #expect(state.desired.frozen == [])
  }

  @Test("what links into an application that keeps its last good form proceeds as it is written")
  func links() throws {
    let shop = """
      {actors: [{name: web, image: "r/web:2"}], links: [
        {source: web, provider: {application: shared, name: kv}, interface: "wasi:keyvalue/store"}]}
      """
    let state = resolved(
      application("shared", "{providers: {}}"), application("shop", shop),
      lastGood: lastGood(application("shared", provider), application("shop", old)))
    #expect(held(state) == ["shared"])
    let link = try #require(state.desired.applications.last?.links.first)
    #expect(link.target.id == "shared-kv")
    #expect(state.desired.frozen == [])
    #expect(state.diagnostics.map(\.location?.path) == ["0.yaml"])
  }

  @Test("a form that nothing is wrong with is not replaced")
  func sound() {
    let state = resolved(application("shop", "{}"), lastGood: lastGood(application("shop", old)))
    #expect(held(state) == [])
    #expect(state.desired.applications.map(\.actors) == [[]])
  }

  @Test("a long chain of dependencies costs no more than its length, and its cycles are found")
  func chain() {
    let count = 2_000
    let chain = (0..<count).map { application("a\($0)", "{dependsOn: [a\($0 + 1)]}") }
    let files = { (last: String) in
      (chain + [last]).enumerated().map {
        decodeManifests(ManifestFile(path: "\($0).yaml", bytes: Array($1.utf8)))
      }
    }
    let sound = resolve(files(application("a\(count)", "{}")), revision: "r", tree: "t")
    #expect(sound.desired.frozen == [])
    let cycle = resolve(
      files(application("a\(count)", "{dependsOn: [a1000, a\(count)]}")), revision: "r", tree: "t")
    #expect(cycle.diagnostics.map(\.code.description) == ["MAN-14"])
    #expect(cycle.desired.frozen.count == count - 999)
  }
}
