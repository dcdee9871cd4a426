import Dispatch
import Glibc
internal import ServiceRuntime

/// A listening socket of our own.
///
/// The library can listen by itself, but its way to stop listening takes the socket out of the
/// epoll set on two threads at once, and it ends the process when both come to it.
final class ListeningSocket: Sendable {
  private enum State {
    case open(Int32)
    case accepting(any DispatchSourceRead)
    case closed
  }

  /// Where it listens; the port is the one that the system chose.
  let address: ListenAddress
  private let state: Lock<State>
  private let closed = BatchQueue<Never>(limit: 1)

  init(_ address: ListenAddress) throws(HTTPServerError) {
    let descriptor = try Self.listen(on: address)
    self.address = ListenAddress(
      host: address.host, port: Self.port(of: descriptor) ?? address.port)
    state = Lock(.open(descriptor))
  }

  deinit {
    state.withLock { state in
      if case .open(let descriptor) = state { Glibc.close(descriptor) }
    }
  }

  /// Begins to accept; once only.
  ///
  /// - Parameters:
  ///   - queue: Where connections are accepted.
  ///   - take: Takes a connected socket with the address of its peer, which it owns from then on.
  /// - Returns: Whether it began: a socket that accepts or is closed does not.
  func accept(
    on queue: DispatchQueue,
    _ take: @escaping @Sendable (Int32, UnsafePointer<sockaddr>, socklen_t) -> Void
  ) -> Bool {
    state.withLock { state in
      guard case .open(let descriptor) = state else { return false }
      let source = DispatchSource.makeReadSource(fileDescriptor: descriptor, queue: queue)
      source.setEventHandler { @Sendable in Self.acceptWaiting(on: descriptor, take) }
      source.setCancelHandler { @Sendable [closed] in
        Glibc.close(descriptor)
        closed.finish()
      }
      state = .accepting(source)
      source.resume()
      return true
    }
  }

  /// Stops accepting, and closes the socket so that clients are refused at once.
  func close() async {
    let isAccepting = state.withLock { state in
      guard case .accepting(let source) = state else { return false }
      source.cancel()
      state = .closed
      return true
    }
    if isAccepting { _ = await closed.next() }
  }

  private static func acceptWaiting(
    on descriptor: Int32, _ take: (Int32, UnsafePointer<sockaddr>, socklen_t) -> Void
  ) {
    while true {
      var peer = sockaddr_storage()
      var size = socklen_t(MemoryLayout<sockaddr_storage>.size)
      let client = withAddress(&peer) { Glibc.accept(descriptor, $0, &size) }
      guard client >= 0 else {
        if errno == EINTR || errno == ECONNABORTED { continue }
        // Out of descriptors, say: the source would call again at once and for ever.
        if errno != EAGAIN { usleep(50_000) }
        return
      }
      withAddress(&peer) { take(client, $0, size) }
    }
  }

  private static func listen(on address: ListenAddress) throws(HTTPServerError) -> Int32 {
    var hints = addrinfo()
    hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    var found: UnsafeMutablePointer<addrinfo>?
    let status = getaddrinfo(address.host, String(address.port), &hints, &found)
    defer { freeaddrinfo(found) }
    guard status == 0, let first = found?.pointee else {
      throw .cannotListen(address, String(cString: gai_strerror(status)))
    }
    let kind = first.ai_socktype | Int32(SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
    let descriptor = socket(first.ai_family, kind, 0)
    var isOn: Int32 = 1
    setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &isOn, socklen_t(MemoryLayout<Int32>.size))
    guard bind(descriptor, first.ai_addr, first.ai_addrlen) == 0,
      Glibc.listen(descriptor, SOMAXCONN) == 0
    else {
      let reason = String(cString: strerror(errno))
      Glibc.close(descriptor)
      throw .cannotListen(address, reason)
    }
    return descriptor
  }

  private static func port(of descriptor: Int32) -> UInt16? {
    var own = sockaddr_storage()
    var size = socklen_t(MemoryLayout<sockaddr_storage>.size)
    guard withAddress(&own, { getsockname(descriptor, $0, &size) }) == 0 else { return nil }
    // The port stands at the same place in both families.
    return withUnsafeBytes(of: &own) {
      UInt16(bigEndian: $0.loadUnaligned(fromByteOffset: 2, as: UInt16.self))
    }
  }
}

private func withAddress<Result>(
  _ storage: inout sockaddr_storage, _ body: (UnsafeMutablePointer<sockaddr>) -> Result
) -> Result {
  withUnsafeMutablePointer(to: &storage) {
    $0.withMemoryRebound(to: sockaddr.self, capacity: 1, body)
  }
}
