import Glibc

/// Limits the address space of this process, for a child that reads what it does not trust.
///
/// The child calls it first thing: a limit that its parent sets would come late or hit the parent.
///
/// - Parameter bytes: The limit.
/// - Returns: Whether the system took it.
public func limitAddressSpace(to bytes: Int) -> Bool {
  let most = rlim_t(max(0, bytes))
  var limit = rlimit(rlim_cur: most, rlim_max: most)
  return setrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit) == 0
}
