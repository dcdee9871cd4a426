import ConfigurationModel
import DesiredSources
import LatticeModel
import LatticeDialects
import LatticeObservation
public import Planning
import RecordKeeping
import ServiceRuntime

/// Taking over what runs already and is as declared.
extension Reconciliation {
  /// Finds what is as declared and not ours, and says nothing of it to anybody.
  ///
  /// - Returns: What could be taken over, and what differs.
  /// - Throws: An error where git or the lattice cannot be read.
  public func adoptable() async throws -> Adoption {
    try await inspect { _, look in adoption(of: look.seen, look.stored.record.standingDoubt) }
  }

  /// Puts on record that what is as declared is ours; nothing is sent.
  ///
  /// - Parameter mayProceed: Asked once before it is written.
  /// - Returns: What was taken over, and what differs; `nil` where that was declined.
  /// - Throws: An error where git or the lattice cannot be read, or somebody else commands it.
  public func adopt(mayProceed: @Sendable (Adoption) async -> Bool) async throws -> Adoption? {
    let open = try await open()
    defer { open.close() }
    let home = try await configuration.recordHome(over: open.transport, isWriter: true)
    let lease = try await home.lease(as: configuration.holder)
    try await lease.acquire()
    do {
      let adoption = try await adopt(open, home, mayProceed)
      await lease.release()
      return adoption
    } catch {
      await lease.release()
      throw error
    }
  }

  private func adopt(
    _ open: Open, _ home: RecordHome, _ mayProceed: (Adoption) async -> Bool
  ) async throws -> Adoption? {
    let reading = try await home.records.read()
    try await open.hosts.value
    var stored = try await home.records.resolve(reading, seeing: await open.observer.answering)
    try await home.check(against: open.observer.hostsDomain)
    try await open.observer.look(expecting: expected(by: stored.record))
    stored.doubt(beside: await open.observer.hosts, at: now)
    let pass = pass(open, home, Brake())
    var memory = PassMemory()
    let look = try pass.plan(
      try await pass.look(try await open.reading.value, stored.record), &memory)
    try checkHosts(look.observed)
    let adoption = adoption(of: look, stored.record.standingDoubt)
    guard !adoption.units.isEmpty || !adoption.settled.isEmpty else { return adoption }
    guard await mayProceed(adoption) else { return nil }
    // Whom we saw is on record too: what changes next may take something away.
    let record = adoption.noted(on: stored.record)
      .seeing(look.observed, forgetting: configuration.forgotten, at: now)
    _ = try await home.records.save(record, over: stored)
    var entry = HistoryEntry(at: now, by: configuration.holder)
    entry.act =
      adoption.units.isEmpty ? "ended a doubt" : "adopted \(adoption.units.count) things"
    entry.result = .done
    entry.note(Set(adoption.units.map(\.application) + adoption.settled))
    _ = try? await home.history.append(entry)
    return adoption
  }

  private func adoption(of look: Pass.Look, _ doubt: RecordDoubt?) -> Adoption {
    let names = configuration.applications
    return Adoption(
      of: look.report.plan, names.isEmpty ? nil : Set(names.map { ApplicationName($0) }),
      look.observed, look.desired, commandedDialect.abilities, doubt)
  }
}
