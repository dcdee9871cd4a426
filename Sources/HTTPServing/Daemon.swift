internal import CMicroHTTPD
import Glibc
internal import ServiceRuntime

/// The library's thread.
///
/// Its callbacks are functions at the top level: one that is written inside code of an actor would
/// end the process when the library's thread calls it.
final class Daemon: Sendable {
  private nonisolated(unsafe) let daemon: OpaquePointer
  private nonisolated(unsafe) let hooks: UnsafeMutablePointer<reconcile_http_hooks>

  init(_ traffic: Traffic, _ limits: HTTPLimits) throws(HTTPServerError) {
    let context = Unmanaged.passRetained(traffic)
    hooks = .allocate(capacity: 1)
    hooks.initialize(
      to: reconcile_http_hooks(
        context: context.toOpaque(), connection: onConnection, request_line: onRequestLine,
        request: onRequest, completed: onCompleted, message: onMessage))
    // A connection that was cut counts until the library has seen it, hence the doubled limit. Half
    // of the memory is for what arrives at once, the rest for what it is taken apart into.
    let connections = UInt32(clamping: 2 * limits.connections)
    let memory = 4 * (limits.headerBytes + limits.targetBytes)
    guard let daemon = reconcile_http_start(hooks, connections, memory) else {
      context.release()
      hooks.deallocate()
      throw .cannotStart
    }
    self.daemon = daemon
  }

  /// Hands over a connected socket.
  func add(_ descriptor: Int32, _ peer: UnsafePointer<sockaddr>, _ size: socklen_t) {
    _ = MHD_add_connection(daemon, descriptor, peer, size)
  }

  /// Closes what is open and waits for the thread; no connection may be suspended.
  func stop() {
    MHD_stop_daemon(daemon)
    hooks.pointee.context.map { Unmanaged<Traffic>.fromOpaque($0).release() }
    hooks.deallocate()
  }
}

private func traffic(_ context: UnsafeMutableRawPointer?) -> Traffic? {
  context.map { Unmanaged<Traffic>.fromOpaque($0).takeUnretainedValue() }
}

private func id(_ connection: OpaquePointer?) -> Traffic.ID { UInt(bitPattern: connection) }

private func onConnection(
  context: UnsafeMutableRawPointer?, connection: OpaquePointer?,
  slot: UnsafeMutablePointer<UnsafeMutableRawPointer?>?, what: MHD_ConnectionNotificationCode
) {
  if what == .CONNECTION_NOTIFY_STARTED {
    traffic(context)?.open(id(connection), reconcile_http_descriptor(connection))
  } else {
    traffic(context)?.close(id(connection))
  }
}

private func onRequestLine(
  context: UnsafeMutableRawPointer?, target: UnsafePointer<CChar>?, connection: OpaquePointer?
) -> UnsafeMutableRawPointer? {
  traffic(context)?.begin(id(connection), target.map { String(cString: $0) } ?? "")
  return nil
}

private func onRequest(
  context: UnsafeMutableRawPointer?, connection: OpaquePointer?, path: UnsafePointer<CChar>?,
  method: UnsafePointer<CChar>?, version: UnsafePointer<CChar>?, bytes: UnsafePointer<CChar>?,
  count: UnsafeMutablePointer<Int>?, slot: UnsafeMutablePointer<UnsafeMutableRawPointer?>?
) -> MHD_Result {
  guard let traffic = traffic(context), let connection, let method, let version, let count,
    let slot
  else { return .NO }
  // The slot is empty at the first call, which comes when the header is whole.
  if slot.pointee == nil {
    slot.pointee = context
    let head = requestHead(connection, version: String(cString: version))
    return reply(connection, traffic.refusal(of: id(connection), head))
  }
  if count.pointee > 0 {
    traffic.take(id(connection), UnsafeRawBufferPointer(start: bytes, count: count.pointee))
    count.pointee = 0
    return .YES
  }
  return reply(connection, traffic.answer(id(connection), String(cString: method)))
}

private func onCompleted(
  context: UnsafeMutableRawPointer?, connection: OpaquePointer?,
  slot: UnsafeMutablePointer<UnsafeMutableRawPointer?>?, how: MHD_RequestTerminationCode
) {
  traffic(context)?.end(id(connection))
}

private func onMessage(context: UnsafeMutableRawPointer?, text: UnsafePointer<CChar>?) {
  let text = text.map { String(cString: $0) } ?? ""
  traffic(context)?.logger.debug("HTTP library", metadata: ["text": .string(text)])
}

private func requestHead(_ connection: OpaquePointer, version: String) -> RequestHead {
  var head = RequestHead(version: version, size: reconcile_http_header_size(connection))
  withUnsafeMutablePointer(to: &head) { head in
    _ = MHD_get_connection_values(connection, MHD_ValueKind.HEADER_KIND, onField, head)
  }
  return head
}

private func onField(
  head: UnsafeMutableRawPointer?, kind: MHD_ValueKind, name: UnsafePointer<CChar>?,
  value: UnsafePointer<CChar>?
) -> MHD_Result {
  head?.assumingMemoryBound(to: RequestHead.self).pointee
    .add(name.map { String(cString: $0) } ?? "", value.map { String(cString: $0) } ?? "")
  return .YES
}

/// Queues an answer; none is needed where a handler works.
private func reply(_ connection: OpaquePointer, _ answer: HTTPResponse?) -> MHD_Result {
  guard let answer else { return .YES }
  var body = answer.body
  guard
    let response = MHD_create_response_from_buffer(body.count, &body, .RESPMEM_MUST_COPY)
  else { return .NO }
  defer { MHD_destroy_response(response) }
  MHD_add_response_header(response, "Content-Type", answer.contentType)
  MHD_add_response_header(response, "Cache-Control", "no-store")
  for (field, value) in answer.fields { MHD_add_response_header(response, field, value) }
  return MHD_queue_response(connection, UInt32(clamping: answer.status), response)
}
