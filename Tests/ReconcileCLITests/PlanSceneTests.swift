import LatticeModel
import ReconcileTestKit
import Testing

@testable import ReconcileCLI
@testable import ReconcileLoop

@Suite("Plans as people and programs read them")
struct PlanSceneTests {
  @Test("a plan reads as its goldens", arguments: Scene.all)
  func goldens(_ scene: Scene) {
    let report = scene.report
    expectGolden(renderText(report), "\(scene.name).text")
    expectGolden(renderJSON(report, exit: ExitStatus(report)), "\(scene.name).json")
  }

  @Test("every guard holds a step in its scene")
  func guards() {
    for (rule, scene) in Scene.guarded {
      #expect(scene.report.plan.held.contains { $0.rule == rule }, "\(scene.name)")
    }
    #expect(Set(Scene.guarded.map(\.rule)) == Set(GuardRule.allCases))
  }
}
