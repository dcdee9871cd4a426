/// Runs something for each element, some at a time.
///
/// The first error cancels what is under way and is thrown once that is over; what was not begun is
/// left.
///
/// - Parameters:
///   - elements: The elements.
///   - limit: How many are under way at most; at least 1.
///   - body: What is done, not in the caller's isolation.
/// - Returns: The results, in the order of the elements.
/// - Throws: What `body` throws.
public func gather<Element: Sendable, Result: Sendable>(
  _ elements: [Element], inFlight limit: Int,
  _ body: @escaping @Sendable (Element) async throws -> Result
) async throws -> [Result] {
  try await withThrowingTaskGroup(of: (Int, Result).self) { group in
    var results: [Result?] = elements.map { _ in nil }
    var next = 0
    while next < min(limit, elements.count) {
      let index = next
      group.addTask { (index, try await body(elements[index])) }
      next += 1
    }
    for try await (index, result) in group {
      results[index] = result
      guard next < elements.count else { continue }
      let following = next
      group.addTask { (following, try await body(elements[following])) }
      next += 1
    }
    return results.compactMap { $0 }
  }
}
