import JSONCoding
import LatticeModel
import NATSTransport

/// That whoever commands a lattice can neither read nor follow its repository.
public struct SourceStaleness: Hashable, Sendable {
  /// For how long.
  public var age: Duration
  /// Why.
  public var reason: String

  /// Creates a value.
  ///
  /// - Parameters:
  ///   - age: For how long.
  ///   - reason: Why.
  public init(for age: Duration, reason: String) {
    self.age = age
    self.reason = reason
  }

  init?(_ state: ControllerHealth.State) {
    guard let since = state.staleSince else { return nil }
    self.init(for: .now - since, reason: state.sourceError ?? "")
  }

  /// The value as it is sent.
  var members: [String: JSONValue] {
    ["stale_ms": .int(Int(clamping: Int64(age / .milliseconds(1)))), "reason": .string(reason)]
  }

  init?(_ value: JSONValue) {
    guard let age = value["stale_ms"]?.int, let reason = value["reason"]?.string, age >= 0
    else { return nil }
    self.init(for: .milliseconds(age), reason: reason)
  }
}
