import Diagnostics
import LatticeDialects
import LatticeModel
import NATSTransport
import ServiceRuntime

/// Questions to hosts: who is there, and what do you run?
extension LatticeObserver {
  /// Asks a host for its inventory and notes the answer: nobody else does.
  ///
  /// Each question has a number, so that an answer that was long on its way does not undo news. Where
  /// the server says that nobody listens, the host is asked once more after the pause.
  ///
  /// - Parameters:
  ///   - host: The host.
  ///   - limit: How long to wait; `nil` for as long as a busy host may take.
  ///   - pause: The pause before it is asked once more.
  /// - Returns: What it answered last.
  @discardableResult
  func ask(
    _ host: HostID, within limit: Duration? = nil, pause: Duration = .milliseconds(100)
  ) async -> InventoryAnswer {
    var answer = InventoryAnswer.silence
    for _ in 1...2 {
      let (question, start) = (observation.ask(host, isPatient: limit == nil), now)
      answer = await inventory(of: host, within: limit ?? options.inventoryTimeout)
      if case .report(let report) = answer {
        noteSurprise(in: report)
        execution?.noteUptime(of: report, at: start.instant)
      }
      observation.hear(
        answer, from: host, to: question, isPatient: limit == nil, since: start, at: now)
      if case .report = answer { settleEffects(at: host) }
      guard case .nobody = answer else { break }
      // Its own connection may be on its way back.
      try? await Task.sleep(for: pause)
    }
    return answer
  }

  private func inventory(of host: HostID, within limit: Duration) async -> InventoryAnswer {
    let connection = observation.connection
    do {
      let question = dialect.inventoryQuestion(to: host, in: lattice)
      let answer = try await transport.request(
        question.payload, to: question.subject, timeout: limit)
      let report = try dialect.readInventory(answer.payload)
      return report.host == host ? .report(report) : .unusable("it answers for another host")
    } catch NATSError.noResponders {
      return .nobody
    } catch NATSError.invalidSubject {
      return .unusable("its id is no part of a subject")
    } catch NATSError.disconnected {
      noteOutage(of: connection)
      return .silence
    } catch let error as WireError {
      return .unusable(error.diagnostics.first?.message ?? "its inventory cannot be read")
    } catch {
      return .silence
    }
  }

  /// Reads inventories, many at once; who is being asked is not asked twice.
  func read(_ hosts: some Sequence<HostID>) async {
    let mine = Set(hosts).subtracting(reading)
    guard !mine.isEmpty else { return }
    reading.formUnion(mine)
    _ = try? await gather(mine.sorted(), inFlight: options.inFlight) { await self.ask($0) }
    reading.subtract(mine)
  }

  /// Reads the inventories of which something has said that they are different.
  func readWhereNeeded() {
    // Of a host that something is waited for on, the waiting reads.
    let needed = observation.questions.filter {
      !reading.contains($0) && !(execution?.isBusy($0) ?? false)
    }
    readSoon(needed)
  }

  /// Reads inventories while nobody waits.
  func readSoon(_ hosts: [HostID]) {
    guard !hosts.isEmpty else { return }
    Task {
      await self.read(hosts)
      self.settle()
    }
  }

  /// Asks all hosts that can be commanded whether they are there.
  ///
  /// - Parameter window: How long to wait; a host answers within some ten milliseconds even while it
  ///   starts much.
  /// - Returns: Who answered.
  @discardableResult
  func ping(within window: GatherWindow) async -> Set<HostID> {
    let (question, start) = (dialect.ping(in: lattice), ContinuousClock.now)
    let answers = try? await transport.requestMany(
      question.payload, to: question.subject, within: window)
    return hear((answers ?? []).compactMap { try? dialect.readAnswer($0.payload) }, since: start)
  }

  /// Asks who is there, hosts that cannot be commanded too.
  ///
  /// Where somebody listens and nobody has answered yet, all are asked once more, for the rest of
  /// the time.
  ///
  /// - Returns: Who answered and can be commanded.
  /// - Throws: `NATSError` where the server is gone.
  func callRoll() async throws -> Set<HostID> {
    let start = ContinuousClock.now
    let first = GatherWindow(atMost: options.discoverTimeout)
    let answered = try await callRoll(within: first)
    let passed = ContinuousClock.now - start
    // Where nobody listens the server says so at once.
    guard observed.hosts.isEmpty, passed >= first.atLeast, passed < options.discoverTimeout
    else { return answered }
    let rest = options.discoverTimeout - passed
    return try await callRoll(within: GatherWindow(atLeast: rest, atMost: rest))
  }

  private func callRoll(within window: GatherWindow) async throws -> Set<HostID> {
    let (calls, start) = (dialect.rollCalls(in: lattice), ContinuousClock.now)
    let answers = try await gather(calls, inFlight: calls.count) { [transport] in
      try await transport.requestMany($0.payload, to: $0.subject, within: window)
    }
    let decoded = answers.joined().compactMap { try? dialect.readAnswer($0.payload) }
    let speakers = Set(decoded.filter { $0.isSupported }.map(\.host))
    return hear(decoded.filter { $0.isSupported || !speakers.contains($0.host) }, since: start)
  }

  /// Notes who answered what was asked at a moment; returns those that can be commanded.
  private func hear(
    _ answers: [HostAnswer], since asked: ContinuousClock.Instant
  ) -> Set<HostID> {
    for answer in answers { observation.hear(answer, since: asked, at: now) }
    return Set(answers.lazy.filter { $0.isSupported }.map(\.host))
  }
}
