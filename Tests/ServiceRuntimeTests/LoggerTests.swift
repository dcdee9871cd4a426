import Glibc
import JSONCoding
import Testing

@testable import ServiceRuntime

/// Returns what a logger on a pipe has written.
private func written(
  _ format: Logger.Format?, level: Logger.Level = .trace, _ body: (Logger) -> Void
) -> String {
  var ends: [Int32] = [-1, -1]
  pipe(&ends)
  let clock = WallClock.fixed(1_795_351_175_993_132_287)
  body(Logger(level: level, descriptor: ends[1], format: format, clock: clock))
  close(ends[1])
  defer { close(ends[0]) }
  var bytes = [UInt8](repeating: 0, count: 65_536)
  let count = read(ends[0], &bytes, bytes.count)
  return String(decoding: bytes[..<max(0, count)], as: UTF8.self)
}

private func parsed(_ line: String) throws -> JSONValue {
  try JSONValue(parsing: Array(line.utf8))
}

@Suite("Logger")
struct LoggerTests {
  @Test("the text form has time, level, message and facts")
  func text() {
    let line = written(.text) {
      $0.with(["lattice": "default"]).notice(
        "Plan carried out",
        metadata: ["plan.commands": 3, "why": "two words", "span": .duration(.milliseconds(1_500))])
    }
    #expect(
      line == """
        2026-11-22T12:39:35.993Z notice Plan carried out lattice=default plan.commands=3 \
        why="two words" span=1500

        """)
  }

  @Test("a pipe gets one JSON object a line")
  func json() throws {
    let line = written(nil) {
      $0.error(
        "Refused", metadata: ["host.id": "N\"1\\", "ok": false, "hosts": .list(["a", "b"])])
    }
    #expect(
      line == """
        {"time":"2026-11-22T12:39:35.993132287Z","level":"error","message":"Refused",\
        "host.id":"N\\"1\\\\","ok":false,"hosts":["a","b"]}

        """)
    _ = try parsed(line)
  }

  @Test("a level below the logger's is not written and its facts are not made")
  func levels() {
    var made = 0
    func fact() -> LogMetadata {
      made += 1
      return "x"
    }
    let text = written(.text, level: .info) {
      $0.debug("hidden", metadata: ["fact": fact()])
      $0.info("shown", metadata: ["fact": fact()])
    }
    #expect(text.hasSuffix("info shown fact=x\n"))
    #expect(made == 1)
  }

  @Test("a full pipe stops nobody; what it loses is counted in the next line that it takes")
  func fullPipe() throws {
    var ends: [Int32] = [-1, -1]
    pipe(&ends)
    defer { for end in ends { close(end) } }
    let logger = Logger(
      level: .trace, descriptor: ends[1], format: .text, clock: .fixed(1_795_351_175_993_132_287))
    for number in 1...20_000 { logger.info("m", metadata: ["number": .int(number)]) }
    func lines() -> [Substring] {
      var bytes = [UInt8](repeating: 0, count: 1 << 20)
      let count = read(ends[0], &bytes, bytes.count)
      return String(decoding: bytes[..<max(0, count)], as: UTF8.self).split(separator: "\n")
    }
    let first = lines()
    #expect((1..<20_000).contains(first.count))
    #expect(first.last?.hasSuffix("number=\(first.count)") == true)
    logger.info("m", metadata: ["number": 20_001])
    let second = lines()
    #expect(
      second.map { $0.dropFirst(25) } == [
        "warning Log lines were lost count=\(20_000 - first.count)", "info m number=20001",
      ])
  }

  @Test("a terminal cannot be steered by a fact", arguments: [Logger.Format.text, .json])
  func hostile(_ format: Logger.Format) {
    let line = written(format) {
      $0.info("m", metadata: ["a\n": "\u{1B}[2J\u{9B}31m\r\nforged\u{202E}\u{7F}"])
    }
    #expect(line.filter { $0.isNewline }.count == 1)
    for scalar in line.unicodeScalars.dropLast() {
      #expect(scalar.value >= 0x20 && !(0x7F...0x9F).contains(scalar.value) && scalar != "\u{202E}")
    }
  }

  @Test("a secret is told as being there, without its text")
  func secret() {
    #expect(
      written(.text) { $0.info("m", metadata: ["password": .secret]) }.hasSuffix("<secret>\n"))
  }

  @Test(
    "a line stays under 4,096 bytes and readable, whatever its facts",
    arguments: [
      String(repeating: "ä", count: 5_000), String(repeating: "\u{1}", count: 5_000),
      String(repeating: "👨‍👩‍👧", count: 900), "e" + String(repeating: "\u{301}", count: 9_000),
    ])
  func bounded(_ value: String) throws {
    let line = written(.json) {
      $0.info(
        "m",
        metadata: [
          "a": .string(value), "b": .string(value), "c": .string(value),
          "d": .string(value), "e": .string(value),
        ])
    }
    #expect(line.utf8.count <= 4_096)
    #expect(line.hasSuffix("}\n"))
    guard case .object(let members) = try parsed(line) else {
      Issue.record("no object")
      return
    }
    #expect(members["message"] == .string("m"))
    #expect(!line.contains("\u{FFFD}"))
  }

  @Test("a later fact of the same key takes the place of a standing one")
  func standing() {
    let capture = LogCapture()
    let logger = Logger(capture: capture).with(["a": 1, "b": 1]).with(["a": 2])
    logger.warning("m", metadata: ["b": 3])
    #expect(capture.lines == [.init(level: .warning, message: "m", metadata: ["a": 2, "b": 3])])
  }

  @Test("lines of many threads never mix")
  func threads() async throws {
    var ends: [Int32] = [-1, -1]
    pipe(&ends)
    let (reader, writer) = (ends[0], ends[1])
    let all = Task {
      await onOwnThread {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 4_096)
        while case let count = read(reader, &chunk, chunk.count), count > 0 {
          bytes.append(contentsOf: chunk[..<count])
        }
        return bytes
      }
    }
    let logger = Logger(descriptor: writer, format: .json)
    let fact = String(repeating: "x", count: 600)
    await withTaskGroup(of: Void.self) { group in
      for sender in 0..<8 {
        group.addTask {
          for line in 0..<200 {
            logger.info(
              "m",
              metadata: [
                "sender": .int(sender), "line": .int(line),
                "fact": .string(fact),
              ])
          }
        }
      }
    }
    close(writer)
    let lines = await all.value.split(separator: 0x0A)
    close(reader)
    #expect(lines.count == 1_600)
    for line in lines { _ = try JSONValue(parsing: Array(line)) }
  }
}
