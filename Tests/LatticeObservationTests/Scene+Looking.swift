import LatticeModel
import ReconcileTestKit

@testable import LatticeObservation

extension Scene {
  /// Looks once, as a single pass does.
  func look(
    _ expected: [HostID: RecordedHost] = [:], options: ObserverOptions = ObserverOptions(),
    sources: Set<String> = [], configs: Set<ConfigName> = []
  ) async throws -> ObservedState {
    var options = options
    options.believesAtOnce = true
    let observer = LatticeObserver("default", over: bus, options: options)
    try await observer.open()
    try await observer.look(expecting: expected)
    return try await observer.sighting(sources: sources, configs: configs)
  }
}
