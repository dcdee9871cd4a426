import BaselineC
import NATSTransport

extension BenchRow {
  /// Requests over our connection, against libnats alone; the same C program answers both.
  static let requests = BenchRow(
    name: "requests", summary: "request and reply of 128 bytes, 256 in flight, five pairs"
  ) {
    let folder = try TemporaryFolder()
    let server = try await ServerProcess(in: folder)
    let (subject, inFlight, total) = ("bench.echo", 256, 102_400)
    guard let responder = baseline_responder_start(server.address, subject) else {
      throw BenchError("nobody answers at \(server.address)")
    }
    defer { baseline_responder_stop(responder) }
    let connection = try await server.connect()
    defer { connection.close() }
    let pairs = try await Pairs(5) {
      let taken = baseline_nats_requests(
        server.address, subject, Int32(inFlight), Int32(total), 128)
      guard taken > 0 else { throw BenchError("the C loop got no answers") }
      return Double(total) / Double(taken) * 1e9
    } ours: {
      let taken = try await wallTime {
        try await ask(connection, subject, inFlight: inFlight, total: total)
      }
      return Double(total) / taken
    }
    return [
      Figure(
        what: "requests, \(inFlight) in flight", ours: median(pairs.ours).thousands,
        beside: "libnats in C \(median(pairs.theirs).thousands)",
        ratio: "\((pairs.ratio * 100).text(0)) %", goal: "75 % at least",
        isMet: pairs.ratio >= 0.75)
    ]
  }
}

private func ask(
  _ connection: NATSConnection, _ subject: String, inFlight: Int, total: Int
) async throws {
  try await withThrowingTaskGroup { group in
    for _ in 0..<inFlight {
      group.addTask {
        let payload = [UInt8](repeating: 0, count: 128)
        for _ in 0..<total / inFlight {
          _ = try await connection.request(payload, to: subject, timeout: .seconds(30))
        }
      }
    }
    try await group.waitForAll()
  }
}
