import Testing

@testable import LatticeModel

@Suite("ObservedState")
struct ObservedStateTests {
  private let now = Timestamp(nanoseconds: 1)

  private func report(_ host: HostID, _ actors: [ReportedActor] = [], uptime: Int = 10)
    -> HostReport
  {
    HostReport(host: host, uptime: uptime, actors: actors)
  }

  private let web = ReportedActor(
    id: "shop-web", image: "registry/web:1",
    annotations: [
      AnnotationKey.managedBy: AnnotationKey.manager, AnnotationKey.application: "shop",
      AnnotationKey.actor: "web",
    ], instances: 3)

  @Test("hosts are listed by id, whatever order they are heard of in")
  func order() {
    var state = ObservedState()
    for host in ["NC", "NA", "NB"] as [HostID] { state.note(report(host), at: now) }
    #expect(state.hosts.map(\.id) == ["NA", "NB", "NC"])
    #expect(state.host("NB")?.id == "NB")
  }

  @Test("an unchanged heartbeat raises no generation, a changed one does")
  func heartbeat() {
    var state = ObservedState()
    state.note(report("NA", [web]), at: now)
    let before = state.generation
    state.apply(.hostHeartbeat(report("NA", [web], uptime: 40)), at: now)
    #expect(state.generation == before)
    state.apply(.hostHeartbeat(report("NA", [], uptime: 70)), at: now)
    #expect(state.generation > before)
    #expect(state.actor("shop-web", on: "NA") == nil)
  }

  @Test("a host that owes its inventory twice is degraded and closed until it comes")
  func inventory() throws {
    var state = ObservedState()
    state.note(report("NA", [web]), at: now)
    func health() throws -> HostHealth { try #require(state.host("NA")).health(nil) }
    state.inventoryIsUnderWay(at: "NA")
    state.missInventory(of: "NA")
    #expect(try health() == .healthy)
    #expect(state.host("NA")?.needsInventory == true)
    state.inventoryIsUnderWay(at: "NA")
    let before = state.generation
    state.missInventory(of: "NA")
    let reason = "it answers pings but not for its inventory"
    #expect(try health() == .degraded(reason))
    #expect(state.host("NA")?.closure(nil) == reason)
    #expect(state.host("NA")?.needsInventory == false)
    #expect(state.generation > before && state.actor("shop-web", on: "NA") == web)
    state.apply(.hostHeartbeat(report("NA", [web])), at: now)
    #expect(try health() == .healthy)
  }

  @Test("an answer that was long on its way does not undo what was reported since")
  func lateAnswer() {
    var state = ObservedState()
    state.note(report("NA"), at: now)
    let question = state.inventoryIsUnderWay(at: "NA")
    state.note(report("NA", [web]), at: now)
    state.note(report("NA"), answering: question, since: now, at: now)
    #expect(state.actor("shop-web", on: "NA") == web)
    #expect(state.host("NA")?.needsInventory == true)
    let again = state.inventoryIsUnderWay(at: "NA")
    state.note(report("NA"), answering: again, since: now, at: now)
    #expect(state.actor("shop-web", on: "NA") == nil)
    #expect(state.host("NA")?.needsInventory == false)
  }

  @Test("a heartbeat from before a host started anew is not what it runs now")
  func earlierLife() {
    func second(_ count: Int64) -> Timestamp { Timestamp(nanoseconds: count * 1_000_000_000) }
    var state = ObservedState()
    let first = state.inventoryIsUnderWay(at: "NA")
    state.note(
      report("NA", [web], uptime: 30), answering: first, since: second(100), at: second(100))
    state.apply(.hostStarted("NA"), at: second(103))
    let question = state.inventoryIsUnderWay(at: "NA")
    state.note(report("NA", uptime: 0), answering: question, since: second(103), at: second(103))
    #expect(state.actor("shop-web", on: "NA") == nil)
    state.apply(.hostHeartbeat(report("NA", [web], uptime: 33)), at: second(104))
    #expect(state.actor("shop-web", on: "NA") == nil)
    #expect(state.host("NA")?.needsInventory == true && state.host("NA")?.isUsable == true)
    state.apply(.hostHeartbeat(report("NA", [web], uptime: 2)), at: second(105))
    #expect(state.actor("shop-web", on: "NA") == web)
  }

  @Test("an answer that another one or an event has overtaken is asked for again")
  func outdatedAnswer() {
    var state = ObservedState()
    state.note(report("NA"), at: now)
    let question = state.inventoryIsUnderWay(at: "NA")
    state.note(report("NA"), at: now)
    state.note(report("NA", [web]), answering: question, since: now, at: now)
    #expect(state.actor("shop-web", on: "NA") == nil)
    #expect(state.host("NA")?.needsInventory == true)
    let next = state.inventoryIsUnderWay(at: "NA")
    state.apply(.actorScaled("shop-web", host: "NA", instances: 3), at: now)
    state.note(report("NA"), answering: next, since: now, at: now)
    #expect(state.host("NA")?.needsInventory == true)
  }

  @Test("hosts that are lost for long are forgotten, the others keep their places")
  func forgotten() {
    var state = ObservedState()
    for (host, time) in [("NA", 1), ("NB", 1), ("NC", 9)] as [(HostID, Int64)] {
      state.note(report(host, [web]), at: Timestamp(nanoseconds: time))
    }
    for host in ["NA", "NC"] as [HostID] { state.mark(host, .lost) }
    #expect(state.forgetLost(before: Timestamp(nanoseconds: 5)) == ["NA"])
    #expect(state.hosts.map(\.id) == ["NB", "NC"])
    #expect(state.host("NA") == nil && state.actor("shop-web", on: "NB") == web)
  }

  @Test("what is on record of a host counts beside what was seen there")
  func recorded() {
    var state = ObservedState()
    state.note(report("NA", [web]), at: now)
    state.mark("NA", .late(reason: "silent"))
    var (fewer, other) = (web, web)
    fewer.instances = 1
    other.id = "shop-work"
    for host in ["NA", "NB"] as [HostID] { state.noteRecorded(report(host, [fewer, other])) }
    #expect(state.actor("shop-web", on: "NA") == web && state.actor("shop-work", on: "NA") == other)
    #expect(state.host("NB")?.presence == .silent && state.actor("shop-web", on: "NB") == fewer)
  }

  @Test("the worse of what is seen and what is on record is a host's health")
  func health() throws {
    var state = ObservedState()
    state.note(report("NA", [web]), at: now)
    let fresh = try #require(state.host("NA"))
    var trouble = HostTrouble(reason: "starts fail there", isUnhealthy: false, until: now)
    #expect(fresh.health(trouble) == .degraded("starts fail there"))
    #expect(fresh.closure(trouble) == nil)
    trouble.isUnhealthy = true
    #expect(fresh.health(trouble) == .unhealthy("starts fail there"))
    #expect(fresh.closure(trouble) == "starts fail there")
    state.mark("NA", .late(reason: "slow"))
    #expect(state.host("NA")?.health(trouble) == .degraded("slow"))
    #expect(state.host("NA")?.closure(trouble) == nil)
  }

  @Test("what is on record against a host ends when it says")
  func troubles() {
    var record = LatticeRecord()
    let end = Timestamp(nanoseconds: 5)
    record.troubles["NA"] = HostTrouble(reason: "r", isUnhealthy: true, until: end)
    #expect(record.trouble(of: "NA", at: Timestamp(nanoseconds: 4)) != nil)
    #expect(record.trouble(of: "NA", at: end) == nil)
    #expect(record.trouble(of: "NA", at: nil) != nil)
  }

  @Test("a heartbeat that was long on its way changes nothing and asks for a look")
  func lateHeartbeat() {
    var state = ObservedState()
    state.note(report("NA", [web], uptime: 61), at: now)
    state.apply(.hostHeartbeat(report("NA", [web], uptime: 30)), at: now)
    #expect(state.host("NA")?.report.uptime == 61)
    #expect(state.host("NA")?.needsInventory == false)
    for uptime in [60, 61] {
      state.apply(.hostHeartbeat(report("NA", [], uptime: uptime)), at: now)
      #expect(state.actor("shop-web", on: "NA")?.instances == 3)
      #expect(state.host("NA")?.needsInventory == true)
    }
  }

  @Test("a heartbeat of a host that is lost brings nothing back before its inventory is read")
  func lostHeartbeat() {
    var state = ObservedState()
    state.note(report("NA", [web], uptime: 61), at: now)
    state.mark("NA", .lost)
    state.apply(.hostHeartbeat(report("NA", [web], uptime: 90)), at: now)
    #expect(state.actor("shop-web", on: "NA") == nil)
    #expect(state.silentHosts == ["NA"])
    #expect(state.host("NA")?.needsInventory == true)
  }

  @Test("what carries our annotations is ours, what names another manager is not")
  func ownership() throws {
    var state = ObservedState()
    var foreign = web
    foreign.id = "shop-other"
    foreign.annotations[AnnotationKey.managedBy] = "wadm"
    state.note(report("NA", [web, foreign]), at: now)
    let actors = try #require(state.host("NA")).actors
    #expect(
      state.ownership(actors[0].ownership)
        == .owned(application: "shop", name: "web", spec: ""))
    #expect(state.ownership(actors[1].ownership) == .unowned(manager: "wadm"))
  }

  @Test("an event that disagrees asks for a look and changes no count by itself")
  func hint() {
    var state = ObservedState()
    state.note(report("NA", [web]), at: now)
    state.apply(.actorScaled("shop-web", host: "NA", instances: 3), at: now)
    #expect(state.host("NA")?.needsInventory == false)
    state.apply(.actorScaled("shop-web", host: "NA", instances: 5), at: now)
    #expect(state.host("NA")?.needsInventory == true)
    #expect(state.actor("shop-web", on: "NA")?.instances == 3)
  }

  @Test("a host that was seen to stop runs nothing")
  func stopped() {
    var state = ObservedState()
    state.note(report("NA", [web]), at: now)
    state.apply(.hostStopped("NA"), at: now)
    #expect(state.host("NA")?.presence == .lost)
    #expect(state.host("NA")?.actors.isEmpty == true)
  }

  @Test("a smaller uptime under the same id asks for a new inventory")
  func restart() {
    var state = ObservedState()
    state.note(report("NA", [web], uptime: 100), at: now)
    state.note(HostAnswer(host: "NA", isSupported: true, uptime: 2), at: now)
    #expect(state.host("NA")?.isUsable == false)
    #expect(state.host("NA")?.needsInventory == true)
  }

  @Test("a host that answers only the ping from before 1.0 is listed and not usable")
  func oldHost() {
    var state = ObservedState()
    state.note(HostAnswer(host: "NA", isSupported: false, labels: ["zone": "a"]), at: now)
    #expect(state.host("NA")?.presence == .unsupported)
    #expect(state.host("NA")?.labels == ["zone": "a"])
  }

  @Test("a stored link that an event contradicts is forgotten until it is read again")
  func link() {
    var state = ObservedState()
    let link = LinkDefinition(
      key: LinkKey(source: "a", contract: "wasi:http"), target: "b",
      interfaces: ["incoming-handler"])
    state.noteLinks([], of: "a")
    state.apply(.linkSet(link), at: now)
    #expect(state.links["a"] == nil)
  }
}

@Suite("LabelRequirement")
struct LabelRequirementTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var requirement: LabelRequirement
    var labels: [String: String]
    var isMet: Bool
    var testDescription: String { "\(requirement) of \(labels) is \(isMet)" }
  }

  @Test(
    "a condition holds exactly for the labels it names",
    arguments: [
      Case(requirement: LabelRequirement("zone", .equals("a")), labels: ["zone": "a"], isMet: true),
      Case(requirement: LabelRequirement("zone", .equals("a")), labels: [:], isMet: false),
      Case(
        requirement: LabelRequirement("zone", .isIn(["a", "b"])), labels: ["zone": "b"], isMet: true
      ),
      Case(
        requirement: LabelRequirement("zone", .isIn(["a"])), labels: ["zone": "c"], isMet: false),
      Case(requirement: LabelRequirement("zone", .isNotIn(["a"])), labels: [:], isMet: true),
      Case(
        requirement: LabelRequirement("zone", .isNotIn(["a"])), labels: ["zone": "a"], isMet: false),
      Case(requirement: LabelRequirement("gpu", .exists), labels: ["gpu": ""], isMet: true),
      Case(requirement: LabelRequirement("gpu", .doesNotExist), labels: ["gpu": ""], isMet: false),
      Case(
        requirement: LabelRequirement("cores", .isGreaterThan(3)), labels: ["cores": "4"],
        isMet: true),
      Case(
        requirement: LabelRequirement("cores", .isGreaterThan(3)), labels: ["cores": "many"],
        isMet: false),
      Case(
        requirement: LabelRequirement("cores", .isLessThan(3)), labels: ["cores": "3"], isMet: false
      ),
    ])
  func table(_ testCase: Case) {
    #expect(testCase.requirement.isMet(by: testCase.labels) == testCase.isMet)
  }
}
