import Glibc
import LatticeModel
import LatticeSimulator
import NATSTransport
import ReconcileTestKit
import ServiceRuntime
import Testing

@Suite("Killed at any point", .serialized)
struct CrashTests {
  private static let application = Site.application(
    update: "config: {greeting: hello}",
    more: """
        providers:
          - {name: server, image: "registry.example.com/http:1"}
        links:
          - {source: server, target: web, interface: "wasi:http/incoming-handler", values: {PORT: "80"}}
      """)

  private static let kinds: Set = [
    "record.write", "record.written", "journal.write", "journal.written", "command.send",
    "command.replied", "command.confirmed",
  ]

  /// A commit of an application, tagged `shop`, and one without it on `main`.
  private func site() async throws -> Site {
    let site = try await Site(hosts: 0)
    try await site.commit(["shop": Self.application])
    try await site.repository.git("tag", "shop")
    try site.repository.remove("manifests/shop.yaml")
    try await site.commit(["blog": Site.application("blog")])
    return site
  }

  /// What is to be seen wherever somebody was killed: what is seen where nobody was.
  private func outcome(of whole: CrashPlace) async throws -> [String] {
    // What nobody knew to be ours would be left when the application goes.
    try await whole.finish("main")
    let outcome = await whole.sum()
    #expect(outcome.contains { $0.hasPrefix("config.del") })
    #expect(outcome.allSatisfy { !$0.hasSuffix("\(LedgerEntry.Effect.nothing)") }, "\(outcome)")
    return outcome
  }

  @Test("an apply that is killed at any write, send, reply or confirmation is finished by the next")
  func everyPoint() async throws {
    let site = try await site()
    let whole = try await CrashPlace("whole", on: site)
    let list = "\(site.repository.folder)/points"
    #expect(
      try await whole.apply("shop", ["RECONCILE_CRASH_LIST": list]).ending == .exited(0))
    let points = readFile(list).split(separator: "\n").map(String.init)
    #expect(Set(points) == Self.kinds)
    let wanted = try await outcome(of: whole)
    try await CrashPlace.each(points.count) { number in
      let place = try await CrashPlace("crash-\(number)", on: site)
      let killed = try await place.apply("shop", ["RECONCILE_CRASH_AT": "\(number)"])
      #expect(killed.ending == .signalled(SIGKILL), "\(number) \(points[number - 1])")
      try await place.finish()
      try await place.finish("main")
      #expect(await place.sum() == wanted, "\(number) \(points[number - 1])")
    }
  }

  @Test("so is one that scales, changes and removes, at any write, and what others run is left")
  func everyPointOfAChange() async throws {
    let site = try await site()
    try await site.repository.git("checkout", "-q", "-b", "change", "shop")
    try await site.commit([
      "shop": Site.application(
        image: "registry.example.com/web:2", instances: 5,
        more: """
            providers:
              - {name: server, image: "registry.example.com/http:1"}
          """)
    ])
    let theirs = SimulatedHost.InstanceSet(
      claimedImage: "registry.example.com/web:1", code: "registry.example.com/web:1",
      annotations: ["wasmcloud.dev/managed-by": "wadm"], instances: 2)
    @Sendable func place(_ name: String) async throws -> CrashPlace {
      let place = try await CrashPlace(name, on: site)
      let host = try #require(await place.lattice.truth.keys.min())
      await place.lattice.plant(theirs, under: "theirs", on: host)
      try await place.finish()
      return place
    }
    let whole = try await place("whole")
    let list = "\(site.repository.folder)/points"
    #expect(
      try await whole.apply("change", ["RECONCILE_CRASH_LIST": list]).ending == .exited(0))
    let points = readFile(list).split(separator: "\n").map(String.init)
    #expect(Set(points) == Self.kinds)
    let wanted = await whole.sum()
    #expect(wanted.contains { $0.hasPrefix("link.del") } && wanted.contains("theirs 2"))
    #expect(wanted.contains { $0.hasPrefix("config.del") }, "\(wanted)")
    // What commands leave behind is the matter of the others.
    let writes = points.indices.filter { !points[$0].hasPrefix("command.") }
    try await CrashPlace.each(writes.count) { index in
      let number = writes[index - 1] + 1
      let place = try await place("crash-\(number)")
      let killed = try await place.apply("change", ["RECONCILE_CRASH_AT": "\(number)"])
      #expect(killed.ending == .signalled(SIGKILL), "\(number) \(points[number - 1])")
      try await place.finish("change")
      #expect(await place.sum() == wanted, "\(number) \(points[number - 1])")
    }
  }

  @Test("an apply that is killed while a host has its command and has not replied is finished too")
  func beforeEveryReply() async throws {
    let site = try await site()
    let whole = try await CrashPlace("whole", on: site)
    let list = "\(site.repository.folder)/points"
    #expect(
      try await whole.apply("shop", ["RECONCILE_CRASH_LIST": list]).ending == .exited(0))
    let sends = readFile(list).split(separator: "\n").count { $0 == "command.send" }
    let wanted = try await outcome(of: whole)
    try await CrashPlace.each(sends) { number in
      let tap = ReplyTap(site.client, at: number)
      let place = try await CrashPlace("crash-\(number)", on: site, over: tap)
      let child = try place.start()
      try await waitUntil("a host has command \(number)") { tap.isReached }
      child.signal(SIGKILL)
      #expect(await child.wait() == .signalled(SIGKILL), "\(number)")
      tap.release()
      try await place.finish()
      try await place.finish("main")
      #expect(await place.sum() == wanted, "\(number)")
    }
  }

  @Test("a controller that is killed at any of these points is finished by the next")
  func controller() async throws {
    let site = try await site()
    let options = ["--expect-hosts", "2", "--prune", "--ref", "shop"]
    let whole = try await CrashPlace("whole", on: site)
    let list = "\(site.repository.folder)/points"
    let first = try ControllerRun(
      on: site, options + ["--lattice", whole.name], environment: ["RECONCILE_CRASH_LIST": list])
    try await first.wait(forLine: "Lattice is in sync")
    await first.end()
    let points = readFile(list).split(separator: "\n").map(String.init)
    #expect(Set(points) == Self.kinds)
    let wanted = try await outcome(of: whole)
    try await CrashPlace.each(points.count) { number in
      let place = try await CrashPlace("crash-\(number)", on: site)
      let options = options + ["--lattice", place.name]
      let killed = try ControllerRun(
        on: site, options, log: "\(place.name)-killed",
        environment: ["RECONCILE_CRASH_AT": "\(number)"])
      let limit = Deadline(after: .seconds(60)) { killed.child.signal(SIGTERM) }
      #expect(
        await killed.child.wait() == .signalled(SIGKILL), "\(number) \(points[number - 1])")
      limit.cancel()
      let next = try ControllerRun(on: site, options, log: place.name)
      try await next.wait(forLine: "Lattice is in sync")
      await next.end()
      try await place.finish("main")
      #expect(await place.sum() == wanted, "\(number) \(points[number - 1])")
    }
  }
}
