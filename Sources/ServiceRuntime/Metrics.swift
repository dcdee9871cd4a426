/// A number that is watched over time, with one series for each combination of its label values.
public struct MetricFamily: Hashable, Sendable {
  /// What the number does.
  public enum Kind: Hashable, Sendable {
    /// It only rises.
    case counter
    /// It rises and falls.
    case gauge
    /// It counts how many values were at most each bound; the bounds rise.
    case histogram([Double])
  }

  /// The number of one series.
  public enum Value: Hashable, Sendable {
    /// Of a counter or gauge.
    case number(Double)
    /// Of a histogram: how many values fell under each bound and none below it, last those above
    /// all bounds, and the sum of all values.
    case distribution(counts: [Int], sum: Double)
  }

  /// The name, with its unit.
  public var name: String
  /// A sentence about it.
  public var help: String
  /// What it does.
  public var kind: Kind
  /// The names of its labels.
  public var labels: [String]
  /// Its numbers, by the values of its labels.
  public var series: [[String]: Value]

  /// Creates a family.
  ///
  /// - Parameters:
  ///   - name: The name, with its unit.
  ///   - help: A sentence about it.
  ///   - kind: What it does.
  ///   - labels: The names of its labels.
  ///   - series: Its numbers, by the values of its labels.
  public init(
    _ name: String, _ help: String, _ kind: Kind, labels: [String] = [],
    series: [[String]: Value] = [:]
  ) {
    self.name = name
    self.help = help
    self.kind = kind
    self.labels = labels
    self.series = series
  }

  fileprivate var zero: Value {
    switch kind {
    case .counter, .gauge: .number(0)
    case .histogram(let bounds):
      .distribution(counts: Array(repeating: 0, count: bounds.count + 1), sum: 0)
    }
  }
}

extension MetricFamily.Value {
  fileprivate mutating func add(_ amount: Double) {
    if case .number(let number) = self { self = .number(number + amount) }
  }

  fileprivate mutating func observe(_ value: Double, _ kind: MetricFamily.Kind) {
    guard case .histogram(let bounds) = kind, case .distribution(var counts, let sum) = self else {
      return
    }
    counts[bounds.firstIndex { value <= $0 } ?? bounds.count] += 1
    self = .distribution(counts: counts, sum: sum + value)
  }
}

/// The metrics of a program, written from any thread.
///
/// ## Usage
/// ```swift
/// let registry = MetricRegistry()
/// let cycles = registry.counter("cycles_total", "Cycles.", labels: ["outcome"])
/// cycles.add(["done"])
/// ```
public final class MetricRegistry: Sendable {
  private struct State {
    var families: [MetricFamily] = []
    var refused = 0

    mutating func change(
      _ index: Int, _ labels: [String], limit: Int,
      _ body: (inout MetricFamily.Value, MetricFamily.Kind) -> Void
    ) {
      let family = families[index]
      guard labels.count == family.labels.count,
        family.series[labels] != nil || family.series.count < limit
      else {
        refused += 1
        return
      }
      body(&families[index].series[labels, default: family.zero], family.kind)
    }
  }

  private let state = Lock(State())
  private let limit: Int

  /// Creates an empty registry.
  ///
  /// - Parameter limit: How many series a family may have, so that a label whose values come from
  ///   outside cannot fill the memory; what is written to further ones is dropped and counted.
  public init(limit: Int = 1_000) { self.limit = limit }

  /// What is known now, in the order in which it was registered.
  public var families: [MetricFamily] { state.withLock { $0.families } }

  /// How many writes were dropped, because there were too many series or the labels did not fit.
  public var refused: Int { state.withLock { $0.refused } }

  /// Forgets every series in which a label has a value, since what it names is gone.
  ///
  /// - Parameters:
  ///   - label: The label's name.
  ///   - value: Its value.
  public func forget(_ label: String, _ value: String) {
    state.withLock { state in
      for index in state.families.indices {
        guard let place = state.families[index].labels.firstIndex(of: label) else { continue }
        state.families[index].series = state.families[index].series.filter {
          $0.key[place] != value
        }
      }
    }
  }

  /// Registers a counter.
  ///
  /// - Parameters:
  ///   - name: The name, which ends in `_total`.
  ///   - help: A sentence about it.
  ///   - labels: The names of its labels.
  /// - Returns: The counter.
  public func counter(_ name: String, _ help: String, labels: [String] = []) -> Counter {
    Counter(metric: register(MetricFamily(name, help, .counter, labels: labels)))
  }

  /// Registers a gauge.
  ///
  /// - Parameters:
  ///   - name: The name, which ends in its unit if it has one.
  ///   - help: A sentence about it.
  ///   - labels: The names of its labels.
  /// - Returns: The gauge.
  public func gauge(_ name: String, _ help: String, labels: [String] = []) -> Gauge {
    Gauge(metric: register(MetricFamily(name, help, .gauge, labels: labels)))
  }

  /// Registers a histogram of durations.
  ///
  /// - Parameters:
  ///   - name: The name, which ends in `_seconds`.
  ///   - help: A sentence about it.
  ///   - labels: The names of its labels.
  ///   - bounds: The upper bounds of its buckets in seconds, rising.
  /// - Returns: The histogram.
  public func histogram(
    _ name: String, _ help: String, labels: [String] = [], bounds: [Double]
  ) -> Histogram {
    Histogram(metric: register(MetricFamily(name, help, .histogram(bounds), labels: labels)))
  }

  /// A number that only rises.
  public struct Counter: Sendable {
    fileprivate let metric: Metric

    /// Adds to a series.
    ///
    /// - Parameters:
    ///   - labels: The values of its labels, in the order of their names.
    ///   - amount: How much; nothing is added below 0.
    public func add(_ labels: [String] = [], _ amount: Int = 1) {
      metric.change(labels) { value, _ in value.add(Double(max(0, amount))) }
    }
  }

  /// A number that rises and falls.
  public struct Gauge: Sendable {
    fileprivate let metric: Metric

    /// Sets a series.
    ///
    /// - Parameters:
    ///   - labels: The values of its labels, in the order of their names.
    ///   - number: The number.
    public func set(_ labels: [String] = [], _ number: Double) {
      metric.change(labels) { value, _ in value = .number(number) }
    }

    /// Sets all series whose first label has a value, and forgets those that are not set.
    ///
    /// - Parameters:
    ///   - first: The value of the first label.
    ///   - rows: The values of the other labels, with the number.
    public func replace(_ first: String, _ rows: [[String]: Double]) {
      metric.replace(first, rows)
    }
  }

  /// How durations are distributed.
  public struct Histogram: Sendable {
    fileprivate let metric: Metric

    /// Counts a duration.
    ///
    /// - Parameters:
    ///   - labels: The values of its labels, in the order of their names.
    ///   - duration: The duration.
    public func observe(_ labels: [String] = [], _ duration: Duration) {
      metric.change(labels) { $0.observe(duration / .seconds(1), $1) }
    }
  }

  fileprivate struct Metric: Sendable {
    let registry: MetricRegistry
    let index: Int

    func change(
      _ labels: [String], _ body: (inout MetricFamily.Value, MetricFamily.Kind) -> Void
    ) {
      registry.state.withLock { $0.change(index, labels, limit: registry.limit, body) }
    }

    func replace(_ first: String, _ rows: [[String]: Double]) {
      registry.state.withLock { state in
        state.families[index].series = state.families[index].series.filter { $0.key.first != first }
        for (labels, number) in rows {
          state.change(index, [first] + labels, limit: registry.limit) { value, _ in
            value = .number(number)
          }
        }
      }
    }
  }

  private func register(_ family: MetricFamily) -> Metric {
    state.withLock { state in
      var family = family
      if family.labels.isEmpty { family.series[[]] = family.zero }
      state.families.append(family)
      return Metric(registry: self, index: state.families.count - 1)
    }
  }
}
