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

  /// Tells whoever asks for how long git cannot be read or followed, while we command, and other
  /// controllers that we are there.
  func watchQuestions() async {
    do {
      let questions = try await transport.subscribe(
        to: Self.sourceSubject(settings.pass.lattice), queue: nil, limit: 1_000)
      for await batch in questions {
        for message in batch.elements {
          let answer = answer(to: message.payload)
          guard let reply = message.reply, let answer else { continue }
          try? await transport.publish(answer, to: reply, replyTo: nil)
        }
      }
    } catch {
      logger.fail("Questions about the source cannot be heard", error)
    }
  }

  /// What we say to a question; nothing where it is not ours to answer.
  private func answer(to question: [UInt8]) -> [UInt8]? {
    let asker = ControllerWord(question)
    if let asker { hear(asker) }
    guard lease.isHeld else {
      guard let asker, isReady, let word, asker.record == word.record,
        asker.process != word.process
      else { return nil }
      return JSONValue.object(word.members).bytes()
    }
    var answer = SourceStaleness(health.current)?.members ?? [:]
    answer.merge(RivalRecord.members(of: home, settings.pass.holder, mark)) { $1 }
    let own = CommanderAnswer(
      standbys: health.current.standbys, holder: settings.pass.holder, isHalted: brake.isOn)
    answer.merge(own.members) { $1 }
    if let word { answer.merge(word.members) { $1 } }
    return JSONValue.object(answer).bytes()
  }

  /// Notes what another controller says of itself; one that commands much less gets a lattice soon.
  private func hear(_ word: ControllerWord) {
    let isToHaveOne = shares.withLock { shares in
      shares.hear(word, of: settings.lattice, at: .now)
      return shares.isToHaveOne(word, at: .now)
    }
    if isToHaveOne, lease.isHeld { isToAsk = true }
  }

  /// What we say of ourselves; nothing where the record lies in a file, which others do not see.
  private var word: ControllerWord? {
    guard settings.mode == .reconcile, let identity = home.identity else { return nil }
    let (process, load) = shares.withLock { ($0.process, $0.load) }
    return ControllerWord(
      process: process, holder: settings.pass.holder, load: load, record: identity,
      commands: lease.isHeld)
  }

  /// Whether we could command at once: git can be read, and so can what is to stop us.
  private var isReady: Bool {
    reading != nil && health.current.staleSince == nil && !brake.isUnreadable
      && shares.withLock { $0.wants(settings.lattice, at: .now) }
  }

  /// Takes the lease whenever nobody else has it, and gives it back where another controller commands
  /// much less.
  func keepLease() async {
    var due = ContinuousClock.now
    while !Task.isCancelled {
      if lease.epoch == nil {
        noteLeaseIsGone()
        if shares.withLock({ $0.wants(settings.lattice, at: .now) }) {
          if await takeLease() { inbox.trigger(.lease) } else { await announce() }
        }
        due = .now + Self.questionPause
      } else if isToAsk || .now >= due {
        isToAsk = false
        due = .now + Self.questionPause * Double.random(in: 0.9...1.1)
        await meetOthers()
      }
      tellAdvice()
      try? await Task.sleep(for: lease.isHeld ? .seconds(2) : lease.nextClaim)
    }
  }

  /// The time between two questions to whoever else is there.
  private static let questionPause = Duration.seconds(20)

  /// Says once that we could command too, so that we need not be asked first.
  private func announce() async {
    guard told.standby != nil, !hasAnnounced, isReady, let word else { return }
    hasAnnounced = true
    let subject = Self.sourceSubject(settings.pass.lattice)
    try? await transport.publish(
      JSONValue.object(word.members).bytes(), to: subject, replyTo: nil)
  }

  /// Gives the lease back, if that was decided; called between two plans.
  func handOver() async {
    guard let next = handover else { return }
    handover = nil
    guard lease.isHeld else { return shares.withLock { $0.keep(settings.lattice) } }
    shares.withLock { $0.gave(settings.lattice, to: next.process, at: .now) }
    await lease.release()
    noteLeaseIsGone()
    logger.notice(
      "Gives the lattice to a controller that commands fewer",
      metadata: ["holder": .string(next.holder)])
  }

  private func noteLeaseIsGone() {
    let wasOurs = shares.withLock { $0.lose(settings.lattice) }
    guard wasOurs || health.current.holdsLease else { return }
    health.note { ($0.holdsLease, $0.standbys) = (false, []) }
    measureCommand()
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
      let courtesy = shares.withLock { $0.courtesy(for: settings.lattice, at: .now) }
      try await lease.acquire(after: courtesy)
      shares.withLock { $0.take(settings.lattice, at: .now) }
      guard await !meetOthers() else { return false }
      (told.standby, told.leaseError, hasAnnounced) = (nil, nil, false)
      measureFailures()
      health.note { ($0.holdsLease, $0.otherHolder) = (true, nil) }
      measureCommand()
      logger.notice("Commands the lattice", metadata: ["holder": .string(settings.pass.holder)])
      return true
    } catch RecordError.leaseHeld(let holder) {
      told.leaseError = nil
      shares.withLock { $0.leave(settings.lattice) }
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
  ///
  /// Whoever else could command is asked at once with it, and one that commands much less gets the
  /// lattice once no plan is carried out.
  @discardableResult
  private func meetOthers() async -> Bool {
    let answers = await RivalRecord.ask(
      about: settings.pass.lattice, JSONValue.object(word?.members ?? [:]).bytes(),
      over: transport)
    guard let rival = RivalRecord.find(in: answers, home, besides: mark) else {
      weigh(answers.compactMap { ControllerWord($0.payload) })
      return false
    }
    await lease.release()
    shares.withLock { $0.leave(settings.lattice) }
    health.note { $0.holdsLease = false }
    health.fail(rival)
    if told.leaseError != "\(rival)" {
      told.leaseError = "\(rival)"
      measureFailures()
      logger.fail("Lease is given back, nothing is sent", rival)
    }
    measureCommand()
    // Of two that have met, one goes on.
    try? await Task.sleep(for: .seconds(1) * Double.random(in: 0.5...3))
    return true
  }

  /// Looks at who else could command, and decides whether one of them is to.
  private func weigh(_ words: [ControllerWord]) {
    let others = words.filter {
      $0.process != word?.process && $0.record == word?.record && !$0.commands
    }
    let next = shares.withLock { shares in
      for other in others { shares.hear(other, of: settings.lattice, at: .now) }
      return shares.give(settings.lattice, among: others, at: .now)
    }
    health.note { $0.standbys = Set(others.map(\.holder)).sorted() }
    measureCommand()
    guard let next else { return }
    handover = next
    inbox.trigger(.handover)
  }
}
