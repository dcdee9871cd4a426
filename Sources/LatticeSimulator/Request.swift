import JSONCoding

/// A request on the control interface.
struct Request: Sendable {
  var verb: String
  var payload: [UInt8]
  var reply: String?

  /// The body, or `nil` where it is no JSON object.
  var body: [String: JSONValue]? { (try? JSONValue(parsing: payload))?.object }

  func answer(
    _ isAccepted: Bool, _ message: String, _ response: JSONValue? = nil
  ) -> [HostOutput] {
    guard let reply else { return [] }
    var envelope: [String: JSONValue] = ["success": .bool(isAccepted), "message": .string(message)]
    envelope["response"] = response
    return [.reply(to: reply, payload: JSONValue.object(envelope).bytes())]
  }
}

func strings(_ map: [String: String]) -> JSONValue { .object(map.mapValues(JSONValue.string)) }

/// How hosts read the fields of a request.
extension JSONValue {
  /// The elements as strings, or `nil` if this is no list of strings.
  var strings: [String]? {
    guard let elements = array else { return nil }
    let texts = elements.compactMap(\.string)
    return texts.count == elements.count ? texts : nil
  }

  /// An absent field has its default; one of another type, `null` among them, makes the request
  /// unreadable.
  static func optional<Value>(
    _ field: JSONValue?, _ read: (JSONValue) -> Value?, default standard: Value
  ) -> Value? {
    field.map(read) ?? standard
  }

  /// A map of strings; an absent one and `null` are empty, any other type is unreadable.
  static func optionalMap(_ field: JSONValue?) -> [String: String]? {
    switch field {
    case nil, .null?: return [:]
    case .object(let members)?:
      let texts = members.compactMapValues(\.string)
      return texts.count == members.count ? texts : nil
    default: return nil
    }
  }
}
