/// Reads a page in version 0.0.4 of Prometheus' text format, more strictly than collectors do.
struct Exposition {
  struct Fault: Error, Equatable { var line: String, reason: String }

  struct Sample: Equatable {
    var name: String
    var labels: [String: String]
    var value: Double
  }

  struct Family {
    var help: String
    var type = ""
    var samples: [Sample] = []
  }

  private(set) var families: [String: Family] = [:]
  private var current = ""

  init(_ text: String) throws {
    guard text.isEmpty || text.last == "\n" else { throw Fault(line: "", reason: "torn") }
    for line in text.split(separator: "\n", omittingEmptySubsequences: false).dropLast() {
      do {
        try read(line)
      } catch let fault as Fault {
        throw Fault(line: String(line), reason: fault.reason)
      }
    }
    for (name, family) in families { try check(name, family) }
  }

  private mutating func read(_ line: Substring) throws {
    let words = line.split(separator: " ", maxSplits: 3, omittingEmptySubsequences: false)
    if line.hasPrefix("# HELP ") {
      current = String(words[2])
      try require(Self.isName(current), "bad name")
      try require(families[current] == nil, "twice")
      families[current] = Family(help: String(words[3]))
    } else if line.hasPrefix("# TYPE ") {
      try require(words[2] == current, "type of another metric")
      try require(["counter", "gauge", "histogram"].contains(words[3]), "bad type")
      families[current]?.type = String(words[3])
    } else {
      let sample = try Self.sample(line)
      try require(families[current]?.type.isEmpty == false, "a sample before its type")
      let same = families[current]?.samples ?? []
      try require(
        !same.contains { $0.name == sample.name && $0.labels == sample.labels }, "a series twice")
      families[current]?.samples.append(sample)
    }
  }

  private static func sample(_ line: Substring) throws -> Sample {
    var rest = line
    let name = take(&rest) { $0 != "{" && $0 != " " }
    try require(isName(name), "bad name")
    var labels: [String: String] = [:]
    if rest.first == "{" {
      repeat {
        rest.removeFirst()
        let label = take(&rest) { $0 != "=" }
        try require(isName(label) && !label.contains(":"), "bad label")
        try require(labels[label] == nil, "label twice")
        labels[label] = try quoted(&rest)
      } while rest.first == ","
      try require(rest.popFirst() == "}", "labels are not closed")
    }
    try require(rest.popFirst() == " ", "no space before the value")
    let value = rest == "+Inf" ? Double.infinity : Double(rest)
    guard let value else { throw Fault(line: "", reason: "bad value") }
    return Sample(name: name, labels: labels, value: value)
  }

  private static func quoted(_ rest: inout Substring) throws -> String {
    try require(rest.hasPrefix("=\""), "no value of a label")
    rest.removeFirst(2)
    var text = ""
    while let character = rest.popFirst(), character != "\"" {
      guard character == "\\" else {
        text.append(character)
        continue
      }
      switch rest.popFirst() {
      case "\\": text += "\\"
      case "\"": text += "\""
      case "n": text += "\n"
      default: throw Fault(line: "", reason: "bad escape")
      }
    }
    return text
  }

  /// Names fit types, and the buckets of a histogram rise to its count.
  private func check(_ name: String, _ family: Family) throws {
    try require(!family.help.isEmpty, "no help")
    try require((family.type == "counter") == name.hasSuffix("_total"), "\(name) is named wrongly")
    guard family.type == "histogram" else {
      for sample in family.samples { try require(sample.name == name, "\(name) has \(sample)") }
      return
    }
    let series = Dictionary(grouping: family.samples) {
      $0.labels.filter { $0.key != "le" }
    }
    for samples in series.values {
      let buckets = samples.filter { $0.name == name + "_bucket" }
      let bounds = buckets.map { $0.labels["le"].map { $0 == "+Inf" ? .infinity : Double($0) } }
      let values = bounds.compactMap { $0 ?? nil }
      try require(values.count == buckets.count && values.last == .infinity, "bad bounds")
      try require(zip(values, values.dropFirst()).allSatisfy(<), "bounds do not rise")
      let counts = buckets.map(\.value)
      try require(zip(counts, counts.dropFirst()).allSatisfy(<=), "buckets do not rise")
      let count = samples.filter { $0.name == name + "_count" }.map(\.value)
      try require(count == counts.suffix(1), "the count is not that of the last bucket")
      try require(samples.count { $0.name == name + "_sum" } == 1, "no sum")
      try require(samples.count == buckets.count + 2, "something else")
    }
  }

  private static func isName(_ text: String) -> Bool {
    guard let first = text.unicodeScalars.first, !("0"..."9").contains(first) else { return false }
    return text.unicodeScalars.allSatisfy {
      ("a"..."z").contains($0) || ("A"..."Z").contains($0) || ("0"..."9").contains($0)
        || $0 == "_" || $0 == ":"
    }
  }

  private static func take(
    _ rest: inout Substring, while isPart: (Character) -> Bool
  ) -> String {
    let part = rest.prefix(while: isPart)
    rest = rest[part.endIndex...]
    return String(part)
  }
}

private func require(_ condition: Bool, _ reason: String) throws {
  if !condition { throw Exposition.Fault(line: "", reason: reason) }
}
