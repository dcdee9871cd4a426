import Glibc
import ServiceRuntime

/// A service manager's end of sd_notify(3): a socket that keeps what services tell.
public final class NotificationSocket: Sendable {
  /// What the service finds in `NOTIFY_SOCKET`.
  public let path: String
  private let descriptor: Int32
  private let told = Lock<[String]>([])

  /// Makes a socket.
  ///
  /// - Parameter folder: The folder in which it lies.
  /// - Throws: What the system says where it cannot be made.
  public init(in folder: String) throws {
    path = "\(folder)/notify"
    descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
    let descriptor = descriptor
    let isBound = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0
      }
    }
    guard isBound else { throw FileError(path: path, detail: String(cString: strerror(errno))) }
  }

  deinit { close(descriptor) }

  /// What was told, the oldest first.
  public var messages: [String] {
    var buffer = [UInt8](repeating: 0, count: 4_096)
    return told.withLock { told in
      while true {
        let count = recv(descriptor, &buffer, buffer.count, Int32(MSG_DONTWAIT))
        guard count >= 0 else { return told }
        told.append(String(decoding: buffer[..<count], as: UTF8.self))
      }
    }
  }
}
