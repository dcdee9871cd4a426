import ConfigurationModel
import LatticeModel
import PlanExecution
import RecordKeeping
import ServiceRuntime

/// What the session did, for whoever asks later.
extension ControllerSession {
  /// Writes down what a plan did, or that another commit is applied without a command.
  ///
  /// - Parameters:
  ///   - report: What was seen and planned.
  ///   - outcome: What became of the plan, where it was carried out.
  ///   - before: What was applied before.
  ///   - after: What is applied now.
  ///   - start: When it began.
  func noteHistory(
    _ report: PassReport, _ outcome: PlanOutcome?, applied before: LatticeRecord,
    then after: LatticeRecord, since start: Timestamp
  ) async {
    let entry = HistoryEntry(
      report, outcome, applied: before.applied, then: after.applied, at: start,
      by: settings.pass.holder)
    guard var entry else { return }
    entry.milliseconds = Int(now.since(start) / .milliseconds(1))
    await writeHistory { [home, entry] in try await home.history.append(entry) }
  }

  /// Writes to the last entry that nothing differs, where the look after it shows that.
  func settleHistory(_ report: PassReport) async {
    guard var entry = lastEntry, report.isInSync else { return }
    lastEntry = nil
    guard entry.result == .done || entry.result == .underWay else { return }
    entry.result = .inSync
    await writeHistory { [home, entry] in
      try await home.history.amend(entry)
      return nil
    }
  }

  /// Writes to the history; where that fails, no pass is the worse for it, and it is told once.
  private func writeHistory(_ write: () async throws -> HistoryEntry?) async {
    do {
      lastEntry = try await write()
      if told.historyError != nil { logger.notice("History can be written again") }
      told.historyError = nil
    } catch {
      lastEntry = nil
      if told.historyError != "\(error)" { logger.fail("History cannot be written", error) }
      told.historyError = "\(error)"
    }
  }
}
