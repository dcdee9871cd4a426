import ConfigurationModel
import Diagnostics
import JSONCoding
import LatticeModel
import NATSTransport
import RecordKeeping
import ServiceRuntime

/// The session's claim to command, and what it tells others who command or want to.
extension ControllerSession {
  /// The subject on which whoever commands a lattice says how it reads git.
  static func sourceSubject(_ lattice: LatticeName) -> String { "reconcile.source.\(lattice)" }

  /// Tells whoever asks for how long git cannot be read or followed, while we command.
  func watchQuestions() async {
    do {
      let questions = try await transport.subscribe(
        to: Self.sourceSubject(settings.pass.lattice), queue: nil, limit: 1_000)
      for await batch in questions where lease.isHeld {
        var answer = SourceStaleness(health.current)?.members ?? [:]
        answer.merge(RivalRecord.members(of: home, settings.pass.holder, mark)) { $1 }
        let bytes = JSONValue.object(answer).bytes()
        for message in batch.elements {
          guard let reply = message.reply else { continue }
          try? await transport.publish(bytes, to: reply, replyTo: nil)
        }
      }
    } catch {
      logger.fail("Questions about the source cannot be heard", error)
    }
  }

  /// Takes the lease whenever nobody else has it.
  func keepLease() async {
    var asked = ContinuousClock.now
    while !Task.isCancelled {
      if lease.epoch == nil, await takeLease() { inbox.trigger(.lease) }
      if lease.isHeld, .now - asked > .seconds(20) {
        asked = .now
        await yieldToRival()
      }
      tellAdvice()
      try? await Task.sleep(for: lease.isHeld ? .seconds(2) : .milliseconds(250))
    }
  }

  /// Tells once what is not as it should be with where the lease lies.
  private func tellAdvice() {
    defer { told.advice = lease.advice }
    guard let advice = lease.advice, told.advice != advice else { return }
    logger.warning("Bucket is not as it should be", metadata: ["remedy": .string(advice)])
  }

  /// Takes the lease, unless somebody has it; returns whether it is ours now.
  private func takeLease() async -> Bool {
    do {
      try await lease.acquire()
      guard await !yieldToRival() else { return false }
      (told.standby, told.leaseError) = (nil, nil)
      measureFailures()
      health.note { ($0.holdsLease, $0.otherHolder) = (true, nil) }
      logger.notice("Commands the lattice", metadata: ["holder": .string(settings.pass.holder)])
      return true
    } catch RecordError.leaseHeld(let holder) {
      told.leaseError = nil
      health.note { ($0.holdsLease, $0.otherHolder) = (false, holder) }
      guard told.standby != holder else { return false }
      told.standby = holder
      guard holder == settings.pass.holder else {
        logger.notice("Stands by, somebody else commands", metadata: ["holder": .string(holder)])
        return false
      }
      logger.warning(
        "Stands by, another process of our name commands, or did a moment ago",
        metadata: [
          "holder": .string(holder), "remedy": "give each process its own name with --holder",
        ])
    } catch {
      health.note { $0.holdsLease = false }
      health.fail(error)
      if told.leaseError != "\(error)" {
        told.leaseError = "\(error)"
        measureFailures()
        logger.fail("Lease cannot be taken, nothing is sent", error)
      }
      await restoreHome()
    }
    return false
  }

  /// Gives the lease back where somebody commands the lattice with another record of it, as two sites
  /// do that have met; returns whether it does.
  @discardableResult
  private func yieldToRival() async -> Bool {
    let rival = await RivalRecord.find(
      of: settings.pass.lattice, home, over: transport, besides: mark)
    guard let rival else { return false }
    await lease.release()
    health.note { $0.holdsLease = false }
    health.fail(rival)
    if told.leaseError != "\(rival)" {
      told.leaseError = "\(rival)"
      measureFailures()
      logger.fail("Lease is given back, nothing is sent", rival)
    }
    // Of two that have met, one goes on.
    try? await Task.sleep(for: .seconds(1) * Double.random(in: 0.5...3))
    return true
  }
}
