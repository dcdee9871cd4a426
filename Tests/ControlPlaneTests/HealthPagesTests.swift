import HTTPServing
import ReconcileTestKit
import ServiceRuntime
import Testing

@testable import ControlPlane

@Suite("Health pages")
struct HealthPagesTests {
  private static let good = LatticeHealth(
    lattice: "default", sinceProgress: .seconds(3), isConnected: true, hasLooked: true,
    revision: "0123456789abcdef0123456789abcdef01234567")

  private static func but(_ change: (inout LatticeHealth) -> Void) -> LatticeHealth {
    var health = good
    change(&health)
    return health
  }

  struct Case: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var lattices: [LatticeHealth]
    var isAlive = true
    var isReady = true
  }

  static let cases = [
    Case(testDescription: "good", lattices: [good]),
    Case(testDescription: "at the limit", lattices: [but { $0.sinceProgress = .seconds(60) }]),
    Case(
      testDescription: "hangs", lattices: [but { $0.sinceProgress = .milliseconds(90_500) }],
      isAlive: false),
    Case(
      testDescription: "not connected",
      lattices: [
        but {
          $0.isConnected = false
          $0.error = "connection refused\u{1B}[2J\nok"
        }
      ], isReady: false),
    Case(
      testDescription: "git cannot be read for a moment",
      lattices: [
        but {
          $0.staleness = .init(for: .seconds(29), of: .seconds(30), reason: "it went away")
        }
      ]),
    Case(
      testDescription: "git cannot be read for long",
      lattices: [
        but {
          $0.staleness = .init(
            for: .milliseconds(30_400), of: .seconds(30), reason: "it went away")
        }
      ], isReady: false),
    Case(testDescription: "not looked", lattices: [but { $0.hasLooked = false }], isReady: false),
    Case(testDescription: "nothing read", lattices: [but { $0.revision = nil }], isReady: false),
    Case(
      testDescription: "an error later on", lattices: [but { $0.error = "one host refused" }]),
    Case(
      testDescription: "in sync",
      lattices: [but { $0.standing = .init("in sync, seen 4 s ago", isKnown: true) }]),
    Case(
      testDescription: "unknown for long",
      lattices: [
        but {
          $0.standing = .init("unknown: host NALPHA was last seen 3m ago", isKnown: false)
          $0.error = "one host refused"
        }
      ]),
    Case(
      testDescription: "one of two",
      lattices: [
        good,
        but {
          $0.lattice = "edge"
          $0.sinceProgress = .seconds(61)
          $0.isConnected = false
          $0.hasLooked = false
          $0.revision = nil
        },
      ], isAlive: false, isReady: false),
    Case(testDescription: "no lattice", lattices: [], isReady: false),
  ]

  @Test("the pages say what fails, and with ?verbose all", arguments: cases)
  func pages(_ example: Case) {
    let report = HealthReport(example.lattices, progressWithin: .seconds(60))
    #expect(report.isAlive == example.isAlive)
    #expect(report.isReady == example.isReady)
    #expect(report.livePage(isVerbose: false).status == (example.isAlive ? 200 : 503))
    #expect(report.readyPage(isVerbose: false).status == (example.isReady ? 200 : 503))
  }

  @Test("the texts of the pages are as recorded")
  func texts() {
    var text = ""
    for example in Self.cases {
      let report = HealthReport(example.lattices, progressWithin: .seconds(60))
      for isVerbose in [false, true] {
        text += "== \(example.testDescription)\(isVerbose ? ", verbose" : "")\n"
        for (name, page) in [
          ("livez", report.livePage(isVerbose: isVerbose)),
          ("readyz", report.readyPage(isVerbose: isVerbose)),
        ] {
          text += "\(name) \(page.status)\n\(String(decoding: page.body, as: UTF8.self))"
        }
      }
    }
    expectGolden(text, "health.txt")
  }

  @Test("the routes lead to the pages, and ask for the state anew each time")
  func routes() async throws {
    let registry = MetricRegistry()
    let visits = registry.counter("visits_total", "Visits.")
    let routes = controllerPages {
      visits.add()
      return ControllerSnapshot(
        health: HealthReport([], progressWithin: .seconds(1)), metrics: registry)
    }
    var answers: [String: HTTPResponse] = [:]
    for route in routes {
      answers[route.path] = await route.handler(HTTPRequest(target: "\(route.path)?verbose"))
    }
    #expect(routes.allSatisfy { $0.method == .get })
    #expect(answers["/livez"] == HTTPResponse("ok\n"))
    #expect(answers["/readyz"] == HTTPResponse("lattice: none is configured\n", status: 503))
    let metrics = try #require(answers["/metrics"])
    #expect(metrics.contentType == "text/plain; version=0.0.4; charset=utf-8")
    #expect(String(decoding: metrics.body, as: UTF8.self).contains("\nvisits_total 3\n"))
  }
}
