import Glibc
import JSONCoding
import LatticeDialects
import LatticeModel
import ServiceRuntime

extension BenchRow {
  /// Messages of a lattice into the observed state.
  ///
  /// Small events are those that real hosts sent, read from `Tests/Recordings`. Real heartbeats
  /// there are small, so those of 4 KB have the recorded shape with sixteen components of ours.
  static let intake = BenchRow(
    name: "intake", summary: "events and heartbeats of 4 KB into the observed state, one core"
  ) {
    let events = try recordedEvents()
    let beats = (0..<2_000).map { heartbeat(of: $0 % 100, round: $0 / 100) }
    return [
      try await rate(of: events, named: "recorded events", count: 300_000, goal: 300_000),
      try await rate(of: beats, named: "heartbeats", count: 100_000, goal: 100_000),
    ]
  }
}

private func rate(
  of messages: [[UInt8]], named name: String, count: Int, goal: Double
) async throws -> Figure {
  let rounds = count / messages.count
  let pairs = try await Pairs(5) {
    try await processorTime {
      for _ in 0..<rounds {
        for message in messages {
          try JSONReader.read(message) { reader throws(JSONError) in try reader.skip() }
        }
      }
    }
  } ours: {
    try await processorTime {
      var (decoder, observed) = (EventDecoder(), ObservedState())
      for round in 0..<rounds {
        for message in messages {
          guard let event = try decoder.decode(message) else { continue }
          observed.apply(event.event, at: Timestamp(nanoseconds: Int64(round)))
        }
      }
    }
  }
  let total = Double(rounds * messages.count)
  let size = messages.reduce(0) { $0 + $1.count } / messages.count
  let rate = total / median(pairs.ours)
  return Figure(
    what: "\(name) of \(size) bytes", ours: rate.thousands,
    beside: "JSON checked, nothing kept \((total / median(pairs.theirs)).thousands)",
    ratio: "\(pairs.ratio.text())x", goal: goal.thousands, isMet: rate >= goal)
}

/// Every event but heartbeats that a real lattice sent, as it was sent.
private func recordedEvents() throws -> [[UInt8]] {
  let root = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
  let path = "/\(root)/Tests/Recordings/v1.9.2/commands.jsonl"
  guard let bytes = try readFile(path) else { throw BenchError("\(path) is not there") }
  return try bytes.split(separator: UInt8(ascii: "\n")).compactMap { line in
    let line = Array(line)
    var (subject, payload) = ("", 0..<0)
    try JSONReader.read(line) { reader throws(JSONError) in
      try reader.beginObject()
      while let key = try reader.nextKey() {
        switch key {
        case "subject": subject = try reader.string()
        case "payload": payload = try reader.range()
        default: try reader.skip()
        }
      }
    }
    let isEvent = subject.hasPrefix("wasmbus.evt.") && !subject.hasSuffix(".host_heartbeat")
    return isEvent ? Array(line[payload]) : nil
  }
}

private func heartbeat(of host: Int, round: Int) -> [UInt8] {
  let id = "NBWQ5DX76XNTIHAJWHVBFKA2YOPZJR4MJS3WAUOEY6EFKBAADS3\(10_000 + host)"
  let components = (0..<16).map { number in
    #"{"annotations":{"reconcile.dev/actor":"worker-\#(number)","#
      + #""wasmcloud.dev/managed-by":"reconcile"},"id":"telemetry-\#(number)-worker-\#(number)","#
      + #""image_ref":"registry.example.com/worker-\#(number):1.4.2","limits":null,"#
      + #""max_instances":\#(1 + number),"revision":0}"#
  }
  let text =
    #"{"specversion":"1.0","id":"01a20349-7718-db4a-f045-\#(100_000_000_000 + round * 100 + host)","#
    + #""type":"com.wasmcloud.lattice.host_heartbeat","source":"\#(id)","#
    + #""datacontenttype":"application/json","time":"2026-11-22T12:\#(10 + round):35.992934974Z","#
    + #""data":{"components":[\#(components.joined(separator: ","))],"#
    + #""friendly_name":"proud-firefly-\#(host)","host_id":"\#(id)","labels":{"#
    + #""hostcore.arch":"x86_64","hostcore.os":"linux","hostcore.osfamily":"unix","zone":"a"},"#
    + #""providers":[{"annotations":{},"id":"lab-nats","image_ref":"messaging-nats","revision":0}],"#
    + #""uptime_human":"\#(round)m","uptime_seconds":\#(60 * round),"version":"1.9.2"}}"#
  return Array(text.utf8)
}
