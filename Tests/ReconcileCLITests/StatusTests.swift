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
    StatusReport(report: scene.report, record: LatticeRecord(), holder: .nobody)
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
