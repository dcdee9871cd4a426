import Glibc

/// Returns a TCP port on the loopback interface that nobody listens on just now.
///
/// - Returns: The port.
public func freePort() -> Int {
  let socket = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
  defer { close(socket) }
  var address = loopback(port: 0)
  _ = withAddress(&address) { bind(socket, $0, $1) }
  return boundPort(of: socket) ?? 0
}

/// Connects to a port of this machine; `nil` where nobody listens.
func connectLoopback(to port: Int) -> Int32? {
  let socket = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
  guard socket >= 0 else { return nil }
  var address = loopback(port: port)
  guard withAddress(&address, { connect(socket, $0, $1) }) == 0 else {
    close(socket)
    return nil
  }
  return socket
}

/// The port that a socket is bound to.
func boundPort(of socket: Int32) -> Int? {
  var address = loopback(port: 0)
  var length = socklen_t(MemoryLayout<sockaddr_in>.size)
  let status = withUnsafeMutablePointer(to: &address) { pointer in
    pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(socket, $0, &length) }
  }
  return status == 0 ? Int(UInt16(bigEndian: address.sin_port)) : nil
}

/// Uses an address as the calls of the system want it.
func withAddress(
  _ address: inout sockaddr_in, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
) -> Int32 {
  withUnsafePointer(to: &address) { pointer in
    pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
      body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
    }
  }
}

func loopback(port: Int) -> sockaddr_in {
  var address = sockaddr_in()
  address.sin_family = sa_family_t(AF_INET)
  address.sin_port = UInt16(truncatingIfNeeded: port).bigEndian
  address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
  return address
}
