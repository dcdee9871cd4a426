import Testing

@testable import ServiceRuntime

@Suite("MetricRegistry")
struct MetricsTests {
  private let registry = MetricRegistry(limit: 3)

  private func series(_ index: Int = 0) -> [[String]: MetricFamily.Value] {
    registry.families[index].series
  }

  @Test("a counter adds up for each combination of labels, and never falls")
  func counter() {
    let counter = registry.counter("a_total", "A.", labels: ["x", "y"])
    #expect(series().isEmpty)
    counter.add(["1", "2"])
    counter.add(["1", "2"], 4)
    counter.add(["2", "1"], -4)
    #expect(series() == [["1", "2"]: .number(5), ["2", "1"]: .number(0)])
  }

  @Test("a metric without labels is there before it is written")
  func unlabelled() {
    let gauge = registry.gauge("a", "A.")
    #expect(series() == [[]: .number(0)])
    gauge.set([], 2.5)
    #expect(series() == [[]: .number(2.5)])
  }

  @Test("replacing forgets the series of the same first label only")
  func replacing() {
    let gauge = registry.gauge("a", "A.", labels: ["x", "y"])
    gauge.replace("1", [["a"]: 1, ["b"]: 2])
    gauge.replace("2", [["a"]: 3])
    gauge.replace("1", [["c"]: 4, ["a"]: 5])
    #expect(
      series() == [["1", "a"]: .number(5), ["1", "c"]: .number(4), ["2", "a"]: .number(3)])
    #expect(registry.refused == 0)
  }

  @Test("what is gone is forgotten in every metric that names it, and in no other")
  func forgetting() {
    let counter = registry.counter("a_total", "A.", labels: ["x", "y"])
    let gauge = registry.gauge("b", "B.", labels: ["y"])
    registry.histogram("c_seconds", "C.", labels: ["x"], bounds: [1]).observe(["1"], .seconds(1))
    counter.add(["1", "2"])
    counter.add(["2", "1"])
    gauge.set(["1"], 1)
    registry.forget("x", "1")
    #expect(series() == [["2", "1"]: .number(1)])
    #expect(series(1) == [["1"]: .number(1)])
    #expect(series(2).isEmpty)
    counter.add(["1", "2"])
    #expect(series()[["1", "2"]] == .number(1))
  }

  @Test("a value counts in the first bucket whose bound it does not pass")
  func histogram() {
    let histogram = registry.histogram("a_seconds", "A.", bounds: [0.5, 1, 2])
    for value in [0.5, 0.51, 1.0, 2.0, 2.01, 100] { histogram.observe([], .seconds(value)) }
    #expect(series() == [[]: .distribution(counts: [1, 2, 1, 2], sum: 106.02)])
  }

  @Test("series beyond the limit, and wrong labels, are dropped and counted")
  func limit() {
    let counter = registry.counter("a_total", "A.", labels: ["x"])
    let other = registry.counter("b_total", "B.", labels: ["x"])
    for number in 0..<5 { counter.add(["\(number)"]) }
    counter.add(["0"])
    counter.add([])
    counter.add(["0", "1"])
    other.add(["9"])
    #expect(series() == [["0"]: .number(2), ["1"]: .number(1), ["2"]: .number(1)])
    #expect(series(1) == [["9"]: .number(1)])
    #expect(registry.refused == 4)
  }

  @Test("nothing is lost when many write at once")
  func concurrency() async {
    let counter = registry.counter("a_total", "A.")
    await withTaskGroup { group in
      for _ in 0..<8 {
        group.addTask { for _ in 0..<1_000 { counter.add() } }
      }
    }
    #expect(series() == [[]: .number(8_000)])
  }
}
