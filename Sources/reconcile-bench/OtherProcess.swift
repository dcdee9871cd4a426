import Glibc
import ServiceRuntime

/// Memory of a process, in MiB, or `nil` once it has ended: `VmRSS` is what is resident now,
/// `VmHWM` the most that was.
func residentMemory(_ field: String, of pid: Int32) -> Double? {
  guard let bytes = try? readFile("/proc/\(pid)/status") else { return nil }
  let line = bytes.split(separator: UInt8(ascii: "\n")).first { $0.starts(with: "\(field):".utf8) }
  let words = line.map { String(decoding: $0, as: UTF8.self).split(separator: " ") } ?? []
  return words.dropFirst().first.flatMap { Double($0) }.map { $0 / 1_024 }
}

/// The processor time that a process has used with all its threads, in seconds, or `nil` once it
/// has ended.
func processorTime(of pid: Int32) -> Double? {
  guard let bytes = try? readFile("/proc/\(pid)/stat") else { return nil }
  // The name before the ')' may hold anything; the fields after it begin with the third.
  let fields = bytes.drop { $0 != UInt8(ascii: ")") }.split(separator: UInt8(ascii: " "))
  let ticks = fields.dropFirst(12).prefix(2).compactMap {
    Double(String(decoding: $0, as: UTF8.self))
  }
  guard ticks.count == 2 else { return nil }
  return (ticks[0] + ticks[1]) / Double(sysconf(Int32(_SC_CLK_TCK)))
}
