/// Why less is expected of a host that answers.
public struct HostTrouble: Hashable, Sendable {
  /// What is wrong, without a full stop.
  public var reason: String
  /// Whether it is so bad that nothing is started there meanwhile.
  public var isUnhealthy: Bool
  /// When it is over by itself.
  public var until: Timestamp

  /// Creates an entry.
  ///
  /// - Parameters:
  ///   - reason: What is wrong, without a full stop.
  ///   - isUnhealthy: Whether nothing is started there meanwhile.
  ///   - until: When it is over by itself.
  public init(reason: String, isUnhealthy: Bool, until: Timestamp) {
    self.reason = reason
    self.isUnhealthy = isUnhealthy
    self.until = until
  }
}

/// How a host is, by what it answers and by what fails there.
public enum HostHealth: Hashable, Sendable {
  /// It answers, and what is started there starts.
  case healthy
  /// It is late, or something failed there lately.
  case degraded(String)
  /// It answers, and too much failed there lately: nothing is started there.
  case unhealthy(String)
  /// It is expected and says nothing.
  case silent
  /// It is gone.
  case lost
  /// It speaks only the control interface before 1.0.
  case unsupported

  /// The word for it, for programs.
  public var word: String {
    switch self {
    case .healthy: "healthy"
    case .degraded: "degraded"
    case .unhealthy: "unhealthy"
    case .silent: "silent"
    case .lost: "lost"
    case .unsupported: "unsupported"
    }
  }

  /// What is wrong, where more is known than the word says.
  public var reason: String? {
    switch self {
    case .degraded(let reason), .unhealthy(let reason): reason
    case .healthy, .silent, .lost, .unsupported: nil
    }
  }
}

extension HostState {
  /// Returns how the host is.
  ///
  /// - Parameter trouble: What is on record against it, if anything.
  /// - Returns: The worse of what is seen and what is on record.
  public func health(_ trouble: HostTrouble?) -> HostHealth {
    switch presence {
    case .fresh:
      if let trouble, trouble.isUnhealthy { return .unhealthy(trouble.reason) }
      if owesInventory { return .degraded(Self.owingReason) }
      return trouble.map { .degraded($0.reason) } ?? .healthy
    case .late(let reason): return .degraded(reason)
    case .silent: return .silent
    case .lost: return .lost
    case .unsupported: return .unsupported
    }
  }

  /// Why nothing is to be started on a host that can be spoken to, or `nil` where it may be.
  ///
  /// - Parameter trouble: What is on record against it, if anything.
  /// - Returns: The reason, without a full stop.
  public func closure(_ trouble: HostTrouble?) -> String? {
    guard isUsable else { return nil }
    if let trouble, trouble.isUnhealthy { return trouble.reason }
    // What is started there could not be seen to run.
    return owesInventory ? Self.owingReason : nil
  }

  private static let owingReason = "it answers pings but not for its inventory"
}
