import Testing
import YAMLTree

@Suite("Comments of YAML")
struct CommentTests {
  private func comments(_ text: String) -> [String] {
    commentsOfYAML(Array(text.utf8)).map { "\($0.line) \($0.place) \($0.text)" }
  }

  @Test("a comment is what follows a # after a blank, outside of every text")
  func places() {
    let text = """
      # first
      a: b # of a
      c: 'd # e'
      "f # g": h#i #j
      k: |
        l # m
        # n
      o: >- # of the block
        p
      q: [r, # of r
        's
         # t']
      u: "v
        # w" # of w
      """
    #expect(
      comments(text) == [
        "1 next # first", "2 line # of a", "4 line #j", "8 line # of the block", "10 line # of r",
        "14 line # of w",
      ])
  }

  @Test("one that stands deeper than what comes next belongs to what came last")
  func depths() {
    let text = """
      a:
        b: c
        # of b
          # deeper
      # of d

      # of d too
      d: e
        # of d still
      # the end
      """
    #expect(
      comments(text) == [
        "3 last # of b", "4 last # deeper", "5 next # of d", "7 next # of d too",
        "9 last # of d still", "10 next # the end",
      ])
  }

  @Test("marks, line ends and characters of several bytes move nothing")
  func bytes() {
    #expect(comments("\u{FEFF}# a\r\nä: 'ö # ü' # 😀\r\n") == ["1 next # a", "2 line # 😀"])
    #expect(comments("") == [])
    #expect(comments("# only") == ["1 next # only"])
  }
}
