import LatticeSimulator
import ReconcileTestKit
import Testing

@Suite("Exit statuses")
struct ExitStatusTests {
  /// The headings of the document, each with the lines of its example.
  static let sections: [(status: Int32, lines: [String])] =
    readFile("\(repositoryRoot)/docs/exit-status.md").split(separator: "\n## ").dropFirst()
    .compactMap { section in
      guard let status = Int32(section.prefix { $0.isNumber }) else { return nil }
      let lines = section.split(separator: "\n").filter { $0.hasPrefix("reconcile") }
      return lines.isEmpty ? nil : (status, lines.map(String.init))
    }

  @Test("every status of the document is what its example ends with")
  func examples() async throws {
    #expect(Self.sections.map(\.status) == [0, 1, 2, 3, 4, 5, 6, 64])
    for (status, lines) in Self.sections {
      let site = try await Site()
      try await site.commit(["shop": Site.application(instances: 6)])
      try await setScene(of: status, at: site)
      var last: Run?
      for line in lines {
        last = try await site.reconcile(line.split(separator: " ").dropFirst().map(String.init))
      }
      let run = try #require(last)
      #expect(run.status == status, "\(lines): \(run.output)\(run.errors)")
    }
  }

  /// How things stand where the document's example of a status begins.
  private func setScene(of status: Int32, at site: Site) async throws {
    let hosts = await site.lattice.truth.keys.sorted()
    switch status {
    case 4:
      try await site.sync("--expect-hosts", "3")
      try await site.commit(["shop": Site.application(instances: 3)])
      await site.lattice.setFaults(of: try #require(hosts.first)) { $0.isHung = true }
    case 6:
      for host in hosts { await site.lattice.setFaults(of: host) { $0.neverActs = true } }
    default: break
    }
  }

  @Test("help lists every status that the document has")
  func listed() async throws {
    let site = try await Site(hosts: 0)
    let help = try await site.reconcile("help", "exit-status")
    for (status, _) in Self.sections { #expect(help.output.contains("\n  \(status) ")) }
    #expect(help.output.split(separator: "\n").allSatisfy { $0.count <= 80 }, "\(help.output)")
  }
}
