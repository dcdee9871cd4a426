import Diagnostics
import LatticeModel
import Manifests
import Planning
import ReconcileTestKit
import Testing

@Suite("Order of manifests")
struct ManifestOrderTests {
  private func desired(_ files: [(path: String, text: String)]) -> DesiredState {
    resolve(
      files.map { decodeManifests(ManifestFile(path: $0.path, bytes: Array($0.text.utf8))) },
      revision: "r", tree: "t"
    ).desired
  }

  private func examples() throws -> [(path: String, text: String)] {
    try repositoryFiles("manifests").map { ($0.path, String(decoding: $0.bytes, as: UTF8.self)) }
  }

  /// Three hosts, one of which runs a set that nothing declares.
  private var observed: ObservedState {
    var state = ObservedState()
    for (index, zone) in ["a", "b", "c"].enumerated() {
      state.note(
        HostReport(host: HostID("N\(index)"), labels: ["zone": zone]),
        at: Timestamp(nanoseconds: 1))
    }
    state.view = .complete
    return state
  }

  /// The plan without the places of declarations, which move with the text.
  private func placeless(_ desired: DesiredState) -> Plan {
    var plan = plan(from: observed, to: desired, in: PlanningContext(lattice: "default"))
    for stage in plan.stages.indices {
      for step in plan.stages[stage].steps.indices {
        plan.stages[stage].steps[step].origin = nil
      }
    }
    for step in plan.held.indices { plan.held[step].step.origin = nil }
    for application in plan.applications.indices { plan.applications[application].path = "" }
    for index in plan.unplaceable.indices {
      plan.unplaceable[index].origin = .init(path: "", line: 1, column: 1)
    }
    return plan
  }

  @Test("files in any order give the same plan", arguments: 1...20)
  func files(_ seed: Int) throws {
    var random = Seeded(UInt64(seed))
    let files = try examples()
    let context = PlanningContext(lattice: "default")
    let first = plan(from: observed, to: desired(files), in: context)
    #expect(!first.isEmpty)
    let again = plan(
      from: observed, to: desired(files.shuffled(using: &random)), in: context)
    #expect(again == first, "seed \(seed)")
  }

  @Test("documents in any order, in any file, give the same plan", arguments: 1...20)
  func documents(_ seed: Int) throws {
    var random = Seeded(UInt64(seed))
    let files = try examples()
    let first = placeless(desired(files))
    var documents = files.map(\.text).joined(separator: "\n---\n").split(
      separator: "\n---\n"
    ).map(String.init)
    documents.shuffle(using: &random)
    let cut = random.number(0...documents.count)
    let parts = [documents[..<cut], documents[cut...]].map { $0.joined(separator: "\n---\n") }
    #expect(
      placeless(desired([("a.yaml", parts[0]), ("b.yaml", parts[1])])) == first, "seed \(seed)")
  }
}
