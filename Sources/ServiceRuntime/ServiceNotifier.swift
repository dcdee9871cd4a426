import CPosix
import TextForms

/// Tells the service manager that started this process how it is, as sd_notify(3) describes.
///
/// A datagram each; one that cannot be sent is lost, and nothing waits for it.
public struct ServiceNotifier: Sendable {
  /// What is told.
  public enum Message: Hashable, Sendable {
    /// The service works.
    case ready
    /// It reads its configuration again; `ready` ends that.
    case reloading
    /// It ends.
    case stopping
    /// It is alive.
    case watchdog
    /// How it stands, for people: one line, 512 characters of it at most.
    case status(String)

    /// The message as it is sent.
    var text: String {
      switch self {
      case .ready: "READY=1"
      case .reloading: "RELOADING=1"
      case .stopping: "STOPPING=1"
      case .watchdog: "WATCHDOG=1"
      case .status(let line): "STATUS=\(escapingControlCharacters(String(line.prefix(512))))"
      }
    }
  }

  private let socket: String
  /// How often at least it is to be told that the service is alive; `nil` where nobody waits for that.
  public let watchdog: Duration?

  /// Finds the manager; `nil` where none waits for anything.
  ///
  /// - Parameters:
  ///   - environment: The environment: `NOTIFY_SOCKET`, `WATCHDOG_USEC` and `WATCHDOG_PID`.
  ///   - process: The id of this process.
  public init?(environment: [String: String], process: Int32) {
    guard let socket = environment["NOTIFY_SOCKET"], let first = socket.first,
      first == "/" || first == "@"
    else { return nil }
    self.socket = socket
    let isForUs = environment["WATCHDOG_PID"].map { Int32($0) == process } ?? true
    let period = environment["WATCHDOG_USEC"].flatMap { Int64($0) } ?? 0
    watchdog = isForUs && period > 0 ? .microseconds(period) : nil
  }

  /// Tells something.
  ///
  /// - Parameter message: What is told.
  public func tell(_ message: Message) { _ = posix_send_datagram(socket, message.text) }
}
