import Testing

@testable import TextForms

@Suite("Durations")
struct DurationsTests {
  @Test(
    "a duration with units is read and written back",
    arguments: [
      ("30s", Duration.seconds(30), "30s"), ("1m30s", .seconds(90), "1m30s"),
      ("500ms", .milliseconds(500), "500ms"), ("1.5h", .seconds(5_400), "1h30m"),
      ("90s", .seconds(90), "1m30s"), ("0s", .zero, "0s"), ("1ns", .nanoseconds(1), "1ns"),
    ])
  func read(_ text: String, _ duration: Duration, _ written: String) {
    #expect(parseDuration(text) == duration)
    #expect(formatDuration(duration) == written)
  }

  @Test(
    "a text without units, with unknown units or too large is refused",
    arguments: [
      "", "250", "s", "1d", "1.s", "-1s", "1 s", "9999999999999h", "1e3s", "0.1ns", "1s2",
    ]
  )
  func refuse(_ text: String) {
    #expect(parseDuration(text) == nil)
  }
}

@Suite("Quantities")
struct QuantitiesTests {
  @Test(
    "sizes are read in powers of 1,024 with an i and of 1,000 without",
    arguments: [
      ("64Mi", 67_108_864), ("64M", 64_000_000), ("1.5Gi", 1_610_612_736), ("512k", 512_000),
      ("0", 0), ("1048576", 1_048_576),
    ])
  func size(_ text: String, _ bytes: Int) {
    #expect(parseByteSize(text) == bytes)
    #expect(parseByteSize(formatByteSize(bytes)) == bytes)
  }

  @Test(
    "a share of processors is read in thousandths",
    arguments: [("500m", 500), ("0.5", 500), ("2", 2_000)])
  func cpu(_ text: String, _ thousandths: Int) {
    #expect(parseCPUQuantity(text) == thousandths)
  }

  @Test(
    "what is no quantity is refused",
    arguments: ["", "Mi", "-1", "1.2.3", "64MB", "9223372036854775807Gi", "1.5", "٣"])
  func refuse(_ text: String) {
    #expect(parseByteSize(text) == nil)
  }
}

@Suite("Timestamps")
struct TimestampsTests {
  @Test(
    "a moment is read to the nanosecond, in any offset",
    arguments: [
      ("1970-01-01T00:00:00Z", 0), ("2026-11-22T12:39:35.993132287Z", 1_795_351_175_993_132_287),
      ("2026-11-22T14:39:35.993132287+02:00", 1_795_351_175_993_132_287),
      ("2024-02-29T23:59:60Z", 1_709_251_200_000_000_000), ("1969-12-31T23:59:59.5Z", -500_000_000),
    ])
  func read(_ text: String, _ nanoseconds: Int64) {
    #expect(parseTimestamp(text.utf8) == nanoseconds)
    #expect(parseTimestamp(formatTimestamp(nanoseconds).utf8) == nanoseconds)
  }

  @Test("a moment is written in UTC with nine digits")
  func write() {
    #expect(formatTimestamp(1_795_351_175_993_132_287) == "2026-11-22T12:39:35.993132287Z")
  }

  @Test(
    "what is no moment is refused",
    arguments: [
      "", "2026-11-22", "2026-13-01T00:00:00Z", "2023-02-29T00:00:00Z", "2026-11-22T24:00:00Z",
      "2026-11-22T00:00:00", "2026-11-22T00:00:00.Z", "2026-11-22T00:00:00.1234567890Z",
      "9999-01-01T00:00:00Z", "2026-11-22T00:00:00Zx", "２026-11-22T00:00:00Z",
    ])
  func refuse(_ text: String) {
    #expect(parseTimestamp(text.utf8) == nil)
  }
}

@Suite("Words and phrases")
struct PhrasesTests {
  @Test("a misspelt word is recognised, a strange one is not")
  func nearest() {
    #expect(nearestWord(to: "aply", in: ["diff", "apply"]) == "apply")
    #expect(nearestWord(to: "imgae", in: ["image", "id"]) == "image")
    #expect(nearestWord(to: "Instances", in: ["instances"]) == "instances")
    #expect(nearestWord(to: "zebra", in: ["image", "id"]) == nil)
  }

  @Test("things are counted and named up to three")
  func names() {
    #expect(counted(1, "host") == "1 host")
    #expect(counted(0, "host") == "0 hosts")
    #expect(named(["a", "b", "c"]) == "a, b, c")
    #expect(named(["a", "b", "c", "d"]) == "a, b, c and 1 more")
  }

  @Test("nothing that steers a terminal survives")
  func escape() {
    #expect(escapingControlCharacters("plain é") == "plain é")
    #expect(
      escapingControlCharacters("a\u{1B}[31mb\n\u{9B}\u{202E}")
        == "a\\u{1B}[31mb\\n\\u{9B}\\u{202E}")
  }

  @Test("a quoted text is cut where it is long, and safe where it is short")
  func excerpts() {
    #expect(excerpt("a\u{1B}") == "a\\u{1B}")
    #expect(excerpt(String(repeating: "a", count: 80)).count == 80)
    #expect(excerpt(String(repeating: "\u{300}", count: 1_000_000)).unicodeScalars.count == 80)
    #expect(excerpt("abcdefgh", upTo: 7) == "abcd...")
  }
}
