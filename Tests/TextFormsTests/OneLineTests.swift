import Testing

@testable import TextForms

@Suite("Others' words on one line")
struct OneLineTests {
  @Test(
    "line feeds, escapes and quotes in quotes become one readable line",
    arguments: [
      ("failed to fetch", "failed to fetch"), ("", ""), (" a \t b\r\n", "a b"),
      ("no such file\n\nCaused by:\n    0: os error 2\n", "no such file Caused by: 0: os error 2"),
      (#"denied: \n  because\t\"no\"\n"#, "denied: because 'no'"),
      (#"denied: Some("said \\\"no\\\"\\n")"#, #"denied: Some("said 'no' ")"#),
      ("\u{1B}[31merror\u{1B}[0m: \u{1B}[1;4mbad", "error: bad"),
      (#"\u{1b}[31merror\x1b[0m \u001B[2mbad\e[0m"#, "error bad"),
      ("a\u{7}b\u{202E}c\u{2028}d", "abc d"), ("\u{1B}", ""), ("\u{1B}[", ""), ("a\\", "a\\"),
      (#"C:\dir\\x"#, #"C:\dir\\x"#), ("\"quoted\"", "\"quoted\""), (#"\u{41}"#, #"\u{41}"#),
    ])
  func lines(_ words: String, _ line: String) {
    #expect(oneLine(words) == line)
    #expect(oneLine(line) == line)
  }

  @Test("whatever comes, nothing in the line can steer a terminal or end it")
  func anything() {
    let parts = ["\u{1B}", "[", "3m", "\\", "n", "u{1b}", "\"", "\n", "\u{9B}", " ", "x", "\u{85}"]
    var seed: UInt64 = 7
    for _ in 0..<2_000 {
      var words = ""
      for _ in 0..<8 {
        seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        words += parts[Int(seed >> 33) % parts.count]
      }
      let line = oneLine(words)
      #expect(escapingControlCharacters(line) == line, "\(words.debugDescription)")
    }
  }

  @Test(
    "a duration is written as people say it",
    arguments: [
      (Duration.zero, "0 ms"), (.milliseconds(250), "250 ms"), (.microseconds(999_600), "1.0 s"),
      (.milliseconds(1_312), "1.3 s"), (.milliseconds(59_949), "59.9 s"),
      (.milliseconds(59_960), "59s"), (.milliseconds(125_900), "2m5s"),
    ])
  func durations(_ duration: Duration, _ text: String) { #expect(roughly(duration) == text) }
}
