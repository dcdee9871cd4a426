import Foundation
import JSONCoding
import ReconcileTestKit
import Testing

@Suite("Validation")
struct ValidateTests {
  @Test("bad manifests are reported at once, sorted by place, in every format, with exit 1")
  func everything() async throws {
    let site = try await Site(hosts: 0)
    let files = try repositoryFiles("Tests/ManifestsTests/Bad")
    for file in files {
      let name = file.path.split(separator: "/").last ?? ""
      try site.repository.write("manifests/\(name)", Data(file.bytes))
    }
    try await site.repository.commit("Break everything")
    let text = try await site.reconcile("validate")
    let json = try await site.reconcile("validate", "-o", "json")
    let lines = try await site.reconcile("validate", "-o", "ndjson")
    for run in [text, json, lines] { #expect(run.status == 1) }
    let findings = try lines.output.split(separator: "\n").map {
      try JSONValue(parsing: Array($0.utf8))
    }
    #expect(json.json?["diagnostics"]?.array == findings)
    let places = findings.map {
      ($0["path"]?.string ?? "", $0["line"]?.int ?? 0, $0["column"]?.int ?? 0)
    }
    #expect(zip(places, places.dropFirst()).allSatisfy { $0 <= $1 })
    #expect(Set(places.map(\.0)).count == files.count)
    let spoken = text.errors.split(separator: "\n")
    #expect(spoken.count == findings.count)
    for (line, place) in zip(spoken, places) {
      #expect(line.hasPrefix("\(place.0):\(place.1):\(place.2): "))
    }
  }
}
