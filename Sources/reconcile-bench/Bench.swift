import Glibc

/// Measures this program beside a bare C loop or a physical limit in the same run.
///
/// Prints one table at the end. Nothing here is a test: a goal that is missed is printed as such.
@main
struct Bench {
  static let rows: [BenchRow] = [
    .yaml, .git, .requests, .intake, .plan, .pass, .cold, .failover, .told, .reaction, .idle,
    .build,
  ]

  static func main() async {
    let words = CommandLine.arguments.dropFirst().map { $0.drop { $0 == "-" } }.map(String.init)
    let unknown = words.filter { word in word != "list" && !rows.contains { $0.name == word } }
    guard unknown.isEmpty else {
      say("no row is called \(unknown.joined(separator: ", ")); --list shows them")
      exit(64)
    }
    if words.contains("list") {
      for row in rows { print("\(row.name.padded(to: 10))\(row.summary)") }
      return
    }
    var figures: [Figure] = []
    for row in rows where words.isEmpty ? !row.isOnRequest : words.contains(row.name) {
      say("\(row.name): \(row.summary)")
      do {
        figures += try await row.measure()
      } catch {
        say("\(row.name): \(error)")
        figures.append(Figure(what: row.name, ours: "failed"))
      }
    }
    print(table(figures))
  }
}
