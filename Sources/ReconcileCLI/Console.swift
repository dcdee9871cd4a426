import Diagnostics
import Dispatch
import Glibc
import OptionParsing
import ServiceRuntime
import TextForms

/// When text is coloured.
enum ColorChoice: String, OptionWord { case auto, always, never }

/// The three standard streams: data goes to the output, everything else to the error output.
struct Console: Sendable {
  /// Whether the output may be coloured.
  let isColored: Bool
  /// Whether the error output may be coloured.
  let isScreenColored: Bool
  /// Whether the error output is a terminal whose lines can be drawn anew.
  let canRedraw: Bool
  /// Why data was lost, if it was.
  private let failure = Lock<Int32?>(nil)
  /// Whether a line stands there that is drawn anew in its place; whoever writes erases it first.
  private let isDrawn = Lock(false)

  init(color: ColorChoice, environment: [String: String]) {
    let isDumb = environment["TERM"] == "dumb"
    let mayColor = environment["NO_COLOR", default: ""].isEmpty && !isDumb
    func isColored(_ descriptor: Int32) -> Bool {
      switch color {
      case .always: true
      case .never: false
      case .auto: mayColor && isatty(descriptor) == 1
      }
    }
    (self.isColored, isScreenColored) = (isColored(1), isColored(2))
    canRedraw = !isDumb && isatty(2) == 1
  }

  /// Writes data; a reader that goes away has what it wanted.
  func write(_ text: String) {
    draw(nil)
    let error = writeAll(Array(text.utf8), to: 1)
    guard let error, error != EPIPE else { return }
    failure.withLock { $0 = $0 ?? error }
  }

  /// How a command ends: as it would, unless its data could not be written.
  func end(_ status: ExitStatus) -> ExitStatus {
    guard let error = failure.withLock({ $0 }) else { return status }
    let detail = String(cString: strerror(error))
    let finding = Diagnostic(
      DiagnosticCode("RUN", 12), .error, "the standard output cannot be written (\(detail))",
      remedy: "make room where it goes, or give another output")
    say(finding.description)
    let isGraver = [.usage, .interrupted, .terminated].contains(status)
    return isGraver ? status : .failed
  }

  /// Says something about the work; what could steer a terminal is escaped.
  func say(_ line: String) {
    draw(nil)
    writeAll(Array((escapingControlCharacters(line) + "\n").utf8), to: 2)
  }

  /// Whether somebody sits before it who can be asked.
  var canAsk: Bool { isatty(0) == 1 && isatty(2) == 1 }

  /// Whether a person reads what is said.
  var isRead: Bool { isatty(2) == 1 }

  /// Shows a text, made safe before, to whoever sits there.
  func show(_ text: String) {
    draw(nil)
    writeAll(Array(text.utf8), to: 2)
  }

  /// Whether a person reads the output.
  var isOutputRead: Bool { isatty(1) == 1 }

  /// How many columns the terminal has; 80 where it does not say.
  var width: Int {
    var size = winsize()
    guard ioctl(2, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
    return Int(size.ws_col)
  }

  /// Draws a line in the place of the one drawn before, or erases that.
  ///
  /// - Parameter line: A line that is narrower than the terminal, made safe before.
  func draw(_ line: String?) {
    isDrawn.withLock { isDrawn in
      guard isDrawn || line != nil else { return }
      writeAll(Array("\r\u{1B}[K\(line ?? "")".utf8), to: 2)
      isDrawn = line != nil
    }
  }
}

/// A question to whoever sits there, whose answer is no unless it is a clear yes.
final class Question: Sendable {
  private enum State {
    case unasked
    case waiting(CheckedContinuation<String, Never>)
    case answered
  }

  private let state = Lock(State.unasked)
  private let read: @Sendable () -> String?

  /// Creates a question.
  ///
  /// - Parameter read: Waits for a line; it may never return.
  init(reading read: @escaping @Sendable () -> String? = { readAnswer(from: 0) }) {
    self.read = read
  }

  /// Asks, once; one that was withdrawn before is answered already.
  func ask(_ question: String, on console: Console) async -> Bool {
    console.show(escapingControlCharacters(question) + " [y/N] ")
    let answer = await withCheckedContinuation { continuation in
      let isAnswered = state.withLock { state in
        if case .answered = state { return true }
        state = .waiting(continuation)
        return false
      }
      guard !isAnswered else { return continuation.resume(returning: "") }
      DispatchQueue(label: "reconcile.console").async { self.answer(self.read() ?? "") }
    }
    return ["y", "yes"].contains(answer.lowercased())
  }

  /// Takes no for an answer, whether somebody waits for one or will.
  func withdraw() { answer("") }

  private func answer(_ text: String) {
    let before = state.withLock { state in
      defer { state = .answered }
      return state
    }
    if case .waiting(let asker) = before { asker.resume(returning: text) }
  }
}

/// Reads a line from a descriptor; waits for it as long as it takes.
///
/// Past stdio, whose lock the end of the process waits for: who is withdrawn while he reads must
/// not hold it.
///
/// - Returns: The line without its end, at most 1,024 bytes of it, or `nil` at the end of the input.
func readAnswer(from descriptor: Int32) -> String? {
  var line: [UInt8] = []
  var byte: UInt8 = 0
  while line.count < 1_024 {
    let count = Glibc.read(descriptor, &byte, 1)
    if count == 1 {
      guard byte != UInt8(ascii: "\n") else { break }
      line.append(byte)
    } else if count == 0 || ![EINTR, EAGAIN].contains(errno) {
      guard !line.isEmpty else { return nil }
      break
    } else {
      var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      _ = poll(&entry, 1, -1)
    }
  }
  if line.last == UInt8(ascii: "\r") { line.removeLast() }
  return String(decoding: line, as: UTF8.self)
}

/// Writes all bytes to a descriptor, as far as somebody takes them.
///
/// - Returns: The error that ended it, or `nil` where all is written.
@discardableResult
func writeAll(_ bytes: [UInt8], to descriptor: Int32) -> Int32? {
  var rest = bytes[...]
  while !rest.isEmpty {
    let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
    let error = count > 0 ? 0 : errno
    guard count > 0 || error == EINTR else { return error }
    rest = rest.dropFirst(max(0, count))
  }
  return nil
}
