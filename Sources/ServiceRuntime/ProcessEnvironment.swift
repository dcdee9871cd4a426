import Glibc

/// Returns the environment that the process was started with.
///
/// - Returns: The variables by name; of a name that stands there twice, the first value.
public func processEnvironment() -> [String: String] {
  var variables: [String: String] = [:]
  var next = environ
  while let variable = next.pointee {
    let parts = String(cString: variable).split(
      separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    if parts.count == 2, variables[String(parts[0])] == nil {
      variables[String(parts[0])] = String(parts[1])
    }
    next += 1
  }
  return variables
}
