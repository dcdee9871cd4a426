internal import CNats
import Digests
import Glibc
import ServiceRuntime

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
  setCallbacks(of: handle, closure)
  var connection: OpaquePointer?
  var status = natsConnection_Connect(&connection, handle)
  // libnats 3.4 takes a signature that begins with a zero byte for none, one in 256; the server
  // asks for another one the next time.
  for _ in 0..<2 where status == NATS_CONNECTION_AUTH_FAILED && options.signs {
    status = natsConnection_Connect(&connection, handle)
  }
  guard status == NATS_OK, let connection else {
    Unmanaged<ConnectionObserver>.fromOpaque(closure).release()
    throw connectError(status, options)
  }
  observer.rise(connection)
  return connection
}

private func apply(_ options: NATSOptions, to handle: OpaquePointer) throws(NATSError) {
  // The library dials whatever the scheme is, and would wait for words that never come.
  if let other = options.servers.first(where: { !speaksNATS($0) }) {
    throw .unreachable(
      servers: NATSOptions(servers: [other]).publicServers,
      detail: "addresses begin with nats:// or tls://, others are not spoken")
  }
  var addresses: [String] = []
  for server in options.servers { addresses.append(try dialledAddress(server)) }
  var servers = addresses.map { UnsafePointer(strdup($0)) }
  defer { for server in servers { free(UnsafeMutablePointer(mutating: server)) } }
  guard natsOptions_SetServers(handle, &servers, Int32(clamping: servers.count)) == NATS_OK else {
    throw .unreachable(servers: options.publicServers, detail: "not an address")
  }
  natsOptions_SetName(handle, options.name)
  natsOptions_SetTimeout(handle, options.connectTimeout.wholeMilliseconds)
  natsOptions_UseGlobalMessageDelivery(handle, true)
  natsOptions_SetSendAsap(handle, true)
  natsOptions_SetMaxReconnect(handle, -1)
  natsOptions_SetReconnectWait(handle, 250)
  natsOptions_SetReconnectJitter(handle, 250, 1_000)
  natsOptions_SetReconnectBufSize(handle, 0)
  natsOptions_SetFailRequestsOnDisconnect(handle, true)
  natsOptions_SetWriteDeadline(handle, 1_000)
  natsOptions_SetPingInterval(handle, 5_000)
  natsOptions_SetMaxPingsOut(handle, 2)
  // The library takes the scheme for a word, and would go on in the clear.
  if options.isSecure { natsOptions_SetSecure(handle, true) }
  try applyCredentials(options, to: handle)
  try applySecurity(options, to: handle)
}

/// Whether an address has a scheme that is spoken, or none.
private func speaksNATS(_ server: String) -> Bool {
  guard let end = server.firstIndex(of: ":"), server[end...].hasPrefix("://") else { return true }
  return ["nats", "tls"].contains(server[..<end].lowercased())
}

private func applyCredentials(
  _ options: NATSOptions, to handle: OpaquePointer
) throws(NATSError) {
  if let user = options.user {
    let password = try secret(options.password, options.passwordFile) ?? ""
    natsOptions_SetUserInfo(handle, quoted(user), quoted(password))
  } else if let token = try secret(options.token, options.tokenFile) {
    natsOptions_SetToken(handle, quoted(token))
  }
  if let path = options.credentialsFile {
    try use(path) { natsOptions_SetUserCredentialsFromFiles(handle, path, nil) }
  }
  if let path = options.nkeyFile {
    let key = try publicNKey(ofSeedIn: path)
    try use(path) { natsOptions_SetNKeyFromSeed(handle, key, path) }
  }
}

/// The password or token that is given, or the one that a file holds, without the end of its line.
private func secret(_ given: Secret?, _ path: String?) throws(NATSError) -> String? {
  guard given == nil, let path else { return given?.text }
  do throws(FileError) {
    guard let bytes = try readFile(path, limit: 1 << 16) else {
      throw FileError(path: path, detail: "there is no such file")
    }
    let line = bytes.prefix { $0 != UInt8(ascii: "\n") && $0 != UInt8(ascii: "\r") }
    guard !line.isEmpty else { throw FileError(path: path, detail: "its first line is empty") }
    return String(decoding: line, as: UTF8.self)
  } catch {
    throw .unusableFile(path: path, detail: error.detail)
  }
}

/// The library signs with the seed but asks for the public key beside it.
private func publicNKey(ofSeedIn path: String) throws(NATSError) -> String {
  try use(path) { NATS_OK }
  // As the library finds it: any line, whatever spaces are before it and nothing behind.
  let lines = ((try? readFile(path, limit: 1 << 16)) ?? []).split(separator: UInt8(ascii: "\n"))
  for line in lines {
    let text = String(decoding: line.drop { $0 == UInt8(ascii: " ") }, as: UTF8.self)
    if let key = publicNKey(ofUserSeed: text) { return key }
  }
  throw .noSeed(path: path)
}

private func applySecurity(
  _ options: NATSOptions, to handle: OpaquePointer
) throws(NATSError) {
  if let path = options.tlsAuthority {
    try use(path) { natsOptions_LoadCATrustedCertificates(handle, path) }
  }
  switch (options.tlsCertificate, options.tlsKey) {
  case (let certificate?, let key?):
    try use(key) { NATS_OK }
    try use(certificate) { natsOptions_LoadCertificatesChain(handle, certificate, key) }
  case (let certificate?, nil):
    throw .unusableFile(path: certificate, detail: "a certificate needs its key beside it")
  case (nil, let key?):
    throw .unusableFile(path: key, detail: "a key needs its certificate beside it")
  case (nil, nil): break
  }
}

private func use(_ path: String, _ load: () -> natsStatus) throws(NATSError) {
  guard access(path, R_OK) == 0 else {
    throw .unusableFile(path: path, detail: String(cString: strerror(errno)))
  }
  let status = load()
  guard status == NATS_OK else {
    throw .unusableFile(
      path: path, detail: lastLibraryError() ?? String(cString: natsStatus_GetText(status)))
  }
}

/// What the library says about the last failure on this thread, without the line of its source.
func lastLibraryError() -> String? {
  var status = NATS_OK
  guard let text = nats_GetLastError(&status).map({ String(cString: $0) }), !text.isEmpty else {
    return nil
  }
  guard text.hasPrefix("("), let end = text.firstIndex(of: ")") else { return text }
  return String(text[text.index(after: end)...].drop { $0 == ":" || $0 == " " })
}

private func connectError(_ status: natsStatus, _ options: NATSOptions) -> NATSError {
  let servers = options.publicServers
  let detail = lastLibraryError() ?? String(cString: natsStatus_GetText(status))
  // The library reads these files only when the server asks for what is in them.
  for path in [options.credentialsFile, options.nkeyFile].compactMap({ $0 })
  where detail.contains("'\(path)'") {
    return .unusableFile(path: path, detail: detail)
  }
  // How a server that wants a client's certificate ends the connection, with TLS 1.3.
  if detail.contains("Expected 'PONG'"), options.isSecure, options.tlsCertificate == nil {
    return .insecure(
      servers: servers,
      detail: "the server ended the connection after our hello: it asks for our "
        + "certificate; give --tls-cert and --tls-key")
  }
  return switch status {
  case NATS_CONNECTION_AUTH_FAILED, NATS_NOT_PERMITTED:
    .unauthorized(servers: servers, detail: detail)
  case NATS_SECURE_CONNECTION_WANTED: .plain(servers: servers)
  case NATS_SSL_ERROR, NATS_SECURE_CONNECTION_REQUIRED:
    .insecure(servers: servers, detail: detail)
  // What the library quotes of an address it cannot read may be a part of a password.
  case NATS_INVALID_ARG: .unreachable(servers: servers, detail: "not an address")
  case NATS_TIMEOUT, NATS_NO_SERVER: .unreachable(servers: servers, detail: detail)
  default: .unwelcome(servers: servers, detail: detail)
  }
}

extension Duration {
  /// At least one, as the library takes none for "for ever".
  var wholeMilliseconds: Int64 {
    let (seconds, attoseconds) = components
    let (whole, isOver) = seconds.multipliedReportingOverflow(by: 1_000)
    return isOver ? .max : max(1, whole &+ attoseconds / 1_000_000_000_000_000)
  }
}
