import Diagnostics
import GitSource
import LatticeModel
import Manifests
import Planning
import Testing

@testable import DesiredSources
@testable import ReconcileLoop

/// A lattice of three hosts, what was applied to it, and what is declared now.
struct Scene: Sendable, CustomTestStringConvertible {
  /// The name of its goldens.
  var name: String
  /// The documents that were carried out before; empty for a lattice that never saw us.
  var before: [String] = []
  /// The documents of the commit.
  var now: [String]
  /// What happened since.
  var meanwhile: @Sendable (inout Stage) -> Void = { _ in }

  var testDescription: String { name }

  /// What a plan is made from, beside what is declared.
  struct Stage {
    var observed = ObservedState()
    var context = PlanningContext(lattice: "default")
    /// What is declared now.
    var desired = DesiredState(revision: "")

    /// Says anew what a host runs.
    mutating func change(_ host: HostID, _ body: (inout HostReport) -> Void) {
      guard var report = observed.host(host)?.report else { return }
      body(&report)
      observed.note(report, at: Timestamp(nanoseconds: 2))
    }
  }

  /// The pass that a dry run reports.
  var report: PassReport { pass.report }

  /// How the lattice stands, looked at as soon as its hosts were heard.
  var status: LatticeStatus {
    let (report, stage) = pass
    return LatticeStatus(
      of: report, seen: stage.observed, record: stage.context.record, resync: .seconds(60),
      at: Timestamp(nanoseconds: 2))
  }

  private var pass: (report: PassReport, stage: Stage) {
    var stage = Stage()
    for (id, labels) in Self.hosts {
      stage.observed.note(HostReport(host: id, labels: labels), at: Timestamp(nanoseconds: 1))
    }
    stage.observed.view = .complete
    let reading = read(now)
    for desired in [read(before).desired, reading.desired] { stage.readStores(for: desired) }
    if !before.isEmpty { stage.carryOut(read(before).desired) }
    stage.desired = reading.desired
    meanwhile(&stage)
    let plan = Planning.plan(from: stage.observed, to: reading.desired, in: stage.context)
    return (PassReport(plan, of: reading, stage.observed, in: stage.context), stage)
  }

  private func read(_ documents: [String]) -> SourceReading {
    let files = documents.enumerated().map { index, text in
      decodeManifests(ManifestFile(path: "manifests/\(index + 1).yaml", bytes: Array(text.utf8)))
    }
    let resolved = resolve(files, revision: "5ce4e5", tree: "7ee5")
    return SourceReading(
      desired: resolved.desired, diagnostics: resolved.diagnostics,
      commit: GitCommit(
        id: "5ce4e5", tree: "7ee5", authorTime: 0, committerTime: 0, summary: name, parents: []),
      uncommitted: [], scope: ReadingScope(repository: "edge", path: "manifests"), files: [],
      unread: [], refusals: [])
  }

  private static let hosts: [(HostID, [String: String])] = [
    ("NALPHA", ["zone": "a"]), ("NBETA", ["zone": "b"]),
    ("NGAMMA", ["zone": "b", "reconcile.dev/cpu": "1", "reconcile.dev/memory": "128Mi"]),
  ]
}

extension Scene.Stage {
  /// Finds the stores empty where a plan looks.
  fileprivate mutating func readStores(for desired: DesiredState) {
    for application in desired.applications {
      for link in application.links { observed.noteLinks([], of: link.source.id) }
      for config in application.configs { observed.noteConfig(.absent, named: config.name) }
    }
  }

  /// Has the commit descend from none that was applied.
  mutating func doubtHistory() {
    let doubt = HistoryDoubt(of: "5ce4e5", after: "01dc0de")
    context.doubts = context.record.applied.mapValues { _ in doubt }
  }

  /// Brings the lattice to a desired state and puts that on record.
  fileprivate mutating func carryOut(_ desired: DesiredState) {
    let plan = plan(from: observed, to: desired, in: context)
    (observed, context.record) = simulate(plan, on: observed, record: context.record)
    for application in desired.applications {
      context.record.applied[application.name] = AppliedApplication(
        revision: desired.revision, path: application.origin.path, sync: application.sync)
    }
  }
}
