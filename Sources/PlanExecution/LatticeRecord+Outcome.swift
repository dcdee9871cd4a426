public import LatticeModel

extension LatticeRecord {
  /// The record once a plan was carried out: what was deleted is nobody's.
  ///
  /// - Parameter outcome: What became of the plan.
  /// - Returns: The record to write.
  public func releasing(_ outcome: PlanOutcome) -> LatticeRecord {
    var record = self
    for (step, result) in outcome.results where result == .confirmed {
      for intent in step.intents {
        record.release(intent)
        record.claim(intent, of: step)
      }
    }
    return record
  }
}
