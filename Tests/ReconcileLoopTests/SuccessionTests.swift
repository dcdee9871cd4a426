import LatticeModel
import LatticeSimulator
import ReconcileTestKit
import Testing

@testable import ReconcileLoop

@Suite("Applications that take over from others", .serialized)
struct SuccessionTests {
  private func workshop() async throws -> Workshop {
    let workshop = try await Workshop()
    workshop.repository.commit(Estate.application(instances: 3))
    try await workshop.start()
    try await workshop.wait(for: 3)
    try await workshop.wait(forLine: "Lattice is in sync")
    return workshop
  }

  @Test("an application that gets another name is up under that before it goes down")
  func renamed() async throws {
    let workshop = try await workshop()
    let before = await workshop.lattice.ledger.count
    workshop.repository.commit(Estate.application("store", instances: 3))
    try await workshop.wait(for: 3, of: "store-web")
    try await workshop.wait(for: 0)
    let subjects = await workshop.lattice.ledger.dropFirst(before).map(\.subject)
    #expect(Set(subjects) == ["store-web", "shop-web"])
    #expect(subjects == subjects.sorted { $0 == "store-web" && $1 == "shop-web" }, "\(subjects)")
    await workshop.stop()
  }

  @Test("it stays up as long as it cannot be started under its new name")
  func failing() async throws {
    let workshop = try await workshop()
    for host in await workshop.lattice.truth.keys {
      await workshop.lattice.setFaults(of: host) {
        $0.failingImages = ["registry.example.com/web:2"]
      }
    }
    workshop.repository.commit(
      Estate.application("store", image: "registry.example.com/web:2", instances: 3))
    try await workshop.wait(forLine: "Command failed", times: 3)
    #expect(await workshop.running() == 3)
    for host in await workshop.lattice.truth.keys {
      await workshop.lattice.setFaults(of: host) { $0.failingImages = [] }
    }
    try await workshop.wait(for: 3, of: "store-web")
    try await workshop.wait(for: 0)
    await workshop.stop()
  }
}
