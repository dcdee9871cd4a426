public import ConfigurationModel
import Glibc
public import OptionParsing
public import ServiceRuntime

/// The options of the process, which are the keys of the file outside of its lists too.
enum ProcessOptions {
  /// The values where nothing is given.
  static var standard: ProcessConfiguration {
    var configuration = ProcessConfiguration()
    configuration.holder = processName()
    return configuration
  }

  static let all = [
    OptionSpec<ProcessConfiguration>(
      \.listen, "listen", environment: "RECONCILE_LISTEN", file: "listen", section: process,
      "Serve health and metrics here"),
    OptionSpec(
      \.holder, "holder", environment: "RECONCILE_HOLDER", file: "holder", section: process,
      value: "name", default: "process and host", "Who we are, for others who want the lease"),
    OptionSpec(
      \.logLevel, "log-level", environment: "RECONCILE_LOG_LEVEL", file: "logLevel",
      section: process, "The least level in the log"),
    OptionSpec(
      \.logFormat, "log-format", environment: "RECONCILE_LOG_FORMAT", file: "logFormat",
      section: process, "The form of the log; auto is text on a terminal and JSON elsewhere"),
    OptionSpec(
      \.shutdownGrace, "shutdown-grace", environment: "RECONCILE_SHUTDOWN_GRACE",
      file: "shutdownGrace", section: process, range: "1s or more", where: { $0 >= .seconds(1) },
      "How long SIGTERM waits for what is in flight"),
  ]

  private static let process = "Process"
}

/// Who this process is, for others who want the lease or read why something is suspended.
func processName() -> String { "pid \(getpid()) on \(hostName())" }

private func hostName() -> String {
  var bytes = [CChar](repeating: 0, count: 256)
  guard gethostname(&bytes, bytes.count - 1) == 0 else { return "this machine" }
  return String(decoding: bytes.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
}

extension ListenAddress: OptionValue {
  /// The name of the type in help texts.
  public static var valueName: String? { "host:port" }
  /// A host and a port.
  public static var expectation: String? {
    "an address such as 127.0.0.1:9090, [::1]:9090 or :9090"
  }
  /// Reads an address.
  ///
  /// - Parameter text: The text as given.
  /// - Returns: The address.
  public static func parse(_ text: String) -> ListenAddress? { ListenAddress(text) }
  /// The address itself.
  public var optionText: String? { description }
}

extension Logger.Level: OptionWord {}
extension LogFormat: OptionWord {}
