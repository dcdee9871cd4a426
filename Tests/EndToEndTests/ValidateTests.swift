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

  /// Twelve different mistakes, each marked with its code where it stands.
  private static let mistakes = """
    apiVersion: reconcile.dev/v1
    kind: Application
    metadata:
      name: shop
      labls: {}                     # MAN-5:3
    spec:
      configs:
        - name: settings
          values: [a, b]            # MAN-4:15
      actors:
        - name: Web                 # MAN-6:13
          image: r/web:1
        - name: worker
          image: "r w:1"            # MAN-7:14
          instances: many           # MAN-4:18
          config: [setings]         # MAN-9:16
        - name: twin
          image: r/web:1
        - name: twin                # MAN-8:7
          image: r/web:1
        - image: r/web:1            # MAN-3:7
          update: {maxUnavailable: 0} # MAN-7:32
      providers:
        - name: store
          image: r/store:1
          perHost: maybe            # MAN-4:16
          replicas: 3               # MAN-5:7
      links:
        - source: worker
          target: store
          interface: keyvalue       # MAN-7:18

    """

  private static var places: [String] {
    mistakes.split(separator: "\n", omittingEmptySubsequences: false).enumerated().compactMap {
      guard let mark = $1.firstRange(of: "# MAN-") else { return nil }
      let parts = $1[mark.upperBound...].split(separator: ":")
      return "manifests/a b,c.yaml:\($0 + 1):\(parts[1]): MAN-\(parts[0])"
    }
  }

  @Test("each mistake is one finding with its place, for people, programs and code scanning alike")
  func twelve() async throws {
    let site = try await Site(hosts: 0)
    try site.repository.write("manifests/a b,c.yaml", Self.mistakes)
    try await site.repository.commit("Make mistakes")
    #expect(Self.places.count == 12)
    let text = try await site.reconcile("validate")
    #expect(
      text.errors.split(separator: "\n").compactMap { line in
        let parts = line.split(separator: " error ", maxSplits: 1)
        return parts.count == 2 ? "\(parts[0]) \(parts[1].prefix { $0 != ":" })" : nil
      } == Self.places)

    let run = try await site.reconcile("validate", "-o", "sarif")
    #expect(run.status == 1 && run.errors.isEmpty)
    let log = try #require(run.json)
    #expect(log["version"]?.string == "2.1.0" && log["runs"]?.array?.count == 1)
    let report = try #require(log["runs"]?.array?.first)
    #expect(report["columnKind"]?.string == "unicodeCodePoints")
    let driver = report["tool"]?["driver"]
    #expect(driver?["name"]?.string == "reconcile")
    let rules = driver?["rules"]?.array?.compactMap { $0["id"]?.string } ?? []
    let results = report["results"]?.array ?? []
    #expect(Set(results.compactMap { $0["ruleId"]?.string }) == Set(rules))
    #expect(Set(rules).count == rules.count)
    #expect(results.allSatisfy { $0["level"]?.string == "error" })
    #expect(results.allSatisfy { $0["message"]?["text"]?.string?.isEmpty == false })
    let found = results.map { result -> String in
      let place = result["locations"]?.array?.first?["physicalLocation"]
      let region = place?["region"]
      let path = place?["artifactLocation"]?["uri"]?.string ?? ""
      return "\(path):\(region?["startLine"]?.int ?? 0):\(region?["startColumn"]?.int ?? 0): "
        + (result["ruleId"]?.string ?? "")
    }
    #expect(found == Self.places.map { $0.replacingOccurrences(of: "a b,c", with: "a%20b%2Cc") })

    let workflow = try await site.reconcile("validate", "-o", "github")
    #expect(workflow.status == 1 && workflow.errors.isEmpty)
    let lines = workflow.output.split(separator: "\n").map(String.init)
    #expect(lines.count == 12)
    #expect(
      lines.first
        == "::error file=manifests/a b%2Cc.yaml,line=5,col=3,title=MAN-5::metadata of the "
        + "application has no key 'labls'; write 'labels'")
  }

  @Test("what only findings are written in is refused elsewhere")
  func refused() async throws {
    let site = try await Site(hosts: 0)
    let run = try await site.reconcile("diff", "-o", "sarif")
    #expect(run.status == 64 && run.output.isEmpty)
    #expect(run.errors.contains("The option '-o sarif' is not for 'diff' but for 'validate'."))
  }

  @Test("a manifest to begin with is valid as it is, and so is what its comments offer")
  func starter() async throws {
    let site = try await Site(hosts: 0)
    let run = try await site.reconcile(["init", "shop"], in: "/")
    #expect(run.status == 0 && run.errors.isEmpty)
    let manifest = try #require(run.output.firstRange(of: "apiVersion:"))
    let offered = run.output[manifest.lowerBound...]
      .replacing(" # spread: zones ", with: " spread: zones ")
      .replacing(" # config:", with: " config:").replacing(" # resources:", with: " resources:")
      .replacing(" # update:", with: " update:").replacing("  # spread:\n", with: "  spread:\n")
      .replacing("  #   zones:", with: "    zones:").replacing("  #     - {", with: "      - {")
      .replacing("  # sync:", with: "  sync:")
    for text in [run.output, String(offered)] {
      try site.repository.write("manifests/shop.yaml", text)
      let check = try await site.reconcile("validate", "--worktree")
      #expect(check.status == 0 && check.errors.isEmpty, "\(check.errors)")
      #expect(check.output == "1 application valid\n")
    }
    #expect(offered.contains("\n  spread:\n    zones:\n      - {name: edge"))
  }

  @Test("the schema of each kind is shown as it lies in schemas, where there is no repository")
  func schemas() async throws {
    let site = try await Site(hosts: 0)
    for words in [
      ["schema"], ["schema", "Application"], ["schema", "Policy"], ["schema", "HostProfile"],
      ["schema", "Lattice"], ["schema", "Stream"],
    ] {
      let run = try await site.reconcile(words, in: "/")
      let kind = (words.dropFirst().first ?? "Application").lowercased()
      #expect(run.status == 0)
      #expect(run.output == readFile("\(repositoryRoot)/schemas/v1/\(kind).json"), "\(kind)")
    }
  }
}
