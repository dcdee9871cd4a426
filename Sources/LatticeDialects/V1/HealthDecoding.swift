import JSONCoding

/// Reads the answer of a provider's process to the question for its health.
///
/// - Parameter payload: The answer.
/// - Returns: Whether it says that it is healthy.
/// - Throws: `WireError` if it is no such answer.
func decodeHealth(_ payload: [UInt8]) throws(WireError) -> Bool {
  let what = "a provider's answer for its health"
  let value: JSONValue
  do throws(JSONError) {
    value = try JSONValue(parsing: payload)
  } catch {
    throw .malformed(what: what, error)
  }
  guard let isHealthy = value["healthy"]?.bool else { throw .missing(what: what, field: "healthy") }
  return isHealthy
}
