import Testing
import YAMLTree

@Suite("The core schema") struct ScalarTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let text: String
    let type: YAMLScalarType
    var testDescription: String { "\(text) is \(type)" }

    init(_ type: YAMLScalarType, _ text: String) { (self.type, self.text) = (type, text) }
  }

  static let cases: [Case] =
    ["", "~", "null", "Null", "NULL"].map { Case(.null, $0) }
    + ["true", "True", "TRUE", "false", "False", "FALSE"].map { Case(.boolean, $0) }
    + ["0", "-1", "+7", "0123", "0o17", "0xfF", "9223372036854775807", "99999999999999999999"]
    .map { Case(.integer, $0) }
    + ["1.", ".5", "-0.5", "1e3", "1.5E-3", "+1e+2", ".inf", "-.INF", "+.Inf", ".nan"]
    .map { Case(.float, $0) }
    + [
      "yes", "no", "on", "off", "y", "nULL", "truE", "nothing", "1e", "1.2.3", ".", "-.", "+", "0x",
      "0o8", "0xg", "1 2", "12:30", "-.nan", "_1", "1_000", "0.27.0", "v1", ".e3", "e3", "--1",
      "'1'", "\"true\"", "''", "'~'", "|\n  1",
    ].map { Case(.string, $0) }

  @Test("a scalar means what YAML 1.2 says", arguments: cases)
  func type(_ example: Case) throws {
    let node = try #require(try root("k: \(example.text)\n")["k"])
    #expect(node.scalarType == example.type)
    #expect(node.isNull == (example.type == .null))
    #expect((node.bool != nil) == (example.type == .boolean))
    #expect((node.string != nil) == (example.type == .string))
    #expect((node.double != nil) == (example.type == .integer || example.type == .float))
  }

  @Test("values come out, and whole numbers beyond 64 bits do not")
  func values() throws {
    let node = try root("[true, FALSE, -12, 0x1F, 0o17, 0123, 99999999999999999999, 1.5e2, -.inf]")
    let list = Array(node.elements)
    #expect(list.map(\.bool) == [true, false, nil, nil, nil, nil, nil, nil, nil])
    #expect(list.map(\.int) == [nil, nil, -12, 31, 15, 123, nil, nil, nil])
    #expect(list[6].double == 99_999_999_999_999_999_999.0)
    #expect(list[7].double == 150 && list[8].double == -.infinity)
    #expect(try root("[.nan]").elements.first { _ in true }?.double?.isNaN == true)
  }

  @Test("a collection has no scalar type")
  func collections() throws {
    let node = try root("[]")
    #expect(node.scalarType == nil && node.string == nil && node.text.isEmpty)
  }
}
