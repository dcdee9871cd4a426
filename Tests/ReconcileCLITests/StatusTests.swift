import DesiredSources
import JSONCoding
import LatticeModel
import Planning
import ReconcileTestKit
import RecordKeeping
import Testing

@testable import ReconcileCLI
@testable import ReconcileLoop

@Suite("How a lattice stands")
struct StatusTests {
  private let now = Timestamp(nanoseconds: 2_000_000_000_000)

  private func status(_ scene: Scene) -> StatusReport {
    StatusReport(
      report: scene.report, status: scene.status, record: LatticeRecord(), holder: .nobody)
  }

  @Test("in sync is told with its age, and as unknown once it is too old")
  func age() throws {
    let scene = try #require(Scene.differences.first { $0.name == "in-sync" })
    let status = status(scene)
    let soon = Timestamp(nanoseconds: 4_000_000_001)
    let text = renderText(status, at: soon)
    #expect(text.contains("\nstate       in sync, seen 4 s ago\n"), "\(text)")
    #expect(text.contains("shop         in sync, seen 4 s ago  "), "\(text)")
    let data = json(of: status, exit: .inSync, at: soon)
    for value in [JSONValue.object(data), data["applications"]?.array?.first] {
      #expect(value?["age_seconds"]?.int == 4 && value?["unknown"] == .null, "\(data)")
      #expect(value?["seen_at"]?.string == "1970-01-01T00:00:00.000000001Z", "\(data)")
    }
    #expect(data["sync"]?.string == "in-sync" && data["in_sync"]?.bool == true)
    #expect(data["plan_id"]?.string == "sha256:\(status.report.planID)")
    #expect(data["applications"]?.array?.first?["state"]?.string == "in sync")

    let reason = "host NALPHA was last seen 3m ago"
    let late = Timestamp(nanoseconds: 180_000_000_001)
    let old = renderText(status, at: late)
    #expect(old.contains("\nstate       unknown: \(reason)\n"), "\(old)")
    #expect(old.contains("shop         unknown: \(reason)  "), "\(old)")
    let stale = json(of: status, exit: .inSync, at: late)
    #expect(stale["sync"]?.string == "unknown" && stale["unknown"]?.string == reason)
    #expect(stale["applications"]?.array?.first?["state"]?.string == "unknown")
    #expect(stale["age_seconds"]?.int == 180)
  }

  @Test("what was laid over the manifests stands beside their path, for programs too")
  func layers() {
    var status = status(Scene.differences[0])
    status.report.source.overlayPaths = ["sites/eu", "sites/berlin"]
    let path = status.report.source.shownPath
    let text = renderText(status, at: now)
    #expect(text.contains("\npath        \(path) + sites/eu + sites/berlin\n"), "\(text)")
    let data = json(of: status, exit: .inSync, at: now)
    #expect(data["path"]?.string == path && data["overlays"] == ["sites/eu", "sites/berlin"])
  }

  @Test("an application without room for all of it is not called in sync")
  func unplaced() throws {
    let scene = try #require(Scene.differences.first { $0.name == "unplaceable" })
    let text = renderText(status(scene), at: Timestamp(nanoseconds: 1_000_000_000))
    #expect(text.contains("without a place") && !text.contains("in sync"), "\(text)")
  }

  @Test("what is held is named, with why and what ends it", arguments: Scene.guarded.map(\.scene))
  func held(_ scene: Scene) throws {
    let status = status(scene)
    let text = renderText(status, at: now)
    for held in status.report.plan.held where held.rule != .takesHostsDown {
      let unit = held.step.unit
      #expect(
        text.contains(": \(held.detail); \(held.remedy)")
          && text.contains("\(unit.kind.rawValue) \(unit.name)"), "\(text)")
    }
  }

  @Test("of what hosts start still nothing is told whose host or application is gone")
  func starting() {
    var status = status(Scene.differences[0])
    func unit(_ application: ApplicationName, _ host: HostID) -> UnitKey {
      UnitKey(application: application, kind: .actor, name: "web", host: host)
    }
    let units = [unit("shop", "NALPHA"), unit("shop", "NGONE"), unit("gone", "NALPHA")]
    for unit in units { status.record.starting[unit] = Timestamp(nanoseconds: 1_000_000_000_000) }
    #expect(status.starting.map(\.unit) == [units[0]])
    let text = renderText(status, at: now)
    #expect(text.contains("starting    shop  actor web on NALPHA"), "\(text)")
    #expect(!text.contains("NGONE") && !text.contains("gone"), "\(text)")
  }

  @Test("a lattice of which no pass is on record says that its holds end by themselves")
  func unproven() throws {
    var scene = try #require(Scene.guarded.first { $0.rule == .incompleteView }).scene
    scene.meanwhile = { $0.observed.view = .unproven }
    let text = renderText(status(scene), at: now)
    #expect(text.contains("held        blog  "), "\(text)")
    #expect(text.contains("no earlier pass is on record that says which hosts there are"))
    #expect(text.contains("this ends by itself"))
  }
}
