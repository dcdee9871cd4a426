import Foundation
import JSONCoding
import LatticeSimulator
import ReconcileTestKit
import Testing

@Suite("Status where something does not answer", .serialized)
struct StatusTests {
  /// What is away, and what is told of that.
  enum Away: String, CaseIterable, Sendable {
    case repository, hosts, server

    var code: String {
      switch self {
      case .repository: "GIT-"
      case .hosts: "OBS-"
      case .server: "NAT-1"
      }
    }
  }

  @Test("what is on record is shown, with why the rest is not known", arguments: Away.allCases)
  func shownFromRecord(_ away: Away) async throws {
    let site = try await Site()
    try await site.commit(["shop": Site.application()])
    try await site.sync("--expect-hosts", "3")
    let stop = try await site.reconcile(
      "suspend", "--app", "shop", "--reason", "stocktaking", "--until", "2h")
    #expect(stop.status == 0, "\(stop.errors)")
    try #require(try await site.reconcile("diff").status == 0)
    switch away {
    case .repository: try FileManager.default.removeItem(atPath: "\(site.repository.path)/.git")
    case .hosts: await site.lattice.stop()
    case .server: site.server.stop()
    }
    let text = try await site.reconcile("status")
    #expect(text.status == 1, "\(text.output)\(text.errors)")
    #expect(text.errors.contains(away.code), "\(text.errors)")
    for word in ["state       unknown", "stocktaking", "3 on record", "shop         unknown"] {
      #expect(text.output.contains(word), "\(text.output)")
    }
    #expect(text.output.contains(".journal") == (away == .server), "\(text.output)")
    let data = try await site.reconcile("status", "-o", "json").json
    #expect(data?["sync"]?.string == "unknown" && data?["exit"]?.int == 1)
    #expect(data?["applications"]?.array?.first?["name"]?.string == "shop")
    #expect(data?["suspensions"]?.array?.count == 1)
    #expect(data?["errors"]?.array?.first?["code"]?.string?.hasPrefix(away.code) == true)
    #expect((data?["record"]?["file"]?.string != nil) == (away == .server))
  }
}
