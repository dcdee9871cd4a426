import DesiredSources
import Diagnostics
import LatticeModel
import ReconcileTestKit
import Testing

@Suite("What a repository may declare")
struct GrantTests {
  private func grants(
    _ applications: [String] = [], images: [String] = [], prune: Bool = true
  ) -> Grants {
    var grants = Grants()
    (grants.applications, grants.images, grants.prune) = (applications, images, prune)
    return grants
  }

  private func application(
    _ name: String, image: String = "ghcr.io/team/web:1", prune: Bool = false
  ) -> String {
    """
    apiVersion: reconcile.dev/v1
    kind: Application
    metadata: {name: \(name)}
    spec:
      sync: {prune: \(prune)}
      actors: [{name: web, image: "\(image)", instances: 1}]

    """
  }

  @Test("what is granted is wanted, what is not is a finding with its place and touches nothing")
  func table() async throws {
    let shop = try await Shop()
    try await shop.commit(application("shop"), to: "shop")
    try await shop.commit(application("pay"), to: "pay")
    try await shop.commit(application("shop-x", image: "oci://GHCR.io/other/web:1"), to: "x")
    func read(_ grants: Grants) async throws -> (
      wanted: [String], frozen: [String], found: [String]
    ) {
      let reading = try await shop.source { $0.grants = grants }.read()
      return (
        reading.desired.applications.map(\.name.rawValue),
        reading.desired.frozen.map(\.name.rawValue),
        reading.diagnostics.filter { $0.severity == .error }.map {
          "\($0.code) \($0.location?.description ?? "")"
        }
      )
    }
    for (given, wanted, found) in [
      (grants(), ["pay", "shop", "shop-x"], []),
      (grants(["*"], images: ["*"]), ["pay", "shop", "shop-x"], []),
      (grants(["shop", "p*"]), ["pay", "shop"], ["GRA-1 manifests/x.yaml:1:1"]),
      (grants(["shop*"]), ["shop", "shop-x"], ["GRA-1 manifests/pay.yaml:1:1"]),
      (
        grants(images: ["oci://ghcr.io/team/*"]), ["pay", "shop"], ["GRA-2 manifests/x.yaml:6:12"]
      ),
      (
        grants(images: ["ghcr.io/other/*"]), ["shop-x"],
        [
          "GRA-2 manifests/pay.yaml:6:12",
          "GRA-2 manifests/shop.yaml:6:12",
        ]
      ),
      (
        grants(["pay"], images: ["docker.io/*"]), [],
        [
          "GRA-2 manifests/pay.yaml:6:12",
          "GRA-1 manifests/shop.yaml:1:1", "GRA-1 manifests/x.yaml:1:1",
        ]
      ),
    ] as [(Grants, [String], [String])] {
      let result = try await read(given)
      #expect(result.wanted == wanted, "\(given)")
      #expect(result.found == found, "\(given)")
      #expect(result.wanted.count + result.frozen.count == 3)
    }
  }

  @Test("a pattern of images means what it says, however an image is spelt")
  func spellings() async throws {
    let shop = try await Shop()
    for (image, pattern, isGranted) in [
      ("web:1", "docker.io/library/*", true), ("web:1", "docker.io/team/*", false),
      ("team/web:1", "docker.io/team/*", true),
      ("docker.io/web:1", "docker.io/library/web:*", true),
      ("ghcr.io/team/web:1", "docker.io/*", false), ("ghcr.io/team/web:1", "*", true),
      ("oci://GHCR.io/team/web:1", "ghcr.io/team/*", true),
      ("ghcr.io/team-b/web:1", "ghcr.io/team/*", false),
      ("library/ghcr.io/team/web:1", "ghcr.io/team/*", false),
      ("localhost:5000/web:1", "localhost:5000/*", true),
    ] {
      try await shop.commit(application("shop", image: image) + "# \(pattern)\n", to: "shop")
      let reading = try await shop.source { $0.grants = grants(images: [pattern]) }.read()
      #expect((reading.errorCount == 0) == isGranted, "\(image) \(pattern)")
    }
  }

  @Test(
    "where prune is not granted, an application's own wish for it is a warning and counts for nothing"
  )
  func prune() async throws {
    let shop = try await Shop()
    try await shop.commit(application("shop", prune: true), to: "shop")
    let reading = try await shop.source { $0.grants = grants(prune: false) }.read()
    #expect(reading.desired.applications.map(\.sync.prune) == [false])
    #expect(reading.diagnostics.map { "\($0.code)" } == ["GRA-4"] && reading.errorCount == 0)
  }

  @Test("what is not granted any more is not removed, neither declared nor gone, nor recalled")
  func narrowed() async throws {
    var shop = try await Shop()
    try await shop.commit(application("pay"), to: "pay")
    shop.apply(try await shop.source().read())
    let source = try shop.source { $0.grants = grants(["shop"]) }
    let reading = try await source.read()
    let recalled = await source.recalling(shop.record, in: reading)
    #expect(recalled.desired.applications.map(\.name) == ["shop"])
    #expect(recalled.desired.frozen.map(\.name) == ["pay"])
    #expect(await source.standing(of: recalled, to: shop.record).unseen.isEmpty)
    try shop.repository.remove("manifests/pay.yaml")
    try await shop.repository.commit("Remove pay")
    let standing = await source.standing(of: try await source.read(), to: shop.record)
    #expect(standing.unseen == ["pay": "this repository may not declare them any more"])
  }

  @Test("what another repository has applied stays its own, where not everything is granted")
  func others() async throws {
    var (shop, other) = (try await Shop(), try await Shop())
    try await other.commit(application("blog"), to: "blog")
    other.apply(try await other.source().read())
    shop.record = other.record
    shop.record.applied["blog"] = nil
    try await shop.commit(application("pay"), to: "pay")
    let source = try shop.source { $0.grants = grants(["*"], prune: false) }
    let reading = try await source.read()
    var standing = await source.standing(of: reading, to: shop.record)
    #expect(standing.others.keys.map(\.rawValue) == ["shop"] && standing.rewrite == nil)
    let own = reading.leaving(standing.others)
    #expect(own.desired.applications.map(\.name) == ["pay"])
    #expect(own.desired.frozen.map(\.name) == ["shop"])
    let finding = try #require(own.diagnostics.first)
    #expect("\(finding.code)" == "GRA-3" && finding.location?.path == "manifests/shop.yaml")
    #expect(finding.message.contains("it was applied from /"))
    standing.leaveOthers()
    #expect(standing.unseen.keys.map(\.rawValue) == ["shop"])
    let allowing = try shop.source {
      ($0.grants, $0.allowsNonFastForward) = (grants(["*"], prune: false), true)
    }
    #expect(await allowing.standing(of: reading, to: shop.record).others.isEmpty)
    let unlimited = try await shop.source().standing(of: reading, to: shop.record)
    #expect(unlimited.others.isEmpty && unlimited.rewrite != nil)
  }
}
