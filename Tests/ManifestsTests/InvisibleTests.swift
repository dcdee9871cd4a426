import Diagnostics
import LatticeModel
import Testing

@testable import Manifests

@Suite("Characters that nobody sees")
struct InvisibleTests {
  private static let spec = """
    {actors: [{name: web, id: WEB, image: 'r/web:1', config: {size: "10", "max": a b}}], links: []}
    """

  private func told(_ text: String) -> [String] {
    resolved(text).diagnostics.map {
      "\($0.code) \($0.location?.line ?? 0):\($0.location?.column ?? 0) \($0.message)"
    }
  }

  @Test(
    "one within a key or a word is told, once, with its code and place",
    arguments: [
      ("name: web", "name: we\u{FEFF}b", "4:26", "FEFF"),
      ("id: WEB", "id: \u{200B}WEB", "4:33", "200B"),
      ("'r/web:1'", "'r/web:1\u{202E}'", "4:53", "202E"),
      ("image:", "ima\u{AD}ge:", "4:41", "00AD"),
      ("\"max\":", "\"max\u{2060}\":", "4:81", "2060"),
      ("\"10\"", "\"1\u{2066}0\"", "4:73", "2066"),
      ("name: shop", "name: shop\u{200D}", "3:22", "200D"),
      ("kind: Application", "kind: Application\u{200F}", "2:18", "200F"),
      ("v1", "v1\u{E0001}", "1:29", "E0001"),
      ("'r/web:1'", "'r/web:1\u{A0}'", "4:53", "00A0"),
    ])
  func word(_ seen: String, _ written: String, _ place: String, _ code: String) {
    let text = application("shop", Self.spec)
    #expect(told(text).isEmpty)
    let found = told(text.replacing(seen, with: written))
    #expect(found.count == 1, "\(found)")
    let first = found.first ?? ""
    #expect(first.hasPrefix("MAN-30 \(place) "), "\(first)")
    #expect(first.hasSuffix("has a character that nobody sees, U+\(code)"), "\(first)")
  }

  @Test("an application with one keeps what it was, or its place is unreadable")
  func protection() {
    let text = application("shop", Self.spec)
    let bad = resolved(text.replacing("web:1", with: "web\u{200B}:1"))
    #expect(bad.desired.frozen.map(\.name) == ["shop"])
    let nameless = resolved(text.replacing("name: shop", with: "name: sh\u{200B}op"))
    #expect(nameless.desired.unreadable.count == 1)
  }

  @Test(
    "what a text needs, what is escaped and what is another tool's is left alone",
    arguments: [
      application("shop", "{actors: []}").replacing(
        "metadata: {", with: "metadata: {annotations: {size: 10\u{A0}km}, "),
      application("shop", "{actors: []}").replacing(
        "metadata: {", with: "metadata: {annotations: {note: \"a \u{200B}b\"}, "),
      application("shop", "{actors: []}").replacing(
        "metadata: {", with: "metadata: {annotations: {note: \u{1F469}\u{200D}\u{1F4BB}}, "),
      application("shop", "{actors: []}").replacing(
        "metadata: {",
        with: "metadata: {annotations: {note: \u{645}\u{200F}\u{645}}, "),
      application("shop", "{actors: [{name: a, image: 'r/a:1', config: {m: \"\\u200Bx\"}}]}"),
    ])
  func meant(_ text: String) { #expect(told(text).isEmpty, "\(told(text))") }

  @Test("one in another tool's document is not ours to tell")
  func neighbour() {
    let found = told("apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: we\u{200B}b}\n")
    #expect(!found.contains { $0.contains("MAN-30") }, "\(found)")
  }

  @Test("one in a document of wadm is told too")
  func wadm() {
    let text = WadmCase.manifest().replacing("name: web", with: "name: we\u{FEFF}b")
    let found = told(text)
    #expect(found.count == 1 && found[0].contains("U+FEFF"), "\(found)")
  }
}
