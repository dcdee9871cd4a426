import Glibc
import JSONCoding
import ServiceRuntime

/// One of several processes that share the seeds, since virtual time has but one thread.
///
/// Each takes every n-th seed and writes a line for each: its verdict as JSON.
struct Part {
  private var index: UInt64
  private var count: UInt64

  /// Reads `--part INDEX/COUNT`; `nil` where it is not given.
  init?(_ arguments: [String]) {
    guard let place = arguments.firstIndex(of: "--part"), place + 1 < arguments.count else {
      return nil
    }
    let numbers = arguments[place + 1].split(separator: "/").compactMap { UInt64($0) }
    guard numbers.count == 2, numbers[0] < numbers[1] else { return nil }
    (index, count) = (numbers[0], numbers[1])
  }

  private init(_ index: Int, of count: Int) {
    (self.index, self.count) = (UInt64(index), UInt64(count))
  }

  private func seeds(_ all: ClosedRange<UInt64>) -> [UInt64] {
    all.filter { ($0 - all.lowerBound) % count == index }
  }

  /// Runs its seeds, as long as whoever started it is there.
  func run(_ all: ClosedRange<UInt64>, _ verdict: (UInt64) -> Verdict) {
    let parent = getppid()
    for seed in seeds(all) where getppid() == parent {
      Main.write(String(decoding: verdict(seed).json.bytes(), as: UTF8.self) + "\n")
    }
  }

  /// Runs seeds in so many processes; returns the verdict of each.
  static func runAll(_ count: Int, of all: ClosedRange<UInt64>) -> [(UInt64, Verdict)] {
    let parts = (0..<count).map { Part($0, of: count) }
    let running = parts.map { $0.start(all) }
    return zip(parts, running).flatMap { part, running in part.end(all, running) }
  }

  private typealias Running = (child: ChildProcess?, file: UnsafeMutablePointer<FILE>?)

  private func start(_ all: ClosedRange<UInt64>) -> Running {
    let file = tmpfile()
    let child = try? ChildProcess(
      "/proc/self/exe",
      ["--seeds", "\(all.lowerBound)...\(all.upperBound)", "--part", "\(index)/\(count)"],
      output: file.map { fileno($0) }, errorOutput: 2)
    return (child, file)
  }

  /// A seed without a line, and all after it, did not come to an end.
  private func end(_ all: ClosedRange<UInt64>, _ running: Running) -> [(UInt64, Verdict)] {
    let ending = running.child.map { "\($0.waitBlocking())" } ?? "could not be started"
    var lines = running.file.map(Self.lines)?.makeIterator()
    return seeds(all).map { seed in
      let verdict = lines?.next().flatMap { try? JSONValue(parsing: $0) }.flatMap(Verdict.init)
      return (seed, verdict ?? Verdict(complaints: ["no verdict, its process \(ending)"]))
    }
  }

  private static func lines(of file: UnsafeMutablePointer<FILE>) -> [[UInt8]] {
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    rewind(file)
    while case let count = fread(&buffer, 1, buffer.count, file), count > 0 {
      bytes += buffer[..<count]
    }
    return bytes.split(separator: UInt8(ascii: "\n")).map(Array.init)
  }
}

extension Verdict {
  fileprivate var json: JSONValue {
    var members: [String: JSONValue] = [
      "complaints": .array(complaints.map(JSONValue.string)),
      "happened": .array(happened.map { .string($0.rawValue) }), "turns": .int(turns),
    ]
    members["settled"] = settled.map { .int(Int($0 / .milliseconds(1))) }
    return .object(members)
  }

  fileprivate init?(_ json: JSONValue) {
    guard let complaints = json["complaints"]?.array, let happened = json["happened"]?.array else {
      return nil
    }
    self.init(
      complaints: complaints.compactMap(\.string),
      happened: happened.compactMap { $0.string.flatMap(Happening.Kind.init) },
      settled: json["settled"]?.int.map { .milliseconds($0) }, turns: json["turns"]?.int ?? 0)
  }
}
