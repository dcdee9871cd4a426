import DesiredSources
import LatticeModel
import RecordKeeping
import ServiceRuntime

extension Pass {
  /// Keeps the form of each application that is in sync in another form than the last that was, so
  /// that it can be brought back without git.
  ///
  /// Costs nothing where there is none; else the reading of its file, a question and a write.
  ///
  /// - Parameters:
  ///   - status: How the lattice stands, as a look has shown.
  ///   - reading: What was read.
  ///   - record: What is on record.
  /// - Returns: The record to write, and why forms are not kept that are too large.
  /// - Throws: `GitError`, `NATSError` or `RecordError` where they cannot be read or kept.
  func keepingForms(
    _ status: LatticeStatus, of reading: SourceReading, on record: LatticeRecord
  ) async throws -> (record: LatticeRecord, unkept: [RecordError]) {
    let moment = Timestamp(nanoseconds: clock.now)
    let good = status.applications.filter { application in
      guard application.heldAt == nil, application.pinnedAt == nil, !application.isFrozen,
        let applied = record.applied[application.name], let form = applied.form,
        applied.revision == reading.desired.revision, form != applied.good
      else { return false }
      return status.sync(of: application, at: moment).sync == .inSync
    }.map(\.name)
    guard !good.isEmpty else { return (record, []) }
    var unkept: [RecordError] = []
    for batch in home.forms.batches(of: good) {
      let forms = try await source.forms(of: batch, in: reading, at: moment)
      unkept += try await home.forms.keep(forms, pins: record.pins)
    }
    var noted = record
    for name in good { noted.applied[name]?.good = record.applied[name]?.form }
    return (noted, unkept)
  }
}
