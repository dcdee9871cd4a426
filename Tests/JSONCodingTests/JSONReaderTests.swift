import Testing

@testable import JSONCoding

@Suite("JSONReader")
struct JSONReaderTests {
  static let wellFormed: [(String, JSONValue)] = [
    ("null", JSONValue.null), (" true ", true), ("-0", 0), ("4294967295", 4_294_967_295),
    ("9223372036854775807", 9_223_372_036_854_775_807), ("1.5e2", .double(150)),
    ("18446744073709551616", .double(18_446_744_073_709_551_616)), ("[]", []), ("{}", [:]),
    ("[1, [2], {\"a\": null}]", [1, [2], ["a": .null]]),
    ("{\"a\":1,\"a\":2}", ["a": 2]), ("\"\\u00e9\\n\\\"\\/\"", "é\n\"/"),
    ("\"\\ud83d\\ude00\"", "😀"),
    ("\"é😀 plain text of some length\"", "é😀 plain text of some length"),
    ("{\"\\u0061\":1}", ["a": 1]),
  ]

  private func parse(_ text: String) throws(JSONError) -> JSONValue {
    try JSONValue(parsing: Array(text.utf8))
  }

  @Test(
    "well-formed texts give their value",
    arguments: wellFormed)
  func values(_ text: String, _ value: JSONValue) throws {
    #expect(try parse(text) == value)
  }

  struct Malformed: Sendable, CustomTestStringConvertible {
    var bytes: [UInt8]
    var kind: JSONError.Kind
    var offset: Int
    init(_ text: String, _ kind: JSONError.Kind, at offset: Int) {
      self.init(Array(text.utf8), kind, at: offset)
    }
    init(_ bytes: [UInt8], _ kind: JSONError.Kind, at offset: Int) {
      self.bytes = bytes
      self.kind = kind
      self.offset = offset
    }
    var testDescription: String { String(decoding: bytes, as: UTF8.self) }
  }

  @Test(
    "malformed texts are refused, with what and where",
    arguments: [
      Malformed("", .unexpectedEnd, at: 0),
      Malformed("  ", .unexpectedEnd, at: 2),
      Malformed("\u{FEFF}1", .unexpectedByte(0xEF), at: 0),
      Malformed("[1,]", .unexpectedByte(0x5D), at: 3),
      Malformed("{\"a\":1,}", .unexpectedByte(0x7D), at: 7),
      Malformed("[1 2]", .unexpectedByte(0x32), at: 3),
      Malformed("{\"a\" 1}", .unexpectedByte(0x31), at: 5),
      Malformed("{a:1}", .unexpectedByte(0x61), at: 1),
      Malformed("[1}", .unexpectedByte(0x7D), at: 2),
      Malformed("{\"a\":1]", .unexpectedByte(0x5D), at: 6),
      Malformed("1 1", .trailingBytes, at: 2),
      Malformed("{}}", .trailingBytes, at: 2),
      Malformed("01", .invalidNumber, at: 0),
      Malformed("-", .invalidNumber, at: 0),
      Malformed("1.", .invalidNumber, at: 0),
      Malformed("1e", .invalidNumber, at: 0),
      Malformed("+1", .unexpectedByte(0x2B), at: 0),
      Malformed(".5", .unexpectedByte(0x2E), at: 0),
      Malformed("NaN", .unexpectedByte(0x4E), at: 0),
      Malformed("1e999", .numberOutOfRange, at: 0),
      Malformed("nul", .unexpectedEnd, at: 3),
      Malformed("trux", .unexpectedByte(0x78), at: 3),
      Malformed("\"a", .unexpectedEnd, at: 2),
      Malformed("\"a\nb\"", .unexpectedByte(0x0A), at: 2),
      Malformed("\"\\x\"", .invalidEscape, at: 1),
      Malformed("\"\\u12g4\"", .invalidEscape, at: 1),
      Malformed("\"\\ud83d\"", .invalidEscape, at: 1),
      Malformed("\"\\ud83d\\u0041\"", .invalidEscape, at: 1),
      Malformed("\"\\ude00\"", .invalidEscape, at: 1),
      Malformed([0x22, 0xC0, 0x80, 0x22], .invalidUTF8, at: 1),
      Malformed([0x22, 0xED, 0xA0, 0x80, 0x22], .invalidUTF8, at: 1),
      Malformed([0x22, 0xF4, 0x90, 0x80, 0x80, 0x22], .invalidUTF8, at: 1),
      Malformed([0x22, 0xE2, 0x82, 0x22], .invalidUTF8, at: 1),
      Malformed([0x22, 0xFF, 0x22], .invalidUTF8, at: 1),
      Malformed(String(repeating: "[", count: 65), .tooDeep, at: 64),
      Malformed("[", .unexpectedEnd, at: 1),
      Malformed("{\"a\"", .unexpectedEnd, at: 4),
    ])
  func malformed(_ testCase: Malformed) {
    #expect(throws: JSONError(testCase.kind, at: testCase.offset)) {
      try JSONValue(parsing: testCase.bytes)
    }
  }

  @Test("what is skipped is checked like what is read")
  func skipping() {
    for text in ["{\"a\":[1,]}", "{\"a\":\"\\ud800\"}", "{\"a\":01}", "{\"a\":{\"b\":tru}}"] {
      #expect(throws: JSONError.self) {
        try JSONReader.read(Array(text.utf8)) { reader throws(JSONError) in try reader.skip() }
      }
    }
  }

  @Test("a value of another type is named, with what was expected")
  func mismatch() {
    #expect(
      throws: JSONError(.typeMismatch(expected: "a string", found: "a number"), at: 6)
    ) {
      try JSONReader.read(Array("{\"a\": 1}".utf8)) { reader throws(JSONError) in
        try reader.beginObject()
        _ = try reader.nextKey()
        _ = try reader.string()
      }
    }
    #expect(throws: JSONError.self) {
      try JSONReader.read(Array("1.0".utf8)) { reader throws(JSONError) in try reader.int() }
    }
    #expect(throws: JSONError(.numberOutOfRange, at: 0)) {
      try JSONReader.read(Array("9223372036854775808".utf8)) { reader throws(JSONError) in
        try reader.int()
      }
    }
  }

  @Test("a value can be passed over and read later")
  func later() throws {
    let text = Array("{\"data\":{\"n\":7},\"type\":\"t\"}".utf8)
    let seven = try JSONReader.read(text) { reader throws(JSONError) in
      var range: Range<Int>?
      try reader.beginObject()
      while let key = try reader.nextKey() {
        switch key {
        case "data": range = try reader.range()
        default: try reader.skip()
        }
      }
      guard let range else { return 0 }
      return try reader.read(range) { inner throws(JSONError) in
        try inner.beginObject()
        _ = try inner.nextKey()
        return try inner.int()
      }
    }
    #expect(seven == 7)
  }

  @Test("pooled strings are the strings that were read")
  func pool() throws {
    var pool = StringPool(capacity: 16)
    let words = (0..<100).map { "a rather long word number \($0 % 40)" }
    for word in words {
      let bytes = JSONValue.string(word).bytes()
      let read = try JSONReader.read(bytes) { reader throws(JSONError) in
        try reader.string(pooledIn: &pool)
      }
      #expect(read == word)
    }
  }
}

@Suite("JSONWriter")
struct JSONWriterTests {
  private let value: JSONValue = [
    "b": [1, "two\n\u{1}\"\\", .null], "a": ["y": false, "x": .double(1.5)], "c": [], "d": [:],
  ]

  @Test("keys are sorted and nothing is superfluous")
  func compact() {
    #expect(
      String(decoding: value.bytes(), as: UTF8.self)
        == "{\"a\":{\"x\":1.5,\"y\":false},\"b\":[1,\"two\\n\\u0001\\\"\\\\\",null],\"c\":[],\"d\":{}}"
    )
  }

  @Test("the pretty form indents by two spaces")
  func pretty() {
    #expect(
      String(
        decoding: (["a": [1, ["b": 2]], "c": []] as JSONValue).bytes(isPretty: true), as: UTF8.self)
          == """
          {
            "a": [
              1,
              {
                "b": 2
              }
            ],
            "c": []
          }
          """)
  }

  @Test("what is written is read back")
  func roundTrip() throws {
    #expect(try JSONValue(parsing: value.bytes()) == value)
    #expect(try JSONValue(parsing: value.bytes(isPretty: true)) == value)
  }
}
