import TextForms
import Testing

@Suite("Patterns with stars")
struct GlobTests {
  @Test("a star stands for anything, all else for itself")
  func table() {
    for (text, pattern, isFit) in [
      ("", "", true), ("", "*", true), ("a", "", false), ("shop", "shop", true),
      ("shop", "Shop", false), ("shop", "sho", false), ("shop-web", "shop-*", true),
      ("shop", "shop-*", false), ("a-shop-b", "*shop*", true), ("aab", "*ab", true),
      ("ghcr.io/a/b/c:1", "ghcr.io/a/*", true), ("ghcr.io/ab/c", "ghcr.io/a/*", false),
      ("x.y", "x?y", false), ("x", "**", true), ("abcbd", "a*b*d", true), ("abc", "a*b", false),
    ] {
      #expect(fits(text, pattern: pattern) == isFit, "\(text) \(pattern)")
    }
  }

  @Test("a hostile pattern costs no more than both lengths together")
  func hostile() {
    let text = String(repeating: "a", count: 2_000)
    let pattern = String(repeating: "a*", count: 500) + "b"
    #expect(!fits(text, pattern: pattern))
  }
}
