internal import HTTPServing
internal import ServiceRuntime

/// The page of `/metrics`, in version 0.0.4 of Prometheus' text format.
struct MetricsPage {
  private(set) var text = ""

  init(_ families: [MetricFamily]) {
    for family in families { add(family) }
  }

  var response: HTTPResponse {
    HTTPResponse(text, contentType: "text/plain; version=0.0.4; charset=utf-8")
  }

  private mutating func add(_ family: MetricFamily) {
    text += "# HELP \(family.name) \(escaped(family.help, quotes: false))\n"
    text += "# TYPE \(family.name) \(family.kind.word)\n"
    let series = family.series.sorted { $0.key.lexicographicallyPrecedes($1.key) }
    for (values, value) in series {
      add(value, of: family, Array(zip(family.labels, values)))
    }
  }

  private mutating func add(
    _ value: MetricFamily.Value, of family: MetricFamily, _ labels: [(String, String)]
  ) {
    switch value {
    case .number(let number): add(family.name, labels, number)
    case .distribution(let counts, let sum):
      guard case .histogram(let bounds) = family.kind else { return }
      var total = 0
      for (bound, count) in zip(bounds + [.infinity], counts) {
        total += count
        add("\(family.name)_bucket", labels + [("le", written(bound))], Double(total))
      }
      add("\(family.name)_sum", labels, sum)
      add("\(family.name)_count", labels, Double(total))
    }
  }

  private mutating func add(_ name: String, _ labels: [(String, String)], _ number: Double) {
    let pairs = labels.map { "\($0)=\"\(escaped($1, quotes: true))\"" }.joined(separator: ",")
    text += pairs.isEmpty ? name : "\(name){\(pairs)}"
    text += " \(written(number))\n"
  }
}

extension MetricFamily.Kind {
  fileprivate var word: String {
    switch self {
    case .counter: "counter"
    case .gauge: "gauge"
    case .histogram: "histogram"
    }
  }
}

private func escaped(_ text: String, quotes: Bool) -> String {
  var result = ""
  for character in text.unicodeScalars {
    switch character {
    case "\\": result += #"\\"#
    case "\n": result += #"\n"#
    case "\"" where quotes: result += #"\""#
    default: result.unicodeScalars.append(character)
    }
  }
  return result
}

private func written(_ number: Double) -> String {
  if number.isNaN { return "NaN" }
  if number.isInfinite { return number < 0 ? "-Inf" : "+Inf" }
  return Int64(exactly: number).map(String.init) ?? "\(number)"
}
