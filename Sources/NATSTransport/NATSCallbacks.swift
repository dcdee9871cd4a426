internal import CNats
import Glibc
import ServiceRuntime

/// What libnats calls back with, on threads of its own. Everything here only copies and hands over:
/// no parsing, no task, no actor.

/// Receives the messages of one subscription.
final class MessageSink: Sendable {
  let receive: @Sendable (NATSMessage) -> Void
  init(_ receive: @escaping @Sendable (NATSMessage) -> Void) { self.receive = receive }
}

/// Receives what happens to one connection.
final class ConnectionObserver: Sendable {
  let requests: RequestTable
  let events: BatchQueue<ConnectionEvent>

  init(requests: RequestTable, events: BatchQueue<ConnectionEvent>) {
    self.requests = requests
    self.events = events
  }

  func noteError(_ text: String) {
    events.append(.refused(text))
    let marker = "publish to "
    let lower = text.lowercased()
    guard let start = lower.firstIndex(of: marker) else { return }
    let subject = text.dropFirst(start + marker.count).drop { $0 == "\"" }.prefix {
      $0 != "\"" && $0 != " "
    }
    requests.refuse(String(subject))
  }
}

extension String {
  /// How many characters stand before the first place of a text, or `nil` if it is nowhere.
  fileprivate func firstIndex(of text: String) -> Int? {
    indices.enumerated().first { self[$1...].hasPrefix(text) }?.offset
  }
}

private let onMessage: natsMsgHandler = { _, _, message, closure in
  guard let message, let closure else { return }
  let sink = Unmanaged<MessageSink>.fromOpaque(closure).takeUnretainedValue()
  sink.receive(copy(message))
  natsMsg_Destroy(message)
}

private let onSubscriptionEnd: natsOnCompleteCB = { closure in
  guard let closure else { return }
  Unmanaged<MessageSink>.fromOpaque(closure).release()
}

private let onError: natsErrHandler = { connection, _, status, closure in
  guard let closure else { return }
  let observer = Unmanaged<ConnectionObserver>.fromOpaque(closure).takeUnretainedValue()
  var text: UnsafePointer<CChar>?
  if let connection { natsConnection_GetLastError(connection, &text) }
  let detail = text.map { String(cString: $0) } ?? ""
  observer.noteError(detail.isEmpty ? String(cString: natsStatus_GetText(status)) : detail)
}

private let onDisconnected: natsConnectionHandler = { _, closure in
  guard let closure else { return }
  let observer = Unmanaged<ConnectionObserver>.fromOpaque(closure).takeUnretainedValue()
  observer.events.append(.disconnected)
  observer.requests.failAll(.disconnected, isFinal: false)
}

private let onReconnected: natsConnectionHandler = { _, closure in
  guard let closure else { return }
  Unmanaged<ConnectionObserver>.fromOpaque(closure).takeUnretainedValue().events.append(
    .reconnected)
}

/// The last callback of a connection: it releases what the others used.
private let onClosed: natsConnectionHandler = { _, closure in
  guard let closure else { return }
  let observer = Unmanaged<ConnectionObserver>.fromOpaque(closure).takeRetainedValue()
  observer.events.append(.closed)
  observer.requests.failAll(.disconnected, isFinal: true)
}

private func copy(_ message: OpaquePointer) -> NATSMessage {
  let length = Int(natsMsg_GetDataLength(message))
  let payload = natsMsg_GetData(message).map { start in
    [UInt8](UnsafeRawBufferPointer(start: start, count: length))
  }
  var headers: [String: String] = [:]
  var keys: UnsafeMutablePointer<UnsafePointer<CChar>?>?
  var count: Int32 = 0
  if natsMsgHeader_Keys(message, &keys, &count) == NATS_OK, let keys {
    for index in 0..<Int(count) {
      var value: UnsafePointer<CChar>?
      guard let key = keys[index], natsMsgHeader_Get(message, key, &value) == NATS_OK, let value
      else { continue }
      headers[String(cString: key)] = String(cString: value)
    }
    free(keys)
  }
  return NATSMessage(
    subject: natsMsg_GetSubject(message).map { String(cString: $0) } ?? "",
    reply: natsMsg_GetReply(message).map { String(cString: $0) }, payload: payload ?? [],
    headers: headers)
}

/// Subscribes; the sink is kept until the library says that it is done with it.
func subscribeHandle(
  _ connection: OpaquePointer, _ subject: String, queue: String?, _ sink: MessageSink
) throws(NATSError) -> SubscriptionHandle {
  var subscription: OpaquePointer?
  let closure = Unmanaged.passRetained(sink).toOpaque()
  let status =
    queue.map {
      natsConnection_QueueSubscribe(&subscription, connection, subject, $0, onMessage, closure)
    } ?? natsConnection_Subscribe(&subscription, connection, subject, onMessage, closure)
  guard status == NATS_OK, let subscription else {
    Unmanaged<MessageSink>.fromOpaque(closure).release()
    throw status == NATS_INVALID_SUBJECT
      ? .invalidSubject(subject) : .other(String(cString: natsStatus_GetText(status)))
  }
  natsSubscription_SetOnCompleteCB(subscription, onSubscriptionEnd, closure)
  natsSubscription_SetPendingLimits(subscription, -1, -1)
  return SubscriptionHandle(pointer: subscription)
}

/// A subscription of libnats, which locks it itself.
struct SubscriptionHandle: @unchecked Sendable {
  let pointer: OpaquePointer
}

/// Opens a connection; the observer is kept until the closed callback.
func openConnection(
  _ options: NATSOptions, _ observer: ConnectionObserver
) throws(NATSError) -> OpaquePointer {
  nats_SetMessageDeliveryPoolSize(2)
  var handle: OpaquePointer?
  guard natsOptions_Create(&handle) == NATS_OK, let handle else {
    throw .other("no memory for options")
  }
  defer { natsOptions_Destroy(handle) }
  try apply(options, to: handle)
  let closure = Unmanaged.passRetained(observer).toOpaque()
  natsOptions_SetErrorHandler(handle, onError, closure)
  natsOptions_SetDisconnectedCB(handle, onDisconnected, closure)
  natsOptions_SetReconnectedCB(handle, onReconnected, closure)
  natsOptions_SetClosedCB(handle, onClosed, closure)
  var connection: OpaquePointer?
  let status = natsConnection_Connect(&connection, handle)
  guard status == NATS_OK, let connection else {
    Unmanaged<ConnectionObserver>.fromOpaque(closure).release()
    throw connectError(status, options)
  }
  return connection
}

private func apply(_ options: NATSOptions, to handle: OpaquePointer) throws(NATSError) {
  var servers = options.servers.map { UnsafePointer(strdup($0)) }
  defer { for server in servers { free(UnsafeMutablePointer(mutating: server)) } }
  guard natsOptions_SetServers(handle, &servers, Int32(clamping: servers.count)) == NATS_OK else {
    throw .unreachable(servers: options.publicServers, detail: "not an address")
  }
  natsOptions_SetName(handle, options.name)
  natsOptions_SetTimeout(handle, Int64(options.connectTimeout / .milliseconds(1)))
  natsOptions_UseGlobalMessageDelivery(handle, true)
  natsOptions_SetSendAsap(handle, true)
  natsOptions_SetMaxReconnect(handle, -1)
  natsOptions_SetReconnectWait(handle, 250)
  natsOptions_SetReconnectJitter(handle, 250, 1_000)
  natsOptions_SetReconnectBufSize(handle, 0)
  natsOptions_SetFailRequestsOnDisconnect(handle, true)
  natsOptions_SetPingInterval(handle, 5_000)
  natsOptions_SetMaxPingsOut(handle, 2)
  if let path = options.credentialsFile {
    try use(path) { natsOptions_SetUserCredentialsFromFiles(handle, path, nil) }
  }
  if let path = options.nkeyFile {
    try use(path) { natsOptions_SetNKeyFromSeed(handle, nil, path) }
  }
  if let path = options.tlsAuthority {
    natsOptions_SetSecure(handle, true)
    try use(path) { natsOptions_LoadCATrustedCertificates(handle, path) }
  }
  if let certificate = options.tlsCertificate, let key = options.tlsKey {
    natsOptions_SetSecure(handle, true)
    try use(certificate) { natsOptions_LoadCertificatesChain(handle, certificate, key) }
  }
}

private func use(_ path: String, _ load: () -> natsStatus) throws(NATSError) {
  guard access(path, R_OK) == 0 else {
    throw .unusableFile(path: path, detail: String(cString: strerror(errno)))
  }
  let status = load()
  guard status == NATS_OK else {
    throw .unusableFile(
      path: path, detail: lastError() ?? String(cString: natsStatus_GetText(status)))
  }
}

private func lastError() -> String? {
  var status = NATS_OK
  return nats_GetLastError(&status).map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 }
}

private func connectError(_ status: natsStatus, _ options: NATSOptions) -> NATSError {
  let detail = lastError() ?? String(cString: natsStatus_GetText(status))
  return switch status {
  case NATS_CONNECTION_AUTH_FAILED, NATS_NOT_PERMITTED:
    .unauthorized(servers: options.publicServers, detail: detail)
  case NATS_SSL_ERROR, NATS_SECURE_CONNECTION_WANTED, NATS_SECURE_CONNECTION_REQUIRED:
    .insecure(servers: options.publicServers, detail: detail)
  default: .unreachable(servers: options.publicServers, detail: detail)
  }
}
