import LatticeModel
import Planning
import Testing

@Suite("What differs, and what is done about it")
struct DifferenceTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var told: [String]
    var change: @Sendable (inout Place) -> Void

    init(
      _ name: String, _ told: [String], _ change: @escaping @Sendable (inout Place) -> Void
    ) {
      testDescription = name
      self.told = told
      self.change = change
    }
  }

  static let sets = [
    Case("an actor as declared", []) { _ in },
    Case("an actor that does not run", ["actor missing: r/web:1 x3"]) { $0.actors = [] },
    Case("an actor that is not wanted", ["actor not-wanted-here: end r/web:1"]) {
      $0.actor.instances = 0
    },
    Case("an actor of another image", ["actor image-changed: r/web:0 by r/web:1 x3"]) {
      $0.actors = [$0.ours($0.actor, image: "r/web:0")]
    },
    Case("an actor of another launch", ["actor launch-changed: r/web:1 by r/web:1 x3"]) {
      $0.actors = [$0.ours($0.actor, digest: "old")]
    },
    Case("an actor of another image and launch", ["actor image-changed: r/web:0 by r/web:1 x3"]) {
      $0.actors = [$0.ours($0.actor, image: "r/web:0", digest: "old")]
    },
    Case("too few instances", ["actor count-changed: r/web:1 x3"]) { $0.actors[0].instances = 2 },
    Case("too many instances", ["actor count-changed: r/web:1 x3"]) { $0.actors[0].instances = 4 },
    Case("an actor of another image and number", ["actor image-changed: r/web:0 by r/web:1 x3"]) {
      $0.actors = [$0.ours($0.actor, image: "r/web:0")]
      $0.actors[0].instances = 1
    },
    Case("another's actor as declared", ["actor is another's"]) {
      $0.actors[0].annotations = [:]
    },
    Case("another's actor with fewer instances", ["actor is another's"]) {
      $0.actors[0].annotations = [AnnotationKey.managedBy: "wadm"]
      $0.actor.instances = 3
    },
    Case("another's actor of another image", ["actor image-changed held: not-ours"]) {
      $0.actors = [ReportedActor(id: "web", image: "r/web:0", instances: 3)]
    },
    Case("another's actor where ours has configs", ["actor launch-changed held: not-ours"]) {
      $0.actors[0].annotations = [:]
      $0.actor.configs = ["c"]
    },
    Case(
      "another's actor on a host that no rule admits", ["actor not-wanted-here held: not-ours"]
    ) {
      $0.actors[0].annotations = [:]
      $0.actor.spread = [
        SpreadConstraint(name: "a", requirements: [LabelRequirement("zone", .exists)])
      ]
    },
    Case("another's actor with more instances", ["actor count-changed held: not-ours"]) {
      $0.actors[0].annotations = [:]
      $0.actors[0].instances = 4
    },
    Case("another's daemon with fewer instances", ["actor count-changed held: not-ours"]) {
      $0.actors[0].annotations = [:]
      $0.actors[0].instances = 2
      $0.actor.perHost = true
    },
    Case("an actor that the host says it has none of", ["actor missing: r/web:1 x3"]) {
      $0.actors[0].instances = 0
    },
    Case(
      "too many instances, which others may say",
      ["actor web runs 7 instances where 3 are declared, which its 'sync.ignore' leaves"]
    ) {
      $0.actors[0].instances = 7
      $0.actor.ignoresInstances = true
    },
    Case(
      "one that is not wanted and that others scaled up",
      [
        "actor is another's",
        "actor web runs 2 instances where 0 are declared, which its 'sync.ignore' leaves",
      ]
    ) {
      $0.actors = [ReportedActor(id: "web", image: "r/web:1", instances: 2)]
      $0.actor.instances = 0
      $0.actor.ignoresInstances = true
    },
    Case(
      "one with configs that is not wanted and that others scaled up",
      [
        "actor is another's",
        "actor web runs 2 instances where 0 are declared, which its 'sync.ignore' leaves",
        "actor web was started by somebody else; hosts do not tell with which configs",
      ]
    ) {
      $0.actors = [ReportedActor(id: "web", image: "r/web:1", instances: 2)]
      $0.actor.instances = 0
      $0.actor.configs = ["c"]
      $0.actor.ignoresInstances = true
    },
    Case(
      "another image, of as many instances as others say",
      [
        "actor image-changed: r/web:0 by r/web:1 x7",
        "actor web runs 7 instances where 3 are declared, which its 'sync.ignore' leaves",
      ]
    ) {
      $0.actors = [$0.ours($0.actor, image: "r/web:0")]
      $0.actors[0].instances = 7
      $0.actor.ignoresInstances = true
    },
    Case("none, though others may say how many", ["actor missing: r/web:1 x3"]) {
      $0.actors = []
      $0.actor.ignoresInstances = true
    },
    Case("a provider that does not run", ["provider missing: start oci://r/kv:1"]) {
      $0.providers = []
    },
    Case("a provider that is not wanted", ["provider not-wanted-here: end r/kv:1"]) {
      $0.provider.instances = 0
    },
    Case("a provider of another image", ["provider image-changed: r/kv:0 by oci://r/kv:1"]) {
      $0.providers = [$0.ours($0.provider, image: "r/kv:0")]
    },
    Case("a provider of another launch", ["provider launch-changed: r/kv:1 by oci://r/kv:1"]) {
      $0.providers = [$0.ours($0.provider, digest: "old")]
    },
    Case("another's provider as declared", ["provider is another's"]) {
      $0.providers[0].annotations = [:]
    },
    Case("another's provider of another image", ["provider image-changed held: not-ours"]) {
      $0.providers = [ReportedProvider(id: "kv", image: "r/kv:0")]
    },
  ]

  /// What was started under one spelling of its image and is declared under another.
  static let spellings =
    [
      ("oci://r/web:1", "r/web:1"), ("r/web:1", "oci://r/web:1"), ("web:1", "docker.io/web:1"),
      ("docker.io/library/web:1", "web:1"), ("library/web:1", "oci://docker.io/library/web:1"),
      ("https://r.io/a/web:1", "r.io/a/web:1"), ("r.io/web:1", "http://R.IO/web:1"),
      ("R:5000/web:1", "r:5000/web:1"), ("index.docker.io/library/web:1", "web:1"),
    ].flatMap { started, declared in
      [
        Case("an actor started as \(started), declared as \(declared)", []) {
          $0.respell(started, declared)
        },
        Case(
          "too few of an actor started as \(started), declared as \(declared)",
          ["actor count-changed: \(started) x5"]
        ) {
          $0.respell(started, declared)
          $0.actor.instances = 5
        },
        Case(
          "an actor started as \(started), declared as \(declared) with configs",
          ["actor launch-changed: \(started) by \(declared) x3"]
        ) {
          $0.respell(started, declared)
          $0.actor.configs = ["c"]
        },
        Case("a provider started as \(started), declared as \(declared)", []) {
          $0.provider.image = ImageReference(started)
          let reported = ImageReference($0.provider.image.withoutScheme)
          $0.providers = [$0.ours($0.provider, image: reported)]
          $0.provider.image = ImageReference(declared)
        },
        Case("another's actor as \(started), declared as \(declared)", ["actor is another's"]) {
          $0.actor.image = ImageReference(declared)
          $0.actors = [ReportedActor(id: "web", image: ImageReference(started), instances: 3)]
        },
      ]
    }

  @Test(
    "where another case or port may be another image, it is replaced",
    arguments: [
      ("r.io/web:1", "r.io/Web:1"), ("r.io/web:a", "r.io/web:A"), ("r/web:1", "R/web:1"),
      ("r.io/web:1", "r.io:443/web:1"), ("r.io/web:1", "https://r.io:443/web:1"),
      ("file:///r.io/web:1", "r.io/web:1"), ("r.io/docker.io/web:1", "r.io/web:1"),
    ])
  func otherImages(_ started: String, _ declared: String) {
    var place = Place()
    place.respell(started, declared)
    #expect(place.told == ["actor image-changed: \(started) by \(declared) x3"])
  }

  @Test("the reason for another start names what of it changed, as far as that can be told")
  func launchReasons() {
    func reason(_ change: (inout Place) -> Void) -> [String] {
      var place = Place()
      change(&place)
      return place.reasons
    }
    #expect(reason { $0.provider.configs = ["c"] } == ["its configs changed"])
    #expect(
      reason {
        $0.provider.configs = ["c"]
        $0.provider.secretsMark = "[]"
      } == ["its configs or secrets changed"])
    #expect(
      reason { $0.providers = [$0.ours($0.provider, digest: "old")] } == ["its configs changed"])
    #expect(reason { $0.actor.configs = ["c"] } == ["its configs changed"])
    #expect(reason { $0.actor.resources.memory = 1 } == ["its memory limit changed"])
    #expect(
      reason { $0.actors = [$0.ours($0.actor, digest: "old")] } == ["its configs or limits changed"]
    )
    #expect(
      reason {
        $0.actors[0].annotations = [:]
        $0.actor.configs = ["c"]
      } == ["hosts do not tell with which configs it was started"])
  }

  static let stores = [
    Case("a link that is not stored", ["link missing: put kv"]) { $0.links = [] },
    Case("links that could not be read", ["link missing held: unknown-store"]) { $0.links = nil },
    Case("another's link as declared", ["link is another's"]) { $0.context.record.links = [:] },
    Case("a link of other interfaces", ["link link-changed: delete kv, put kv"]) {
      $0.links?[0].interfaces = ["batch"]
    },
    Case("another's link of other interfaces", ["link link-changed held: not-ours"]) {
      $0.links?[0].interfaces = ["batch"]
      $0.context.record.links = [:]
    },
    Case(
      "a link of other interfaces, which others may say",
      ["link web -> kv wasi:keyvalue is another, which its 'sync.ignore' leaves"]
    ) {
      $0.links?[0].interfaces = ["batch"]
      $0.isLinkLeft = true
    },
    Case("no link, though others may say which", ["link missing: put kv"]) {
      $0.links = []
      $0.isLinkLeft = true
    },
    Case("a link to another target", ["link target-changed: delete old, put kv"]) {
      $0.links?[0].target = "old"
      $0.context.record.links[Place.key] = OwnedLink(application: "shop", targets: ["old"])
    },
    Case("another's link to another target", ["link target-changed held: not-ours"]) {
      $0.links?[0].target = "old"
    },
    Case("two links to other targets", ["link target-changed held: ambiguous-link"]) {
      $0.links = ["old", "older"].map {
        LinkDefinition(key: Place.key, target: $0, interfaces: ["store"])
      }
      $0.context.record.links[Place.key] = OwnedLink(application: "shop", targets: ["old"])
    },
    Case("the declared link beside another of its key", []) {
      $0.links?.append(LinkDefinition(key: Place.key, target: "a", interfaces: ["batch"]))
    },
    Case(
      "a link of other interfaces beside another's of its key",
      ["link link-changed held: ambiguous-link"]
    ) {
      $0.links = ["a", "kv"].map {
        LinkDefinition(key: Place.key, target: $0, interfaces: ["batch"])
      }
    },
    Case(
      "a link of other interfaces after another of ours of its key",
      ["link link-changed: delete a, delete kv, put a, put kv"]
    ) {
      $0.links = ["a", "kv"].map {
        LinkDefinition(key: Place.key, target: $0, interfaces: ["batch"])
      }
      $0.context.record.links[Place.key] = OwnedLink(application: "shop", targets: ["a", "kv"])
    },
    Case(
      "a link of other interfaces before another of ours of its key",
      ["link link-changed: delete kv, put kv"]
    ) {
      $0.links = ["kv", "a"].map {
        LinkDefinition(key: Place.key, target: $0, interfaces: ["batch"])
      }
      $0.context.record.links[Place.key] = OwnedLink(application: "shop", targets: ["a", "kv"])
    },
    Case("a config that is not stored", ["config missing: put [\"level\": \"high\"]"]) {
      $0.stored = .absent
    },
    Case("a config that could not be read", ["config missing held: unknown-store"]) {
      $0.stored = nil
    },
    Case("another's config as declared", ["config is another's"]) {
      $0.context.record.configs = [:]
    },
    Case("a config of other values", ["config values-changed: put [\"level\": \"high\"]"]) {
      $0.stored = .values(["level": "low"])
    },
    Case(
      "a config of other values, which others may say",
      ["config c has other level, more, which its 'sync.ignore' leaves"]
    ) {
      $0.stored = .values(["level": "low", "more": "1"])
      $0.config.isLeft = true
    },
    Case(
      "no config, though others may say what it has", ["config missing: put [\"level\": \"high\"]"]
    ) {
      $0.stored = .absent
      $0.config.isLeft = true
    },
    Case("another's config of other values", ["config values-changed held: not-ours"]) {
      $0.stored = .values(["level": "low"])
      $0.context.record.configs = [:]
    },
  ]

  @Test("a set on a host is told by the first rule that holds", arguments: sets)
  func set(_ test: Case) { expect(test) }

  @Test("an image that is spelt in another way is the same image", arguments: spellings)
  func spelling(_ test: Case) { expect(test) }

  @Test("a link or config is told by what its store holds", arguments: stores)
  func store(_ test: Case) { expect(test) }

  private func expect(_ test: Case) {
    var place = Place()
    test.change(&place)
    #expect(place.told == test.told)
  }
}
