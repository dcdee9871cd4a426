import Diagnostics
import Foundation
import LatticeModel
import ReconcileTestKit
import Testing

@testable import Manifests

@Suite("Damaged manifests")
struct LossTests {
  /// What became of the applications of damaged files.
  private struct Tally: CustomStringConvertible {
    var sound = 0
    var frozen = 0
    var unreadable = 0
    var lost: [String] = []

    var description: String {
      "\(sound + frozen + unreadable) applications: \(sound) sound, \(frozen) frozen, "
        + "\(unreadable) unreadable"
    }

    /// Counts the applications of a damaged file, and lets other tests have their turn.
    mutating func add(
      _ names: [ApplicationName], in bytes: [UInt8], _ comment: @autoclosure () -> String
    ) async {
      await Task.yield()
      let decoded = decodeManifests(ManifestFile(path: "m.yaml", bytes: bytes))
      for name in names {
        if decoded.applications.contains(where: { $0.application.name == name }) {
          sound += 1
        } else if decoded.frozen.contains(where: { $0.name == name }) {
          frozen += 1
        } else if !decoded.unreadable.isEmpty {
          unreadable += 1
        } else {
          lost.append("\(name): \(comment())")
        }
        let isGood = decoded.frozen.isEmpty && decoded.unreadable.isEmpty
        if !isGood, !decoded.diagnostics.contains(where: { $0.severity == .error }) {
          lost.append("no error: \(comment())")
        }
      }
    }
  }

  private struct Example: Sendable {
    var path: String
    var bytes: [UInt8]
    var applications: [ApplicationSpec]

    var names: [ApplicationName] { applications.map(\.name) }
    var lines: [ArraySlice<UInt8>] {
      bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    }

    /// The file with another line in place of one.
    func replacing(_ line: Int, by other: ArraySlice<UInt8>) -> [UInt8] {
      var lines = lines
      lines[line] = other
      return Array(lines.joined(separator: [UInt8(ascii: "\n")]))
    }
  }

  private static let examples: [Example] =
    (((try? repositoryFiles("manifests")) ?? []).map { ($0.path, $0.bytes) } + [
      ("before-1.0.yaml", Array(ActorEraTests.shop.utf8))
    ]).map { path, bytes in
      let decoded = decodeManifests(ManifestFile(path: path, bytes: bytes))
      return Example(
        path: path, bytes: bytes, applications: decoded.applications.map(\.application))
    }

  private func report(_ what: String, _ tally: Tally) {
    print("\(what): \(tally)")
    #expect(tally.lost == [])
    #expect(tally.sound + tally.frozen + tally.unreadable > 0)
  }

  @Test("a file cut anywhere loses no application that begins before the cut")
  func truncation() async {
    var tally = Tally()
    for example in Self.examples {
      var starts: [Int] = [0]
      for line in example.lines { starts.append(starts[starts.count - 1] + line.count + 1) }
      for cut in 0..<example.bytes.count {
        let begun = example.applications.filter { starts[$0.origin.line - 1] < cut }
        await tally.add(
          begun.map(\.name), in: Array(example.bytes.prefix(cut)), "\(example.path):\(cut)")
      }
    }
    report("cut at each byte", tally)
  }

  @Test("a key with one letter wrong or left out loses no application")
  func typos() async {
    var tally = Tally()
    for example in Self.examples {
      for place in example.bytes.indices where isLetterOfKey(place, in: example.bytes) {
        for letters in [[], [UInt8(ascii: "q")]] {
          var bytes = example.bytes
          bytes.replaceSubrange(place...place, with: letters)
          await tally.add(example.names, in: bytes, "\(example.path):\(place) \(letters)")
        }
      }
    }
    report("letters of keys", tally)
    #expect(tally.frozen > 100 && tally.unreadable > 20)
  }

  /// Whether a letter is followed by letters and a colon.
  private func isLetterOfKey(_ place: Int, in bytes: [UInt8]) -> Bool {
    let isLetter = { (byte: UInt8) in (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte) }
    guard isLetter(bytes[place]) else { return false }
    let rest = bytes[place...].drop(while: isLetter)
    return rest.first == UInt8(ascii: ":") && rest.dropFirst().first.map { $0 <= 0x20 } == true
  }

  @Test("a line that moves to the left, is indented by a tab or is gone loses no application")
  func indentation() async {
    var tally = Tally()
    for example in Self.examples {
      for (number, line) in example.lines.enumerated() {
        let text = line.drop { $0 == UInt8(ascii: " ") }
        guard text.count < line.count else { continue }
        let others: [ArraySlice<UInt8>] = [
          line.dropFirst(), line.dropFirst(2), text, [UInt8(ascii: "\t")] + text, [],
        ]
        for other in others {
          await tally.add(
            example.names, in: example.replacing(number, by: other),
            "\(example.path):\(number + 1) '\(String(decoding: other, as: UTF8.self))'")
        }
      }
    }
    report("indentation", tally)
    #expect(tally.frozen > 100 && tally.unreadable > 20)
  }

  @Test("bytes that are no text, and files of another encoding, lose no application")
  func encodings() async {
    var tally = Tally()
    for example in Self.examples {
      let text = String(decoding: example.bytes, as: UTF8.self)
      for encoding: String.Encoding in [.utf16LittleEndian, .utf16BigEndian, .utf16, .utf32] {
        await tally.add(
          example.names, in: Array(text.data(using: encoding) ?? Data()), "\(encoding)")
      }
      for place in stride(from: 0, to: example.bytes.count, by: 11) {
        for byte: UInt8 in [0, 0x1B, 0xC3, 0xFF] {
          var bytes = example.bytes
          bytes[place] = byte
          await tally.add(example.names, in: bytes, "\(example.path):\(place) \(byte)")
        }
      }
    }
    report("bytes", tally)
  }

  @Test("line ends of another system and a byte order mark change nothing")
  func lineEnds() {
    for example in Self.examples {
      let text = String(decoding: example.bytes, as: UTF8.self)
      for other in [text.replacing("\n", with: "\r\n"), "\u{FEFF}" + text] {
        let decoded = decodeManifests(ManifestFile(path: example.path, bytes: Array(other.utf8)))
        #expect(decoded.applications.map(\.application) == example.applications)
      }
    }
  }

  @Test("a file that holds its documents twice freezes all of its applications")
  func doubled() {
    for example in Self.examples {
      let bytes = example.bytes + Array("---\n".utf8) + example.bytes
      let state = resolve(
        [decodeManifests(ManifestFile(path: "m.yaml", bytes: bytes))], revision: "r", tree: "t")
      #expect(state.desired.applications == [])
      #expect(state.desired.frozen.map(\.name) == example.names.sorted())
    }
  }

  @Test("a few bytes changed at random leave something to hold on to")
  func random() async throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    print("seed \(seed)")
    var random = Seeded(state: seed)
    let example = try #require(Self.examples.first { $0.path.contains("hello") })
    for _ in 0..<1_000 {
      var bytes = example.bytes
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        let place = Int.random(in: 0..<bytes.count, using: &random)
        bytes[place] = UInt8.random(in: 9...126, using: &random)
      }
      await Task.yield()
      let decoded = decodeManifests(ManifestFile(path: "m.yaml", bytes: bytes))
      let isNamed =
        !decoded.applications.isEmpty || !decoded.frozen.isEmpty || !decoded.unreadable.isEmpty
      #expect(isNamed, "\(String(decoding: bytes, as: UTF8.self))")
    }
  }

  private struct Seeded: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return state ^ state >> 31
    }
  }

  @Test("what anybody wrote decodes, freezes or is unreadable, with an error that says why")
  func corpus() throws {
    let folders =
      ["manifests", "Tests/ManifestsTests/Bad"].map { "\(repositoryRoot)/\($0)" }
      + (ProcessInfo.processInfo.environment["RECONCILE_CORPUS"] ?? "").split(separator: ":")
      .map(String.init)
    var count = 0
    for path in folders.flatMap(files) {
      let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
      let decoded = decodeManifests(ManifestFile(path: path, bytes: bytes))
      let errors = decoded.diagnostics.filter { $0.severity == .error }
      let isBad = !decoded.frozen.isEmpty || !decoded.unreadable.isEmpty
      #expect(!isBad || !errors.isEmpty, "\(path)")
      let isOurs =
        !decoded.applications.isEmpty
        || !decoded.documents.contains { $0.kind == .application } && !decoded.documents.isEmpty
      #expect(isOurs || isBad || decoded.isEmpty, "\(path)")
      count += 1
    }
    #expect(count > 10)
  }

  private func files(below folder: String) -> [String] {
    let names = FileManager.default.enumerator(atPath: folder)?.compactMap { $0 as? String } ?? []
    return names.sorted().filter { name in
      [".yaml", ".yml", ".json"].contains { name.hasSuffix($0) }
    }.map { "\(folder)/\($0)" }
  }
}
