import ReconcileLoop
import ReconcileTestKit
import ServiceRuntime
import Testing

@testable import ControlPlane

@Suite("MetricsPage")
struct MetricsPageTests {
  private let registry = MetricRegistry()

  /// A controller of one lattice that has done a little of everything.
  private func useAll() {
    let metrics = ControllerMetrics(in: registry)
    metrics.cycles.add(["default", "revision", "in-sync"], 3)
    metrics.cycles.add(["default", "drift", "held"])
    for duration in [4.0, 30, 250] {
      metrics.cycleDuration.observe(["default"], .milliseconds(duration))
    }
    metrics.planDuration.observe(["default"], .microseconds(800))
    metrics.commands.add(["default", "scale-actor", "confirmed"], 12)
    metrics.commands.add(["default", "put-link", "timed-out"])
    metrics.differences.replace("default", [["missing"]: 2, ["changed"]: 0])
    metrics.heldSteps.replace("default", [["incomplete-view"]: 1])
    metrics.failures.replace("default", [["command"]: 2, ["repository"]: 0])
    metrics.unplaceable.set(["default"], 3)
    metrics.unreached.set(["default"], 2)
    metrics.suspects.set(["default"], 1)
    metrics.strays.replace("default", [["shop-kv"]: 2])
    metrics.observedAge.set(["default"], 4.5)
    metrics.lastSync.set(["default"], 1_795_000_000.25)
    metrics.revisionToSync.observe(["default"], .milliseconds(640))
    metrics.hosts.replace("default", [["present"]: 29, ["lost"]: 1])
    metrics.viewIsComplete.set(["default"], 1)
    metrics.hostLosses.add(["default"])
    metrics.recordLosses.add(["default"])
    metrics.failover.observe(["default"], .milliseconds(990))
    metrics.reversals.add(["default"], 0)
    metrics.leaseHeld.set(["default"], 1)
    metrics.leaseEpoch.set(["default"], 7)
    metrics.standbys.set(["default"], 1)
    metrics.sourceReads.add(["shop", "unchanged"], 40)
    metrics.sourceReadDuration.observe(["shop"], .milliseconds(12))
    metrics.lastSourceRead.set(["shop"], 1_795_000_001)
    metrics.sourceRevision.replace("shop", [["0123456789abcdef0123456789abcdef01234567"]: 1])
    metrics.sourceCommit.set(["shop"], 1_794_990_000)
    metrics.sourceStale.set(["shop"], 80.5)
    metrics.sourceErrors.set(["shop"], 1)
    metrics.webhooks.add(["shop", "accepted"])
    metrics.commitStatuses.add(["shop", "sent"])
    metrics.build.set(["0.1.0"], 1)
  }

  private var page: String {
    MetricsPage(
      ControllerSnapshot(
        health: HealthReport([], progressWithin: .seconds(1)), metrics: registry
      ).metrics
    ).text
  }

  @Test("the page of a controller is as recorded, and a strict reader takes it")
  func controller() throws {
    useAll()
    expectGolden(page, "metrics.txt")
    let exposition = try Exposition(page)
    #expect(exposition.families.keys.allSatisfy { $0.hasPrefix("reconcile_") })
    #expect(exposition.families.values.allSatisfy { !$0.samples.isEmpty }, "each is used above")
    #expect(exposition.families["reconcile_cycle_duration_seconds"]?.samples.last?.value == 3)
  }

  @Test("the page of a controller that has done nothing is good too")
  func unused() throws {
    _ = ControllerMetrics(in: registry)
    #expect(try Exposition(page).families.count == 34)
    #expect(MetricsPage([]).text.isEmpty)
  }

  @Test("label values and help may hold anything")
  func escaping() throws {
    let value = "a\\b\"c\nd} 1\u{1F600}"
    registry.gauge("odd", "One\\two\nthree \"four\".", labels: ["x"]).set([value], -0.5)
    let family = try #require(try Exposition(page).families["odd"])
    #expect(family.samples == [.init(name: "odd", labels: ["x": value], value: -0.5)])
    #expect(family.help == #"One\\two\nthree "four"."#)
  }

  @Test(
    "numbers are written so that they read back",
    arguments: [0, 1, -1, 0.1, 1e-7, 1.5e300, 9_007_199_254_740_992, .infinity])
  func numbers(number: Double) throws {
    registry.gauge("a", "A.").set([], number)
    #expect(try Exposition(page).families["a"]?.samples.first?.value == number)
  }

  @Test("series come in the order of their labels, whatever the order of writing")
  func order() {
    let other = MetricRegistry()
    for (registry, values) in [(registry, ["b", "a", "c"]), (other, ["c", "b", "a"])] {
      let counter = registry.counter("a_total", "A.", labels: ["x"])
      for value in values { counter.add([value]) }
    }
    #expect(MetricsPage(registry.families).text == MetricsPage(other.families).text)
  }

  @Test("the page says how many writes were refused")
  func refusals() throws {
    let small = MetricRegistry(limit: 1)
    let counter = small.counter("a_total", "A.", labels: ["x"])
    for value in ["a", "b", "c"] { counter.add([value]) }
    let snapshot = ControllerSnapshot(
      health: HealthReport([], progressWithin: .seconds(1)), metrics: small)
    #expect(
      MetricsPage(snapshot.metrics).text.hasSuffix("reconcile_metric_writes_refused_total 2\n"))
  }

  @Test(
    "the strict reader refuses what is wrong",
    arguments: [
      "# HELP a A.\n# TYPE a gauge\na 1", "a 1\n", "# HELP a A.\n# TYPE b gauge\n",
      "# HELP a A.\n# TYPE a gauge\na 1\na 1\n", "# HELP a A.\n# TYPE a gauge\na{x=\"\\q\"} 1\n",
      "# HELP a A.\n# TYPE a gauge\na{x=\"1\",x=\"2\"} 1\n", "# HELP a A.\n# TYPE a counter\na 1\n",
      "# HELP a A.\n# TYPE a gauge\na x\n", "# HELP a-b A.\n# TYPE a-b gauge\na-b 1\n",
      "# HELP a A.\n# TYPE a histogram\na_bucket{le=\"1\"} 1\na_sum 1\na_count 1\n",
      "# HELP a A.\n# TYPE a histogram\na_bucket{le=\"+Inf\"} 1\na_sum 1\na_count 2\n",
    ])
  func strictness(text: String) {
    #expect(throws: Exposition.Fault.self) { try Exposition(text) }
  }
}
