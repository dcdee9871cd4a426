import DesiredSources
import Diagnostics
import LatticeModel
import ReconcileTestKit

/// A repository of manifests, and what of it is on record as applied.
struct Shop {
  let repository: GitRepositoryFixture
  var record = LatticeRecord()

  /// A repository with one application, `shop`, at its first commit.
  init() async throws {
    repository = try await GitRepositoryFixture()
    try await commit(Self.application("shop"), to: "shop")
  }

  /// Commits one manifest; returns the commit.
  @discardableResult
  func commit(_ text: String, to name: String) async throws -> String {
    try repository.write("manifests/\(name).yaml", text)
    return try await repository.commit("Change \(name)")
  }

  func source(_ change: (inout SourceOptions) -> Void = { _ in }) throws -> DesiredSource {
    var options = SourceOptions()
    options.repository = repository.path
    change(&options)
    return try DesiredSource(options)
  }

  /// Puts on record that what was read is applied.
  mutating func apply(_ reading: SourceReading) {
    for application in reading.desired.applications {
      record.applied[application.name] = AppliedApplication(
        revision: reading.desired.revision, path: application.origin.path, sync: application.sync,
        scope: reading.scope)
    }
  }

  static func application(_ name: String, instances: String = "1") -> String {
    """
    apiVersion: reconcile.dev/v1
    kind: Application
    metadata: {name: \(name)}
    spec:
      actors: [{name: web, image: "r/web:1", instances: \(instances)}]

    """
  }
}
