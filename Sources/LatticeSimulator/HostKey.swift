import Digests
public import LatticeModel

/// Returns a host id as hosts make them: a public nkey, `N` and 55 more letters and digits.
///
/// - Parameter seed: What the key comes from.
/// - Returns: The id.
public func simulatedHostID(seed: UInt64) -> HostID {
  var generator = SeededGenerator(seed: seed ^ 0x0057_A51C_0DE0_0001)
  let key = (0..<32).map { _ in UInt8(truncatingIfNeeded: generator.next()) }
  return HostID(publicNKey(.server, key: key))
}
