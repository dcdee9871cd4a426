import Testing

@testable import Diagnostics

@Suite("Diagnostic")
struct DiagnosticTests {
  private func finding(_ path: String?, _ line: Int, _ number: Int) -> Diagnostic {
    Diagnostic(
      DiagnosticCode("MAN", number), .error, "message",
      at: path.map { SourcePosition(path: $0, line: line, column: 1) })
  }

  @Test("findings sort by place, those without a place first, then by code")
  func order() {
    let sorted = [
      finding("b.yaml", 1, 1), finding("a.yaml", 9, 2), finding("a.yaml", 9, 1),
      finding("a.yaml", 10, 1), finding(nil, 0, 3),
    ].sorted()
    #expect(
      sorted == [
        finding(nil, 0, 3), finding("a.yaml", 9, 1), finding("a.yaml", 9, 2),
        finding("a.yaml", 10, 1), finding("b.yaml", 1, 1),
      ])
  }

  @Test("one line names place, severity, code, message and remedy")
  func line() {
    let diagnostic = Diagnostic(
      DiagnosticCode("MAN", 12), .warning, "unknown key 'imge'", remedy: "write 'image'",
      at: SourcePosition(path: "shop.yaml", line: 3, column: 7))
    #expect(
      diagnostic.description
        == "shop.yaml:3:7: warning MAN-12: unknown key 'imge'; write 'image'")
  }

  @Test("codes compare by number, not by text")
  func codes() {
    #expect(DiagnosticCode("MAN", 2) < DiagnosticCode("MAN", 12))
    #expect(DiagnosticCode("GIT", 99) < DiagnosticCode("MAN", 1))
  }
}
