import Foundation
import ReconcileTestKit
import Testing

/// Holds `docs/architecture.md` against `Package.swift` and the sources.
@Suite("Architecture")
struct ArchitectureTests {
  private let lines = readFile("\(repositoryRoot)/docs/architecture.md").split(
    separator: "\n", omittingEmptySubsequences: false)
  private let house = House(readFile("\(repositoryRoot)/Package.swift"))

  @Test("each step of a walk is a function of the file that it names")
  func walks() throws {
    let steps = lines.filter { $0.prefixMatch(of: /\d+\./) != nil }
    #expect(steps.count { $0.hasPrefix("1. ") } == 3)
    for line in steps {
      let step = try #require(
        line.prefixMatch(of: /\d+\. `([\w\/+]+\.swift)`:`(\w+)`/), "no step: \(line)")
      let isThere = try declares(String(step.2), readFile("\(repositoryRoot)/Sources/\(step.1)"))
      #expect(isThere, "there is no function \(step.2) in Sources/\(step.1)")
    }
  }

  private func declares(_ name: String, _ text: String) throws -> Bool {
    let pattern = name == "init" ? #"\binit\??[(<]"# : #"\bfunc \#(name)[(<]"#
    return text.contains(try Regex(pattern))
  }

  @Test("the table has every room of the package and no other")
  func rooms() {
    let listed = Set(rows(under: "| room |").map { $0[0] })
    #expect(listed.symmetricDifference(house.rooms) == [])
  }

  @Test("the arrows are those of the package, but for what follows from others")
  func arrows() {
    let block = codeBlocks(in: "docs/architecture.md", language: "mermaid").joined()
    let drawn = block.matches(of: /(\w+) --> (.+)/).flatMap { match in
      match.2.split(separator: " & ").map { "\(match.1) --> \($0)" }
    }
    let shipped = house.below("reconcile").union(["reconcile"])
    let declared = shipped.flatMap { room in
      house.directly(below: room).map { "\(room) --> \($0)" }
    }
    #expect(Set(drawn).symmetricDifference(declared) == [])
  }

  @Test("what is looked for is in a room of the package, in a file that is there")
  func behaviours() {
    let rows = rows(under: "| If you look for")
    #expect(rows.count >= 20)
    for row in rows {
      #expect(house.rooms.contains(row[1]), "there is no room \(row[1])")
      let path = "\(repositoryRoot)/Sources/\(row[1])/\(row[2])"
      #expect(FileManager.default.fileExists(atPath: path), "there is no \(row[2]) in \(row[1])")
    }
  }

  /// The cells of a table's rows, without the marks of code; the table is found by its first line.
  private func rows(under head: String) -> [[String]] {
    lines.drop { !$0.hasPrefix(head) }.dropFirst(2).prefix { $0.hasPrefix("|") }.map { line in
      line.split(separator: "|").map {
        $0.trimmingCharacters(in: CharacterSet(charactersIn: " `"))
      }
    }
  }
}

/// What stands on what, as `Package.swift` has it.
private struct House {
  private var dependencies: [String: [String]] = [:]

  init(_ package: String) {
    let target =
      #/
      (?: \b(?: room | door )\( | \.(?: target | executableTarget )\(\s*name: ) \s*"([\w\-]+)"
      (?: ,\s* (?: dependencies:\s* )? \[ ([^\]]*) \] )?
      /#
    for match in package.matches(of: target) {
      dependencies[String(match.1)] = Self.names(in: match.2)
    }
  }

  private static func names(in list: Substring?) -> [String] {
    (list ?? "").matches(of: /"([\w\-]+)"/).map { String($0.1) }
  }

  /// All targets that are neither tests nor doors to C.
  var rooms: [String] { dependencies.keys.filter { $0.wholeMatch(of: /C[A-Z]\w*/) == nil } }

  func below(_ room: String) -> Set<String> {
    (dependencies[room] ?? []).reduce(into: []) { $0.formUnion(below($1).union([$1])) }
  }

  /// What a room imports that nothing else which it imports stands on.
  func directly(below room: String) -> [String] {
    let all = dependencies[room] ?? []
    return all.filter { one in !all.contains { below($0).contains(one) } }
  }
}
