import Testing

@testable import OptionParsing

extension CommandTableTests {
  @Test(
    "what may stand at the end of a line",
    arguments: [
      ([""], ["apply", "diff", "get"], nil), (["d"], ["diff"], nil), (["get", ""], ["hosts"], nil),
      (["diff", "--co"], ["--count"], nil), (["diff", "--output", "j"], ["json"], "output"),
      (["diff", "--output=j"], ["--output=json"], "output"),
      (["diff", "--output", "=", "j"], ["json"], "output"),
      (["diff", "-o", ""], ["text", "json"], "output"),
      (["diff", "--name", "a", "--n"], ["--no-color", "--name"], nil),
      (["--name", "get", "d"], ["diff"], nil),
      (["diff", "--count", ""], [], "count"), (["nothing", "--"], [], nil),
    ] as [([String], [String], String?)])
  func completes(_ line: [String], _ words: [String], _ place: String?) {
    let completion = table.completion(of: line)
    #expect(completion.candidates.map(\.word) == words)
    #expect(completion.place == place)
  }
}
