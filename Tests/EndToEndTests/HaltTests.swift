import JSONCoding
import LatticeSimulator
import ReconcileTestKit
import Testing

@Suite("Halt and trigger")
struct HaltTests {
  @Test(
    "a halt is in force when it is said, nothing is sent until it is lifted, and both are history")
  func haltAndLift() async throws {
    let site = try await Site()
    try await site.commit(["shop": Site.application()])
    let controller = try ControllerRun(on: site, ["--expect-hosts", "3", "--holder", "edge-1"])
    try await controller.wait(forLine: "Lattice is in sync")
    let halt = try await site.reconcile("halt", "--reason", "stocktaking")
    #expect(halt.status == 0, "\(halt.errors)")
    #expect(halt.output == "halted: stocktaking; edge-1 sends nothing more\n")
    let status = try await site.reconcile("status")
    #expect(status.output.contains("halted      stocktaking ("), "\(status.output)")

    let sent = await site.lattice.ledger.count
    try await site.commit(["shop": Site.application(instances: 5)])
    let look = try await site.reconcile("trigger")
    #expect(
      look.status != 0 && look.output.hasPrefix("default at "), "\(look.output)\(look.errors)")
    #expect(await site.lattice.ledger.count == sent)

    let lift = try await site.reconcile("halt", "--lift", "-o", "json")
    #expect(lift.json?["result"]?["obeyed"]?.bool == true, "\(lift.output)")
    #expect(lift.json?["result"]?["lifted"]?.string?.hasPrefix("stocktaking (") == true)
    try await site.wait(for: 5)
    try await waitUntil("a look finds it in sync", within: .seconds(30)) {
      let look = try? await site.reconcile("trigger", "-o", "json")
      return look?.status == 0 && look?.json?["result"]?["in_sync"]?.bool == true
    }
    let history = try await site.reconcile("history")
    for act in ["halted everything", "lifted the halt", "stocktaking"] {
      #expect(history.output.contains(act), "\(history.output)")
    }
    await controller.end()
  }

  @Test(
    "without a controller a halt is on record all the same, and a trigger says that nobody looks")
  func nobodyCommands() async throws {
    let site = try await Site()
    let halt = try await site.reconcile("halt", "--reason", "stocktaking")
    #expect(halt.output == "halted: stocktaking; no controller commands the lattice now\n")
    let again = try await site.reconcile("halt", "--lift")
    #expect(again.output.hasPrefix("lifted: stocktaking ("), "\(again.output)")
    let twice = try await site.reconcile("halt", "--lift")
    #expect(twice.status == 0 && twice.output.hasPrefix("not halted; "), "\(twice.output)")
    let trigger = try await site.reconcile("trigger", "edge")
    #expect(trigger.status == 1 && trigger.errors.contains("RUN-23"), "\(trigger.errors)")
    #expect(try await site.reconcile("halt").status == 64)
    #expect(try await site.reconcile("halt", "--lift", "--reason", "a").status == 64)
  }
}
