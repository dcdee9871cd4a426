/// On which subjects a user may do one thing: publish, or subscribe.
public struct SubjectPermissions: Hashable, Sendable {
  /// The patterns that are allowed; all subjects where `nil`.
  public var allowed: [String]?
  /// The patterns that are denied, whatever is allowed.
  public var denied: [String]

  /// Creates permissions.
  ///
  /// - Parameters:
  ///   - allowed: The patterns that are allowed; all subjects where `nil`.
  ///   - denied: The patterns that are denied, whatever is allowed.
  public init(allowed: [String]? = nil, denied: [String] = []) {
    self.allowed = allowed
    self.denied = denied
  }

  /// Returns whether a subject may be used.
  ///
  /// - Parameter subject: A subject; one with wildcards only where one pattern covers all of it.
  /// - Returns: Whether the server would take it.
  public func allow(_ subject: String) -> Bool {
    let isCovered = { (pattern: String) in Self.covers(pattern, subject) }
    return allowed?.contains(where: isCovered) ?? true && !denied.contains(where: isCovered)
  }

  /// Whether every subject that fits the second pattern fits the first.
  private static func covers(_ pattern: String, _ subject: String) -> Bool {
    let wanted = subject.split(separator: ".", omittingEmptySubsequences: false)
    let tokens = pattern.split(separator: ".", omittingEmptySubsequences: false)
    for (index, token) in tokens.enumerated() {
      if token == ">" { return index < wanted.count }
      guard index < wanted.count, wanted[index] != ">" else { return false }
      guard token == "*" || token == wanted[index] else { return false }
    }
    return tokens.count == wanted.count
  }
}
