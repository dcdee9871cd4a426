import DesiredSources
import LatticeModel
import ReconcileTestKit
import Testing

@Suite("What a reading means to what was applied")
struct StandingTests {
  @Test("what descends from the applied commit leaves no doubt")
  func descends() async throws {
    var shop = try await Shop()
    let source = try shop.source()
    shop.apply(try await source.read())
    try await shop.commit(Shop.application("shop", instances: "2"), to: "shop")
    let standing = await source.standing(of: try await source.read(), to: shop.record)
    #expect(standing.doubts.isEmpty && standing.unseen.isEmpty && standing.rewrite == nil)
  }

  @Test("rewritten history is a doubt, unless it is allowed")
  func rewritten() async throws {
    var shop = try await Shop()
    try await shop.commit(Shop.application("shop", instances: "2"), to: "shop")
    let source = try shop.source()
    let before = try await source.read()
    shop.apply(before)
    try await shop.repository.git("reset", "-q", "--hard", "HEAD~1")
    let after = try await source.read()
    let standing = await source.standing(of: after, to: shop.record)
    #expect(standing.rewrite?.commit == after.desired.revision)
    #expect(standing.rewrite?.applied == before.desired.revision)
    let allowing = try shop.source { $0.allowsNonFastForward = true }
    #expect(await allowing.standing(of: after, to: shop.record).doubts.isEmpty)
  }

  @Test("removals that waited for proof wait until the commit stands on what they waited for")
  func past() async throws {
    var shop = try await Shop()
    let source = try shop.source()
    shop.apply(try await source.read())
    shop.record.applied["shop"]?.base = Revision(String(repeating: "a", count: 40))
    let standing = await source.standing(of: try await source.read(), to: shop.record)
    #expect(standing.doubts["shop"]?.isPast == true && standing.rewrite == nil)
  }

  @Test(
    "what a .reconcileignore leaves out is not seen, until it is gone",
    arguments: ["shop.yaml", "/a/"])
  func ignored(_ pattern: String) async throws {
    var shop = try await Shop()
    let name = pattern == "/a/" ? "a/shop" : "shop"
    try await shop.commit(Shop.application("shop", instances: "3"), to: name)
    if name != "shop" { try shop.repository.remove("manifests/shop.yaml") }
    try await shop.commit(Shop.application("blog"), to: "blog")
    let source = try shop.source()
    shop.apply(try await source.read())
    #expect(shop.record.applied.keys.sorted() == ["blog", "shop"])
    try shop.repository.write("manifests/.reconcileignore", pattern + "\n")
    try await shop.commit(Shop.application("blog", instances: "2"), to: "blog")
    let reading = try await source.read()
    #expect(reading.desired.applications.map(\.name) == ["blog"] && reading.errorCount == 0)
    let unseen = await source.standing(of: reading, to: shop.record).unseen
    #expect(unseen.keys.sorted() == ["shop"])
    #expect(unseen["shop"]?.contains("leaves out manifests/\(name).yaml") == true, "\(unseen)")
    try shop.repository.remove("manifests/\(name).yaml")
    try await shop.commit(Shop.application("blog"), to: "blog")
    let gone = try await source.read()
    #expect(await source.standing(of: gone, to: shop.record).unseen.isEmpty)
  }

  /// Where something was applied from that is not declared now.
  struct Case: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var reason: String?
    var scope: @Sendable (ReadingScope) -> ReadingScope?
  }

  static let cases = [
    Case(testDescription: "the same place", reason: nil) { $0 },
    Case(testDescription: "a place that is not known", reason: "did not record") { _ in nil },
    Case(testDescription: "a wider path", reason: "of which only 'manifests' was read") {
      ReadingScope(repository: $0.repository, path: "")
    },
    Case(testDescription: "a folder below", reason: nil) {
      ReadingScope(repository: $0.repository, path: "manifests/blog")
    },
  ]

  @Test("an application is gone only where the reading would have seen it", arguments: cases)
  func unseen(_ test: Case) async throws {
    var shop = try await Shop()
    let source = try shop.source()
    let reading = try await source.read()
    shop.record.applied["blog"] = AppliedApplication(
      revision: reading.desired.revision, path: "manifests/blog.yaml", sync: SyncOptions(),
      scope: test.scope(reading.scope))
    let reason = await source.standing(of: reading, to: shop.record).unseen["blog"]
    if let expected = test.reason { #expect(reason?.contains(expected) == true, "\(reason ?? "")") }
    #expect((reason == nil) == (test.reason == nil))
  }

  @Test("what was applied from another repository is left alone")
  func foreign() async throws {
    var shop = try await Shop()
    let other = try await Shop()
    try await other.commit(Shop.application("blog"), to: "blog")
    shop.apply(try await other.source().read())
    let source = try shop.source()
    let standing = await source.standing(of: try await source.read(), to: shop.record)
    #expect(standing.unseen["blog"]?.contains("from another repository") == true)
    // An earlier version left the end of a password that holds "@" on record.
    shop.record.applied["blog"]?.scope = ReadingScope(
      repository: "https://word@example.com/edge?token=word", path: "manifests")
    let earlier = await source.standing(of: try await source.read(), to: shop.record)
    #expect(earlier.unseen["blog"]?.hasSuffix("https://example.com/edge") == true)
  }
}
