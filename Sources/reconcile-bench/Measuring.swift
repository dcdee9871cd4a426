import Glibc

/// A time of a clock, in seconds.
private func seconds(of clock: clockid_t) -> Double {
  var time = timespec()
  clock_gettime(clock, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}

/// Returns the processor time that the process uses meanwhile, in seconds: for work of one thread,
/// so that others on the machine do not count.
func processorTime(_ work: () async throws -> Void) async rethrows -> Double {
  let start = seconds(of: CLOCK_PROCESS_CPUTIME_ID)
  try await work()
  return seconds(of: CLOCK_PROCESS_CPUTIME_ID) - start
}

/// Returns how long something takes by the clock on the wall, in seconds.
func wallTime(_ work: () async throws -> Void) async rethrows -> Double {
  let start = seconds(of: CLOCK_MONOTONIC)
  try await work()
  return seconds(of: CLOCK_MONOTONIC) - start
}

/// Returns the middle value; of an even number of values the upper one.
func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }

/// Returns the value that a fraction of the values does not exceed.
func percentile(_ fraction: Double, of values: [Double]) -> Double {
  let position = Int((fraction * Double(values.count)).rounded(.up)) - 1
  return values.sorted()[min(max(position, 0), values.count - 1)]
}

/// Least, middle, nine in ten and most, in words.
func spread(of times: [Double]) -> String {
  let fractions = [("min", 0), ("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("max", 1)]
  return fractions.map { "\($0) \(percentile($1, of: times).milliseconds)" }.joined(separator: ", ")
}

/// Measurements of two programs in turn, so that a busy moment meets both.
struct Pairs {
  var ours: [Double] = []
  var theirs: [Double] = []

  /// Measures each as often as told, after one turn that does not count.
  init(
    _ count: Int, theirs measureTheirs: () async throws -> Double,
    ours measureOurs: () async throws -> Double
  ) async rethrows {
    for turn in 0...count {
      let (their, our) = (try await measureTheirs(), try await measureOurs())
      guard turn > 0 else { continue }
      theirs.append(their)
      ours.append(our)
    }
  }

  /// The median of what ours is to theirs, pair by pair.
  var ratio: Double { median(zip(ours, theirs).map { $0 / $1 }) }
}

/// Writes a line for whoever watches; the table alone goes to standard output.
func say(_ line: String) {
  let bytes = Array("\(line)\n".utf8)
  _ = write(2, bytes, bytes.count)
}

extension Double {
  /// With as many digits after the point as told.
  func text(_ digits: Int = 2) -> String {
    let scale = pow(10, Double(digits))
    let whole = Int64((self * scale).rounded())
    guard digits > 0 else { return "\(whole)" }
    let (quotient, remainder) = whole.quotientAndRemainder(dividingBy: Int64(scale))
    let fraction = String(remainder.magnitude)
    return "\(quotient)." + String(repeating: "0", count: digits - fraction.count) + fraction
  }

  /// Seconds as milliseconds.
  var milliseconds: String { "\((self * 1_000).text(self < 0.1 ? 2 : 0)) ms" }

  /// A rate as thousands a second.
  var thousands: String { "\((self / 1_000).text(0)) k/s" }
}
