import CPosix
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

/// Has memory of all threads come from so many heaps at most, where each would have its own: a tenth
/// less is resident, and two threads seldom wait for one another.
///
/// To be called before there are threads.
///
/// - Parameter heaps: How many heaps there may be.
public func limitHeaps(to heaps: Int32) { malloc_limit_heaps(heaps) }
