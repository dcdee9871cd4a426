import LatticeModel
import Planning

extension Scene {
  /// An actor in two zones, a provider on every host and a link with values between them.
  private static let shop = """
    apiVersion: reconcile.dev/v1
    kind: Application
    metadata: {name: shop}
    spec:
      sync: {prune: true}
      actors:
        - {name: web, image: "example.com/web:1", instances: 4, spread: zones, config: {level: info}}
      providers:
        - {name: http, image: "example.com/http:1", perHost: true}
      links:
        - {source: http, target: web, interface: "wasi:http/incoming-handler", values: {PORT: "80"}}
      spread:
        zones:
          - {name: a, weight: 50, requirements: {zone: a}}
          - {name: b, weight: 50, requirements: {zone: b}}
    """

  /// One actor, and links of its to two providers.
  private static let blog = """
    apiVersion: reconcile.dev/v1
    kind: Application
    metadata: {name: blog}
    spec:
      actors:
        - {name: page, image: "example.com/page:1", instances: 3}
      providers:
        - {name: redis, image: "example.com/redis:1"}
        - {name: nats, image: "example.com/nats:1"}
      links:
        - {source: page, target: redis, interface: "wasi:keyvalue/store"}
        - {source: page, target: nats, interface: "wasmcloud:messaging/consumer"}
    """

  /// The first again, as wadm had it for hosts before 1.0.
  private static let actorEra = """
    apiVersion: core.oam.dev/v1beta1
    kind: Application
    metadata: {name: shop, annotations: {}}
    spec:
      components:
        - name: web
          type: actor
          properties: {image: "example.com/web:1"}
          traits:
            - {type: spreadscaler, properties: {replicas: 4}}
            - {type: linkdef, properties: {target: http, values: {PORT: "80"}}}
        - name: http
          type: capability
          properties: {image: "example.com/http:1", contract: "wasmcloud:httpserver"}
    """

  private static func application(
    _ name: String, needs: String = "", prune: Bool = true, _ actor: String, more: String = ""
  ) -> String {
    """
    apiVersion: reconcile.dev/v1
    kind: Application
    metadata: {name: \(name)}
    spec:
      dependsOn: [\(needs)]
      sync: {prune: \(prune)}
      actors:
        - {name: main, image: "example.com/\(name):1", \(actor)}
    \(more)
    """
  }

  private static let chain = [
    application("base", "instances: 1"), application("middle", needs: "base", "instances: 1"),
    application("top", needs: "middle", "instances: 1"),
  ]

  private static let pageLink = LinkKey(
    source: "blog-page", contract: "wasi:keyvalue")

  private static let wadm = [AnnotationKey.managedBy: "wadm"]

  /// Differences of every kind, and what stands beside a plan.
  static let differences = [
    Scene(name: "from-nothing", now: [shop, blog]),
    Scene(name: "in-sync", before: [shop, blog], now: [shop, blog]),
    Scene(
      name: "image-changed", before: [shop],
      now: [
        shop.replacing("web:1", with: "web:2").replacing("http:1", with: "http:2")
          .replacing("config:", with: "update: {maxUnavailable: 2}, config:")
      ]),
    Scene(
      name: "image-changed-on-one-host",
      before: [application("solo", "instances: 3, spread: a", more: onlyA)],
      now: [
        application("solo", "instances: 3, spread: a", more: onlyA)
          .replacing("solo:1", with: "solo:2")
      ]),
    Scene(
      name: "scaled", before: [shop, blog],
      now: [
        shop.replacing("instances: 4", with: "instances: 6"),
        blog.replacing("instances: 3", with: "instances: 1"),
      ]),
    Scene(
      name: "configs-changed", before: [shop, blog],
      now: [
        shop.replacing("info", with: "debug").replacing("\"80\"", with: "\"81\""),
        blog.replacing("instances: 3", with: "instances: 3, config: {theme: dark}"),
      ]),
    Scene(
      name: "config-dropped", before: [shop],
      now: [
        shop.replacing(", config: {level: info}", with: "")
          .replacing(", values: {PORT: \"80\"}", with: "")
      ]),
    Scene(
      name: "link-changed", before: [blog],
      now: [
        blog.replacing("target: redis", with: "target: nats")
          .replacing("messaging/consumer", with: "messaging/consumer,producer")
      ]),
    Scene(
      name: "moved", before: [application("roam", "instances: 2")],
      now: [application("roam", "instances: 2, spread: a", more: onlyA)]),
    Scene(
      name: "left-without-prune", before: [shop, blog],
      now: [application("shop", prune: false, "instances: 1")]),
    Scene(
      name: "pruned", before: [shop, blog], now: [application("shop", "instances: 1")],
      meanwhile: { $0.context.prune = true }),
    Scene(name: "applications-up", now: chain),
    Scene(
      name: "applications-down", before: chain + [shop], now: [shop]),
    Scene(
      name: "unplaceable",
      now: [
        application(
          "big",
          "instances: 9, resources: {cpu: 600m, memory: 32Mi}, spread: zones, priority: 1",
          more: """
              spread:
                zones:
                  - {name: a, weight: 50, maxPerHost: 2, requirements: {zone: a}}
                  - {name: g, weight: 30, requirements: [{key: reconcile.dev/cpu, operator: Exists}]}
                  - {name: far, weight: 20, requirements: {zone: far}}
            """),
        application(
          "daemon", "perHost: true, resources: {memory: 100Mi}"),
      ]),
    Scene(
      name: "as-declared-by-others", before: [shop], now: [shop, blog],
      meanwhile: { stage in
        stage.change("NALPHA") {
          $0.actors.append(
            ReportedActor(
              id: "blog-page", image: "example.com/page:1", annotations: wadm, instances: 2))
          $0.providers.append(
            ReportedProvider(id: "blog-redis", image: "example.com/redis:1"))
        }
        stage.observed.noteLinks(
          [LinkDefinition(key: pageLink, target: "blog-redis", interfaces: ["store"])],
          of: "blog-page")
      }),
    Scene(
      name: "host-lost", before: [shop], now: [shop],
      meanwhile: { $0.observed.mark("NBETA", .lost) }),
  ]

  private static let onlyA = """
      spread:
        a:
          - {name: a, requirements: {zone: a}}
    """

  /// A scene for each guard.
  static let guarded: [(rule: GuardRule, scene: Scene)] = [
    (
      .halted,
      Scene(
        name: "held-halted", now: [shop],
        meanwhile: { $0.context.record.halt = "the database is being moved" })
    ),
    (
      .suspended,
      Scene(
        name: "held-suspended", now: [shop, application("base", "instances: 1")],
        meanwhile: {
          $0.context.record.suspensions = [
            Suspension(.application("shop"), reason: "a migration runs", by: "ann")
          ]
        })
    ),
    (
      .flapping,
      Scene(
        name: "held-flapping", before: [shop], now: [shop],
        meanwhile: { stage in
          stage.change("NALPHA") { $0.actors = [] }
          stage.change("NBETA") { $0.actors = [] }
          stage.context.flapping = [
            UnitKey(application: "shop", kind: .actor, name: "web", host: "NALPHA")
          ]
        })
    ),
    (
      .takesHostsDown,
      Scene(
        name: "held-takes-hosts-down", before: [shop], now: [shop],
        meanwhile: { stage in
          let web = UnitKey(application: "shop", kind: .actor, name: "web")
          stage.change("NALPHA") { $0.actors = [] }
          stage.context.record.suspects[web] = Suspect(
            form: StartForms(of: stage.desired).digest(of: web) ?? "",
            losses: [
              Suspect.Loss(host: "NDELTA", time: Timestamp(nanoseconds: 1_000_000_000_000)),
              Suspect.Loss(host: "NEPSILON", time: Timestamp(nanoseconds: 1_031_500_000_000)),
            ])
        })
    ),
    (
      .silentHost,
      Scene(
        name: "held-silent-host", before: [shop],
        now: [shop.replacing("web:1", with: "web:2").replacing("http:1", with: "http:2")],
        meanwhile: { $0.observed.mark("NBETA", .silent) })
    ),
    (
      .unhealthyHost,
      Scene(
        name: "held-unhealthy-host", before: [shop],
        now: [
          shop.replacing("web:1", with: "web:2").replacing("http:1", with: "http:2"),
          application(
            "base", "instances: 3, spread: a",
            more: onlyA.replacing("{zone: a}", with: "{zone: b}, maxPerHost: 2")),
        ],
        meanwhile: {
          $0.context.record.troubles = [
            "NBETA": HostTrouble(
              reason: "starts fail there: blog, news", isUnhealthy: true,
              until: Timestamp(nanoseconds: 1))
          ]
        })
    ),
    (
      .incompleteView,
      Scene(
        name: "held-incomplete-view", before: [shop, blog],
        now: [
          shop.replacing("instances: 4", with: "instances: 6"),
          application("blog", "instances: 1"),
        ],
        meanwhile: {
          $0.observed.view = .incomplete(silent: ["NDELTA"], expected: 4, answered: 3)
        })
    ),
    (
      .unprovenRecord,
      Scene(
        name: "held-unproven-record", before: chain, now: [chain[0], shop],
        meanwhile: {
          $0.context.record.doubt = RecordDoubt(
            "nothing was on record", since: Timestamp(nanoseconds: 1))
        })
    ),
    (
      .incompleteRead,
      Scene(
        name: "held-incomplete-read", before: chain, now: [chain[0], "spec: [", chain[1]])
    ),
    (
      .history,
      Scene(
        name: "held-history", before: chain, now: [chain[0], shop],
        meanwhile: { $0.doubtHistory() })
    ),
    (
      .history,
      Scene(
        name: "held-history-whole", before: chain, now: [chain[0], shop],
        meanwhile: {
          $0.doubtHistory()
          $0.context.refusesRewrittenHistory = true
        })
    ),
    (
      .noReplacement,
      Scene(
        name: "held-no-replacement", before: [application("roam", "instances: 3")],
        now: [
          application(
            "roam", "instances: 3, spread: a",
            more: onlyA.replacing("{zone: a}", with: "{zone: far}"))
        ])
    ),
    (
      .ambiguousLink,
      Scene(
        name: "held-ambiguous-link", before: [blog],
        now: [blog.replacing("target: redis", with: "target: nats")],
        meanwhile: { stage in
          stage.observed.noteLinks(
            [
              LinkDefinition(key: pageLink, target: "blog-redis", interfaces: ["store"]),
              LinkDefinition(key: pageLink, target: "theirs", interfaces: ["batch"]),
            ], of: "blog-page")
        })
    ),
    (
      .unknownStore,
      Scene(
        name: "held-unknown-store", before: [shop, blog], now: [blog],
        meanwhile: { stage in
          let now = Timestamp(nanoseconds: 2)
          for source in ["shop-http", "blog-page"] {
            let key = LinkKey(source: source, contract: "wasi:blobstore")
            let link = LinkDefinition(key: key, target: "theirs", interfaces: ["container"])
            stage.observed.apply(.linkSet(link), at: now)
          }
          stage.observed.apply(.configSet("shop-web"), at: now)
        })
    ),
    (
      .notLinkable,
      Scene(
        name: "held-not-linkable", before: [shop, blog],
        now: [
          shop.replacing(
            "interface: \"wasi:http/incoming-handler\"", with: "contract: wasmcloud:http"),
          blog.replacing(
            "interface: \"wasi:keyvalue/store\"",
            with: "interface: \"wasi:keyvalue/store\", contract: wasmcloud:keyvalue"),
        ])
    ),
    (
      .otherHosts,
      Scene(name: "held-other-hosts", before: [shop], now: [actorEra, blog])
    ),
    (
      .notOurs,
      Scene(
        name: "held-not-ours", now: [shop, blog],
        meanwhile: { stage in
          stage.change("NALPHA") {
            $0.actors.append(
              ReportedActor(
                id: "shop-web", image: "example.com/web:9", annotations: wadm, instances: 1))
            $0.providers.append(
              ReportedProvider(id: "blog-redis", image: "example.com/redis:9"))
          }
          stage.observed.noteConfig(.values(["level": "trace"]), named: "shop-web")
          stage.observed.noteLinks(
            [LinkDefinition(key: pageLink, target: "theirs", interfaces: ["store"])],
            of: "blog-page")
        })
    ),
  ]

  /// All scenes.
  static let all = differences + guarded.map(\.scene)
}
