import Testing
import TextForms

@Suite("Labels")
struct LabelTests {
  @Test("a label is lower case, up to 63 characters, with a letter or digit at both ends")
  func labels() {
    for text in ["a", "0", "a-b", "edge-1", String(repeating: "a", count: 63)] {
      #expect(isDNSLabel(text))
    }
    for text in ["", "-", "-a", "a-", "A", "a_b", "a.b", "ä", String(repeating: "a", count: 64)] {
      #expect(!isDNSLabel(text))
    }
  }
}
