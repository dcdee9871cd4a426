import LatticeModel
import Testing

@Suite("What was taken over")
struct AdoptedSetTests {
  private let wadm = ["wasmcloud.dev/managed-by": "wadm", "wasmcloud.dev/appspec": "shop"]
  private let now = Timestamp(nanoseconds: 5)

  private func report(_ annotations: [String: String]) -> HostReport {
    HostReport(
      host: "NA",
      actors: [
        ReportedActor(id: "shop-web", image: "web:1", annotations: annotations, instances: 1)
      ])
  }

  private func adopted(on host: HostID = "NA") -> AdoptedSet {
    AdoptedSet(
      UnitKey(application: "shop", kind: .actor, name: "web", host: host), id: "shop-web",
      annotations: wadm, spec: "d1")
  }

  @Test("it counts as ours only while it runs with the annotations that it had")
  func ours() throws {
    for (annotations, isOurs) in [(wadm, true), ([:], false)] {
      var observed = ObservedState()
      observed.note(report(annotations), at: now)
      observed.adopt([adopted(), adopted(on: "NB")])
      let set = try #require(observed.host("NA")?.actors.first)
      let owned = Ownership.owned(application: "shop", name: "web", spec: "d1")
      #expect((observed.ownership(set.ownership) == owned) == isOurs)
      // What a step finds again before it is sent is what hosts tell.
      #expect(observed.toldOwnership(set.ownership) == Ownership(annotations))
    }
  }

  @Test("it is forgotten once it is seen to be gone or another, never on silence")
  func forgotten() {
    func isKept(_ change: (inout ObservedState) -> Void, isOnRecord: Bool = true) -> Bool {
      var (observed, record) = (ObservedState(), LatticeRecord())
      change(&observed)
      record.adopted = [adopted()]
      if isOnRecord {
        record.hosts["NA"] = RecordedHost(report: HostReport(host: "NA"), lastSeen: now)
      }
      record.forgetAdopted(notIn: observed)
      return !record.adopted.isEmpty
    }
    #expect(isKept { $0.note(report(wadm), at: now) })
    #expect(!isKept { $0.note(report([:]), at: now) })
    #expect(!isKept { $0.note(HostReport(host: "NA"), at: now) })
    #expect(isKept { $0.noteSilent(HostReport(host: "NA")) })
    #expect(isKept { _ in })
    #expect(!isKept({ _ in }, isOnRecord: false))
  }
}
