import DesiredSources
import Diagnostics
import LatticeModel
import RecordKeeping
import ServiceRuntime

/// Forms that are good enough to go back to, and those that people went back to.
extension ControllerSession {
  /// Keeps the forms that are in sync now; where that fails, no pass is the worse for it, and it is
  /// told once.
  ///
  /// - Returns: The record as it is stored then.
  func keepForms(
    _ status: LatticeStatus, of reading: SourceReading, over stored: StoredRecord
  ) async -> StoredRecord {
    do {
      let kept = try await pass.keepingForms(status, of: reading, on: stored.record)
      let stored = try await home.records.save(kept.record, over: stored)
      for error in kept.unkept { logger.fail("Form cannot be kept", error) }
      told.formError = nil
      return stored
    } catch {
      if told.formError != "\(error)" { logger.fail("Form cannot be kept", error) }
      told.formError = "\(error)"
      return stored
    }
  }

  /// Tells what is pinned, once, and what no longer is.
  func tell(_ pins: [PinnedForm]) {
    for pinned in pins where !told.pins.contains(pinned.pin) {
      logger.notice(
        "Application is pinned",
        metadata: [
          LogKey.application: .string(pinned.pin.application.rawValue),
          LogKey.revision: .string(pinned.pin.revision.rawValue),
          "reason": .string(pinned.pin.reason), "by": .string(pinned.pin.by),
          "error": .string(pinned.obstacle ?? ""),
        ])
    }
    for pin in told.pins where !pins.contains(where: { $0.pin == pin }) {
      logger.notice(
        "Application is pinned no longer",
        metadata: [LogKey.application: .string(pin.application.rawValue)])
    }
    told.pins = pins.map(\.pin)
  }
}
