import JSONCoding
public import LatticeModel

/// Reads a reply to a command.
///
/// - Parameter payload: The reply.
/// - Returns: Acceptance or refusal.
/// - Throws: `WireError` if it is no reply.
public func decodeReply(_ payload: [UInt8]) throws(WireError) -> ControlReply {
  try envelope(payload, "a reply") { reader throws(JSONError) in try reader.skip() }.reply
}

/// Reads a host's answer to a ping, of either control interface.
///
/// Hosts 1.x wrap it; hosts before 1.0 send it bare, and that shape tells them apart.
///
/// - Parameter payload: The answer.
/// - Returns: Who answered.
/// - Throws: `WireError` if it is no answer to a ping.
public func decodeAnswer(_ payload: [UInt8]) throws(WireError) -> HostAnswer {
  var answer = HostAnswer(host: "", isSupported: false)
  func read(_ reader: inout JSONReader) throws(JSONError) {
    try reader.beginObject()
    while let key = try reader.nextKey() {
      switch key {
      case "success": try reader.skip()
      case "response":
        answer.isSupported = true
        try read(&reader)
      case "id": answer.host = HostID(try reader.string())
      case "friendly_name": answer.friendlyName = try reader.optionalString() ?? ""
      case "labels": answer.labels = try reader.strings()
      case "uptime_seconds": answer.uptime = try readUptime(&reader)
      case "version": answer.version = try reader.optionalString() ?? ""
      case "js_domain": answer.jetStreamDomain = try reader.optionalString()
      default: try reader.skip()
      }
    }
  }
  do throws(JSONError) {
    try JSONReader.read(payload) { reader throws(JSONError) in try read(&reader) }
  } catch {
    throw .malformed(what: "an answer to a ping", error)
  }
  guard !answer.host.rawValue.isEmpty else {
    throw .missing(what: "an answer to a ping", field: "id")
  }
  return answer
}

/// Reads a 1.x host's inventory.
///
/// - Parameter payload: The answer to `host.get`.
/// - Returns: What the host runs.
/// - Throws: `WireError` if it is no inventory.
public func decodeInventory(_ payload: [UInt8]) throws(WireError) -> HostReport {
  var pools = WirePools(capacity: 64)
  let (reply, report) = try envelope(payload, "an inventory") { reader throws(JSONError) in
    try readReport(&reader, &pools)
  }
  guard reply.isAccepted else { throw .refused(what: "an inventory", message: reply.message) }
  guard let report, let report else {
    throw .missing(what: "an inventory", field: "components")
  }
  guard !report.host.rawValue.isEmpty else {
    throw .missing(what: "an inventory", field: "host_id")
  }
  return report
}

/// Reads the links that a host knows.
///
/// - Parameter payload: The answer to `link.get`.
/// - Returns: The links.
/// - Throws: `WireError` if it is no list of links.
public func decodeLinks(_ payload: [UInt8]) throws(WireError) -> [LinkDefinition] {
  let (reply, links) = try envelope(payload, "a list of links") { reader throws(JSONError) in
    try readLinks(&reader)
  }
  guard reply.isAccepted else { throw .refused(what: "a list of links", message: reply.message) }
  return links ?? []
}

/// Reads a config from a host.
///
/// A name that does not exist is answered with success and no entries.
///
/// - Parameter payload: The answer to `config.get`.
/// - Returns: The entries, or that there are none.
/// - Throws: `WireError` if it is no config.
public func decodeConfig(_ payload: [UInt8]) throws(WireError) -> StoredConfig {
  let (reply, values) = try envelope(payload, "a config") { reader throws(JSONError) in
    try reader.strings()
  }
  guard reply.isAccepted else { throw .refused(what: "a config", message: reply.message) }
  return values.map(StoredConfig.values) ?? .absent
}

/// Reads the links of a source from its stored record.
///
/// - Parameter payload: The value of `COMPONENT_{id}`.
/// - Returns: The links.
/// - Throws: `WireError` if it is no such record.
public func decodeStoredLinks(_ payload: [UInt8]) throws(WireError) -> [LinkDefinition] {
  do throws(JSONError) {
    return try JSONReader.read(payload) { reader throws(JSONError) in
      var links: [LinkDefinition] = []
      try reader.beginObject()
      while let key = try reader.nextKey() {
        switch key {
        case "links": links = try reader.null() ? [] : try readLinks(&reader)
        default: try reader.skip()
        }
      }
      return links
    }
  } catch {
    throw .malformed(what: "a stored record of links", error)
  }
}

/// Reads a config from its bucket.
///
/// - Parameter payload: The value under the config's name.
/// - Returns: The entries.
/// - Throws: `WireError` if it is no config.
public func decodeStoredConfig(_ payload: [UInt8]) throws(WireError) -> [String: String] {
  do throws(JSONError) {
    return try JSONReader.read(payload) { reader throws(JSONError) in try reader.strings() }
  } catch {
    throw .malformed(what: "a stored config", error)
  }
}

/// Reads the wrapper of every 1.x reply; `response` is read by `body` where there is one.
private func envelope<Body>(
  _ payload: [UInt8], _ what: String,
  _ body: (inout JSONReader) throws(JSONError) -> Body
) throws(WireError) -> (reply: ControlReply, response: Body?) {
  var isAccepted: Bool?
  var message = ""
  var response: Body?
  do throws(JSONError) {
    try JSONReader.read(payload) { reader throws(JSONError) in
      try reader.beginObject()
      while let key = try reader.nextKey() {
        switch key {
        case "success", "accepted": isAccepted = try reader.bool()
        case "message", "error": message = try reader.optionalString() ?? ""
        case "response":
          if try !reader.null() { response = try body(&reader) }
        default: try reader.skip()
        }
      }
    }
  } catch {
    throw .malformed(what: what, error)
  }
  guard let isAccepted else { throw .missing(what: what, field: "success") }
  return (ControlReply(isAccepted: isAccepted, message: message), response)
}
