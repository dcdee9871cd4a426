internal import CCurl

/// A handle of the library, for one request after another.
///
/// Its callbacks are functions at the top level, called on the thread that performs the transfer.
final class Transfer {
  /// What arrives, and how much of it is taken.
  private final class Arrival {
    var fields: [String: String] = [:]
    var headBytes = 0
    var body: [UInt8] = []
    var isTooLong = false
    let limit: Int

    init(limit: Int) { self.limit = limit }
  }

  private static let headLimit = 1 << 16
  private static let isStarted = reconcile_curl_start() == CURLE_OK
  private let handle: UnsafeMutableRawPointer?

  init() { handle = Self.isStarted ? curl_easy_init() : nil }

  deinit { curl_easy_cleanup(handle) }

  func perform(
    _ request: OutgoingRequest, _ options: HTTPClientOptions
  ) throws(HTTPRequestError) -> HTTPAnswer {
    guard let handle else { throw .unreachable("libcurl does not start") }
    let arrival = Arrival(limit: options.answerBytes)
    var fields: UnsafeMutablePointer<curl_slist>?
    defer { curl_slist_free_all(fields) }
    for (name, value) in request.fields.merging(request.secrets, uniquingKeysWith: { $1 }) {
      fields = curl_slist_append(fields, "\(name): \(value)") ?? fields
    }
    curl_easy_reset(handle)
    set(request, options)
    reconcile_curl_fields(handle, fields)
    let (code, words) = withExtendedLifetime(arrival) {
      request.body.withUnsafeBytes { body in
        if request.method != .get {
          reconcile_curl_body(handle, body.baseAddress, body.count)
        }
        return run(handle, arrival)
      }
    }
    // What points to memory that is gone must not be looked at by the next request.
    defer { curl_easy_reset(handle) }
    guard code == CURLE_OK else { throw failure(code, words, arrival, options) }
    return HTTPAnswer(
      reconcile_curl_status(handle), fields: arrival.fields, body: arrival.body)
  }

  private func set(_ request: OutgoingRequest, _ options: HTTPClientOptions) {
    text(CURLOPT_URL, request.url)
    // In this order: a body makes any method a POST.
    if request.method != .get { number(CURLOPT_POST, 1) }
    text(CURLOPT_CUSTOMREQUEST, request.method.rawValue)
    text(CURLOPT_PROTOCOLS_STR, "http,https")
    text(CURLOPT_USERAGENT, "reconcile")
    number(CURLOPT_FOLLOWLOCATION, 0)
    // CURL_NETRC_IGNORED: an enumeration of its own in some versions of libcurl, a number in others.
    number(CURLOPT_NETRC, 0)
    // Empty, it turns off what variables of the environment say too.
    text(CURLOPT_PROXY, options.proxy ?? "")
    number(CURLOPT_NOSIGNAL, 1)
    number(CURLOPT_FORBID_REUSE, 1)
    number(CURLOPT_TIMEOUT_MS, max(1, Int(clamping: Int64(options.deadline / .milliseconds(1)))))
    if let authority = options.authority { text(CURLOPT_CAINFO, authority) }
    if let certificate = options.clientCertificate { text(CURLOPT_SSLCERT, certificate) }
    if let key = options.clientKey { text(CURLOPT_SSLKEY, key) }
  }

  private func run(_ handle: UnsafeMutableRawPointer, _ arrival: Arrival) -> (CURLcode, String) {
    var hooks = reconcile_curl_hooks(
      context: Unmanaged.passUnretained(arrival).toOpaque(), field: onField, body: onBody,
      progress: onProgress)
    var words = [CChar](repeating: 0, count: Int(CURL_ERROR_SIZE) + 1)
    return words.withUnsafeMutableBufferPointer { buffer in
      withUnsafePointer(to: &hooks) { hooks in
        reconcile_curl_hook(handle, hooks, buffer.baseAddress)
        let code = curl_easy_perform(handle)
        let said = buffer.baseAddress.map { String(cString: $0) } ?? ""
        return (code, said.isEmpty ? String(cString: curl_easy_strerror(code)) : said)
      }
    }
  }

  private func failure(
    _ code: CURLcode, _ words: String, _ arrival: Arrival, _ options: HTTPClientOptions
  ) -> HTTPRequestError {
    if arrival.isTooLong { return .tooLong(options.answerBytes) }
    switch code {
    case CURLE_OPERATION_TIMEDOUT: return .overdue(options.deadline)
    case CURLE_ABORTED_BY_CALLBACK: return .cancelled
    case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CACERT_BADFILE, CURLE_SSL_CERTPROBLEM,
      CURLE_SSL_CONNECT_ERROR, CURLE_SSL_ISSUER_ERROR:
      return .untrusted(words)
    default: return .unreachable(words)
    }
  }

  private func text(_ option: CURLoption, _ value: String) {
    reconcile_curl_text(handle, option, value)
  }

  private func number(_ option: CURLoption, _ value: Int) {
    reconcile_curl_number(handle, option, value)
  }

  /// Takes a line of the head; a redirect's or an interim answer's makes way for the next one.
  fileprivate static func take(
    field line: UnsafeRawBufferPointer, of context: UnsafeMutableRawPointer
  )
    -> Bool
  {
    let arrival = Unmanaged<Arrival>.fromOpaque(context).takeUnretainedValue()
    arrival.headBytes += line.count
    guard arrival.headBytes <= headLimit else {
      arrival.isTooLong = true
      return false
    }
    let text = String(decoding: line, as: UTF8.self)
    if text.hasPrefix("HTTP/") { arrival.fields = [:] }
    guard let colon = text.firstIndex(of: ":") else { return true }
    let value = text[text.index(after: colon)...].drop { $0 == " " || $0 == "\t" }
    arrival.fields[text[..<colon].lowercased()] = String(value.prefix { !$0.isNewline })
    return true
  }

  fileprivate static func take(
    body bytes: UnsafeRawBufferPointer, of context: UnsafeMutableRawPointer
  )
    -> Bool
  {
    let arrival = Unmanaged<Arrival>.fromOpaque(context).takeUnretainedValue()
    guard bytes.count <= arrival.limit - arrival.body.count else {
      arrival.isTooLong = true
      return false
    }
    arrival.body.append(contentsOf: bytes)
    return true
  }
}

private func onField(
  bytes: UnsafeMutablePointer<CChar>?, size: Int, count: Int, context: UnsafeMutableRawPointer?
) -> Int {
  guard let bytes, let context else { return 0 }
  let line = UnsafeRawBufferPointer(start: bytes, count: count)
  return Transfer.take(field: line, of: context) ? count : 0
}

private func onBody(
  bytes: UnsafeMutablePointer<CChar>?, size: Int, count: Int, context: UnsafeMutableRawPointer?
) -> Int {
  guard let context else { return 0 }
  // A size of 1 each, as the library documents; where nothing came, nothing is refused.
  let part = UnsafeRawBufferPointer(start: bytes, count: count)
  return Transfer.take(body: part, of: context) ? count : 0
}

private func onProgress(
  context: UnsafeMutableRawPointer?, total: curl_off_t, now: curl_off_t, toSend: curl_off_t,
  sent: curl_off_t
) -> Int32 { Task.isCancelled ? 1 : 0 }
