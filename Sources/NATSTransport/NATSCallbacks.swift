internal import CNats
import Glibc
import ServiceRuntime

/// What libnats calls back with, on threads of its own. Everything here only copies and hands over:
/// no parsing of payloads, no task, no actor.

/// Receives the messages of one subscription.
final class MessageSink: Sendable {
  let receive: @Sendable (NATSMessage) -> Void
  let finish: @Sendable () -> Void

  /// `finish` is called once, after the last message.
  init(
    _ receive: @escaping @Sendable (NATSMessage) -> Void,
    finish: @escaping @Sendable () -> Void = {}
  ) {
    self.receive = receive
    self.finish = finish
  }
}

/// Receives what happens to one connection.
final class ConnectionObserver: Sendable {
  /// What must be known without asking the library, which holds its lock while it connects anew: whoever
  /// asks it then waits for a server that may swallow every word.
  private struct State {
    var isUp = false
    var isClosed = false
    var maxPayload = 0
  }

  let requests: RequestTable
  let events: BatchQueue<ConnectionEvent>
  private let state = Lock(State())

  init(requests: RequestTable, events: BatchQueue<ConnectionEvent>) {
    self.requests = requests
    self.events = events
  }

  /// Whether the connection is up.
  var isUp: Bool { state.withLock { $0.isUp } }

  /// The largest message that the server takes, in bytes, as it last said.
  var maxPayload: Int { state.withLock { $0.maxPayload } }

  /// Notes that the connection is up.
  func rise(_ connection: OpaquePointer) {
    let size = Int(natsConnection_GetMaxPayload(connection))
    state.withLock { ($0.isUp, $0.maxPayload) = (!$0.isClosed, size) }
  }

  /// Notes that the connection is lost, or closed.
  func fall(isFinal: Bool) {
    state.withLock { ($0.isUp, $0.isClosed) = (false, $0.isClosed || isFinal) }
    requests.failAll(.disconnected, isFinal: isFinal)
  }

  func noteError(_ text: String) {
    events.append(.refused(text))
    guard let refusal = Refusal(text), refusal.verb == .publish else { return }
    requests.refuse(refusal)
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
  Unmanaged<MessageSink>.fromOpaque(closure).takeRetainedValue().finish()
}

/// The library sets the text of this very error for this thread; the connection's own last error
/// may be that of a later one already.
private let onError: natsErrHandler = { _, _, status, closure in
  guard let closure else { return }
  let observer = Unmanaged<ConnectionObserver>.fromOpaque(closure).takeUnretainedValue()
  observer.noteError(lastLibraryError() ?? String(cString: natsStatus_GetText(status)))
}

private let onDisconnected: natsConnectionHandler = { _, closure in
  guard let closure else { return }
  let observer = Unmanaged<ConnectionObserver>.fromOpaque(closure).takeUnretainedValue()
  observer.fall(isFinal: false)
  observer.events.append(.disconnected)
}

private let onReconnected: natsConnectionHandler = { connection, closure in
  guard let connection, let closure else { return }
  let observer = Unmanaged<ConnectionObserver>.fromOpaque(closure).takeUnretainedValue()
  // It may be lost again by now: what tells of that comes next.
  observer.rise(connection)
  observer.events.append(.reconnected)
}

private let onLameDuck: natsConnectionHandler = { _, closure in
  guard let closure else { return }
  Unmanaged<ConnectionObserver>.fromOpaque(closure).takeUnretainedValue().events.append(.leaving)
}

/// The last callback of a connection: it releases what the others used.
private let onClosed: natsConnectionHandler = { _, closure in
  guard let closure else { return }
  let observer = Unmanaged<ConnectionObserver>.fromOpaque(closure).takeRetainedValue()
  observer.fall(isFinal: true)
  observer.events.append(.closed)
}

/// Sets what the library calls; the closure is a retained `ConnectionObserver`.
func setCallbacks(of options: OpaquePointer, _ closure: UnsafeMutableRawPointer) {
  natsOptions_SetErrorHandler(options, onError, closure)
  natsOptions_SetDisconnectedCB(options, onDisconnected, closure)
  natsOptions_SetReconnectedCB(options, onReconnected, closure)
  natsOptions_SetLameDuckModeCB(options, onLameDuck, closure)
  natsOptions_SetClosedCB(options, onClosed, closure)
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
    throw transportError(status, subject)
  }
  natsSubscription_SetOnCompleteCB(subscription, onSubscriptionEnd, closure)
  natsSubscription_SetPendingLimits(subscription, -1, -1)
  return SubscriptionHandle(pointer: subscription)
}

/// A subscription of libnats, which locks it itself.
struct SubscriptionHandle: @unchecked Sendable {
  let pointer: OpaquePointer
}
