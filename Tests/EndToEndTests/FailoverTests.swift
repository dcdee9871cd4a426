import JSONCoding
import LatticeModel
import LatticeSimulator
import ReconcileTestKit
import Testing
import TextForms

extension ControllerRun {
  /// What it has told of a host, in order, and when: the first word, such as `late` or `lost`, and
  /// nanoseconds since 1970.
  func story(of host: HostID) -> [(presence: String, time: Int64)] {
    readFile(log).split(separator: "\n").compactMap { try? JSONValue(parsing: Array($0.utf8)) }
      .filter { $0["host.id"]?.string == host.rawValue }
      .compactMap { line in
        guard let presence = line["presence"]?.string, let time = line["time"]?.string else {
          return nil
        }
        return (String(presence.prefix { $0 != "(" }), parseTimestamp(Array(time.utf8)) ?? 0)
      }
  }

  /// What it has told of a host, in order.
  func told(of host: HostID) -> [String] { story(of: host).map(\.presence) }

  /// Waits until the last thing that it says of the lattice is that it is in sync.
  func rest(at place: SourceLocation = #_sourceLocation) async throws {
    try await waitUntil("it has come to rest", within: .seconds(60), at: place) {
      let told = readFile(log)
      let inSync = told.ranges(of: "Lattice is in sync").last?.lowerBound
      let differs = told.ranges(of: "Lattice differs").last?.lowerBound
      return inSync.map { $0 > differs ?? told.startIndex } ?? false
    }
  }

  func wait(
    until host: HostID, is presence: String, at place: SourceLocation = #_sourceLocation
  ) async throws {
    try await waitUntil("\(host) is \(presence)", within: .seconds(60), at: place) {
      told(of: host).last == presence
    }
  }
}

extension Site {
  /// The fewest instances of an actor that ran at any time, by what the ledger tells.
  ///
  /// - Parameters:
  ///   - actor: The actor.
  ///   - start: The entry to begin at.
  ///   - counts: What ran then.
  /// - Returns: The sum over all hosts when it was least.
  func fewest(of actor: String = "shop-web", since start: Int, from counts: [HostID: Int]) async
    -> Int
  {
    var running = counts
    var fewest = running.values.reduce(0, +)
    for entry in await lattice.ledger.dropFirst(start) where entry.subject == actor {
      guard [.started, .rescaled, .stopped].contains(entry.effect) else { continue }
      running[HostID(entry.host)] = entry.count
      fewest = min(fewest, running.values.reduce(0, +))
    }
    return fewest
  }

  /// Six instances on three hosts, kept by a controller that has come to rest.
  static func kept(_ options: String...) async throws -> (Site, ControllerRun) {
    let site = try await Site()
    try await site.commit(["shop": application(instances: 6)])
    let controller = try ControllerRun(on: site, ["--expect-hosts", "3"] + options)
    try await controller.rest()
    return (site, controller)
  }
}

@Suite("What the controller makes of a host's loss", .serialized)
struct FailoverTests {
  /// Lets the silence of 3 s and a probe go by, after which a host that is taken for lost is.
  private func passSilence() async throws {
    let end = ContinuousClock.now + .seconds(5)
    try await waitUntil("the silence is over") { ContinuousClock.now > end }
  }

  @Test("a killed host's instances run elsewhere, and what it finds on its return is nothing to do")
  func killed() async throws {
    // Only proof can have been what told: silence alone would be waited for.
    let (site, controller) = try await Site.kept("--silence", "10m")
    let victim = try #require(await site.lattice.truth.keys.sorted().first)
    await site.lattice.kill(victim)
    try await site.wait(for: 6)
    #expect(controller.told(of: victim).last == "lost")
    try await controller.rest()
    let start = await site.lattice.ledger.count
    try await site.lattice.restart(victim)
    try await controller.wait(until: victim, is: "fresh")
    try await site.commit(["shop": Site.application(instances: 7)])
    try await site.wait(for: 7)
    await controller.end()
    #expect(await site.lattice.ledger.count == start + 1)
  }

  @Test("a host that is back at once with nothing running gets its instances again")
  func restarted() async throws {
    let (site, controller) = try await Site.kept("--silence", "10m")
    let victim = try #require(await site.lattice.truth.keys.sorted().first)
    try await site.lattice.restart(victim)
    #expect(await site.instances(of: "shop-web")[victim] == nil)
    try await site.wait(for: 6)
    await controller.end()
    #expect(try await site.reconcile("diff").status == 0)
  }

  @Test("a hung host is late, then lost, and settled on its return without falling short")
  func hung() async throws {
    let (site, controller) = try await Site.kept("--silence", "6s")
    let victim = try #require(await site.lattice.truth.keys.sorted().first)
    let start = await site.lattice.ledger.count
    await site.lattice.setFaults(of: victim) { $0.isHung = true }
    try await site.wait(for: 8)
    let story = controller.story(of: victim)
    let away = story.suffix(story.reversed().prefix { $0.presence != "fresh" }.count)
    #expect(away.first?.presence == "late" && away.last?.presence == "lost")
    // It was last heard a moment before it was late, and silence began then.
    let (late, lost) = (away.first?.time ?? 0, away.last?.time ?? 0)
    #expect(lost - late >= 2_000_000_000)
    #expect(await site.lattice.ledger.dropFirst(start).allSatisfy { $0.time >= lost })

    try await controller.rest()
    let counts = await site.instances(of: "shop-web")
    let again = await site.lattice.ledger.count
    await site.lattice.setFaults(of: victim) { $0.isHung = false }
    try await site.wait(for: 6)
    await controller.end()
    #expect(await site.fewest(since: again, from: counts) == 6)
    #expect(try await site.reconcile("diff").status == 0)
  }

  @Test("a host back with its old instances is settled, never below the wanted count")
  func back() async throws {
    let (site, controller) = try await Site.kept("--silence", "3s", "--resync", "1s")
    let victim = try #require(await site.lattice.truth.keys.sorted().first)
    let old = try #require(await site.lattice.truth[victim]?.actors["shop-web"])
    await site.lattice.kill(victim)
    try await site.wait(for: 6)
    try await controller.rest()
    try await site.lattice.restart(victim)
    await site.lattice.plant(old, under: "shop-web", on: victim)
    let counts = await site.instances(of: "shop-web")
    let start = await site.lattice.ledger.count
    #expect(counts.values.reduce(0, +) == 8)
    try await site.wait(for: 6)
    await controller.end()
    #expect(await site.fewest(since: start, from: counts) == 6)
  }

  @Test("a slow host, whose inventories are late and whose pings are not, is not replaced")
  func slow() async throws {
    let (site, controller) = try await Site.kept("--silence", "3s", "--resync", "1s")
    let hosts = await site.lattice.truth.keys.sorted()
    let held = await site.instances(of: "shop-web")[hosts[0]]
    await site.lattice.setFaults(of: hosts[0]) { $0.inventoryDelay = .seconds(4) }
    // One that is dead from now on is found after the silence that the slow one outlives.
    await site.lattice.setFaults(of: hosts[1]) { $0.isHung = true }
    try await controller.wait(until: hosts[1], is: "lost")
    try await site.wait(for: 8)
    #expect(!controller.told(of: hosts[0]).contains("lost"))
    #expect(await site.instances(of: "shop-web")[hosts[0]] ?? 0 >= held ?? 1)
    await controller.end()
  }

  @Test("a whole site cut off is not replaced and nothing is removed; healed, all goes on")
  func site() async throws {
    let site = try await Site(hosts: 0)
    for region in ["east", "east", "west", "west"] {
      try await site.lattice.addHost(labels: ["region": region])
    }
    try await site.commit([
      "shop": Site.application(instances: 8), "blog": Site.application("blog", prune: true),
    ])
    let controller = try ControllerRun(
      on: site, ["--expect-hosts", "4", "--silence", "3s", "--prune"])
    try await controller.rest()
    let start = await site.lattice.ledger.count
    let cut = await site.lattice.hosts(with: "region", "west")
    for host in cut { await site.lattice.setFaults(of: host) { $0.isPartitioned = true } }
    for host in cut { try await controller.wait(until: host, is: "late") }
    try site.repository.remove("manifests/blog.yaml")
    try await site.commit(["shop": Site.application(instances: 9)])
    try await controller.wait(forLine: "Steps are held")
    try await passSilence()
    for host in cut { #expect(controller.told(of: host).last == "late") }
    let meanwhile = await site.lattice.ledger.dropFirst(start)
    #expect(meanwhile.allSatisfy { $0.subject == "shop-web" && $0.count != 0 })
    #expect(meanwhile.count <= 1)

    for host in cut { await site.lattice.setFaults(of: host) { $0.isPartitioned = false } }
    try await site.wait(for: 9)
    try await site.wait(for: 0, of: "blog-web")
    await controller.end()
    let shop = await site.lattice.ledger.dropFirst(start).filter { $0.subject == "shop-web" }
    #expect(shop.count == 1)
    #expect(try await site.reconcile("diff", "--prune").status == 0)
  }

  @Test("a restart of the server replaces nothing, and the controller goes on")
  func server() async throws {
    let (site, controller) = try await Site.kept("--silence", "3s")
    let start = await site.lattice.ledger.count
    try site.server.restart()
    try await site.commit(["shop": Site.application(instances: 7)])
    try await site.wait(for: 7)
    try await passSilence()
    await controller.end()
    let since = await site.lattice.ledger.dropFirst(start)
    #expect(since.count == 1, "\(since)")
    #expect(controller.lines("Host is lost").isEmpty)
  }
}
