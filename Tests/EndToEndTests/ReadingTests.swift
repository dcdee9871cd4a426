import Foundation
import Glibc
import JSONCoding
import LatticeModel
import LatticeSimulator
import NATSTransport
import ReconcileTestKit
import Testing

@Suite("What is concluded from a reading of git", .serialized)
struct ReadingTests {
  /// Three applications, one a file, that prune, applied.
  private func site() async throws -> Site {
    let site = try await Site()
    try await site.commit([
      "a": Site.application("a", prune: true), "b": Site.application("b", prune: true),
      "c": Site.application("c", prune: true),
    ])
    try await site.sync("--expect-hosts", "3")
    return site
  }

  private func running(_ site: Site, _ name: String) async -> Int {
    await site.instances(of: "\(name)-web").values.reduce(0, +)
  }

  @Test("an index that cannot be read keeps nobody from reading the commit")
  func index() async throws {
    let site = try await site()
    for text in ["", "DIRC", "garbage"] {
      try site.repository.write(".git/index", text)
      let run = try await site.reconcile("diff")
      #expect(run.status == 0, "\(run.output)\(run.errors)")
      #expect(run.output.contains("note: what is not committed could not be seen"), "\(text)")
    }
  }

  @Test("a file that is renamed to capitals stays, one that loses its ending is noted")
  func endings() async throws {
    let site = try await site()
    let manifests = site.repository.path + "/manifests"
    #expect(rename("\(manifests)/a.yaml", "\(manifests)/A.YAML") == 0)
    #expect(rename("\(manifests)/b.yaml", "\(manifests)/b.yaml.off") == 0)
    try await site.repository.commit("Rename")
    let run = try await site.reconcile("diff", "-o", "json")
    #expect(run.output.contains("not read for its ending: manifests/b.yaml.off"), "\(run.output)")
    let changes = run.json?["changes"]?.array?.compactMap { $0["application"]?.string }
    #expect(Set(changes ?? []) == ["b"], "\(run.output)")
  }
}
