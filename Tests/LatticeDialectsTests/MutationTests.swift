import JSONCoding
import LatticeModel
import LatticeSimulator
import ReconcileTestKit
import Testing

/// Recorded messages, broken by chance.
@Suite("Broken messages")
struct MutationTests {
  @Test("20,000 mutations of recorded messages are read or refused, none ends the program")
  func mutations() async throws {
    let seed: UInt64 = 20_261_124
    print("mutations of recorded messages: seed \(seed)")
    var random = SeededGenerator(seed: seed)
    let readings = try RecordedReading.all().map { ($0.json.bytes(), $0.read) }
      .filter { bytes, read in !read(bytes).isEmpty }
    var counts = (read: 0, refused: 0)
    for _ in 0..<20_000 {
      await Task.yield()  // Other tests have deadlines.
      var (bytes, read) = readings[Int.random(in: readings.indices, using: &random)]
      for _ in 0..<Int.random(in: 1...3, using: &random) { mutate(&bytes, &random) }
      for result in read(bytes) {
        switch result {
        case .success: counts.read += 1
        case .failure: counts.refused += 1
        }
      }
    }
    #expect(counts.read > 2_000 && counts.refused > 10_000, "\(counts), seed \(seed)")
  }

  /// Texts that are no value, none that is expected, or too much.
  private static let tokens = [
    "null", "true", "-1", "1e999", "18446744073709551616", "0.5", "{}", "[]", "\"", "\"\\ud800\"",
    "\"\\u0000\"", "}", "]", ",", ":", String(repeating: "[", count: 200),
    String(repeating: "{\"a\":", count: 200), "\u{FEFF}",
  ].map { Array($0.utf8) }

  private func mutate(_ bytes: inout [UInt8], _ random: inout SeededGenerator) {
    let start = Int.random(in: 0...bytes.count, using: &random)
    let end = min(bytes.count, start + Int.random(in: 0...12, using: &random))
    switch Int.random(in: 0..<6, using: &random) {
    case 0: bytes.removeSubrange(start...)
    case 1: bytes.removeSubrange(start..<end)
    case 2: bytes.insert(contentsOf: bytes[start..<end], at: start)
    case 3: bytes.insert(UInt8.random(in: 0...255, using: &random), at: start)
    case 4:
      for index in start..<end { bytes[index] ^= 1 << UInt8.random(in: 0...7, using: &random) }
    default:
      let token = Self.tokens[Int.random(in: Self.tokens.indices, using: &random)]
      bytes.replaceSubrange(start..<end, with: token)
    }
  }
}
