import Diagnostics
public import LatticeDialects
public import LatticeModel
public import NATSTransport
import RecordKeeping
public import ServiceRuntime

/// How a lattice is looked at once.
public struct SweepOptions: Hashable, Sendable {
  /// The longest time to wait for answers to the ping.
  public var discoverTimeout: Duration
  /// How many hosts must answer, where known.
  public var expectedHosts: Int?
  /// Hosts on record that are gone for good.
  public var forgotten: Set<HostID>
  /// How long to wait for an inventory; a busy host takes seconds.
  public var inventoryTimeout: Duration
  /// How many requests are in flight at most.
  public var inFlight: Int
  /// Whether a host on whose subjects nobody listens is lost; not so soon after an outage, when
  /// hosts may still be on their way back.
  public var concludesLoss = true

  /// Creates options.
  ///
  /// - Parameters:
  ///   - discoverTimeout: The longest time to wait for answers to the ping.
  ///   - expectedHosts: How many hosts must answer, where known.
  ///   - forgotten: Hosts on record that are gone for good.
  ///   - inventoryTimeout: How long to wait for an inventory.
  ///   - inFlight: How many requests are in flight at most.
  public init(
    discoverTimeout: Duration = .seconds(2), expectedHosts: Int? = nil,
    forgotten: Set<HostID> = [], inventoryTimeout: Duration = .seconds(5), inFlight: Int = 64
  ) {
    self.discoverTimeout = discoverTimeout
    self.expectedHosts = expectedHosts
    self.forgotten = forgotten
    self.inventoryTimeout = inventoryTimeout
    self.inFlight = max(1, inFlight)
  }
}

/// What one look at a lattice gave.
public struct Sighting: Sendable {
  /// The best knowledge of the lattice.
  public var observed: ObservedState
  /// The JetStream domain that the hosts' stores are in, if they name one.
  public var jetStreamDomain: String?
}

extension Sighting {
  /// Asks providers that were started, and did not listen when they were last asked, for their health.
  ///
  /// - Parameters:
  ///   - deaf: The providers, with their hosts.
  ///   - lattice: The lattice.
  ///   - transport: The connection.
  public mutating func ask(
    _ deaf: [(provider: ProviderID, host: HostID)], in lattice: LatticeName,
    over transport: any MessageTransport
  ) async {
    guard !deaf.isEmpty else { return }
    for (provider, host) in deaf { observed.noteDeaf(provider, on: host) }
    let health = ProviderHealth(lattice: lattice, transport: transport)
    for provider in await health.ask(theDeafOf: observed) { observed.noteListening(provider) }
  }
}

/// Looks at a whole lattice once: who is there, what they run, what the stores hold.
///
/// Only asks: pings, `host.get`, direct gets of named keys, and `link.get` and `config.get` where
/// those fail. Costs one round of pings, then one round trip for each host and key, many at once.
public struct InventorySweep: Sendable {
  private let lattice: LatticeName
  private let dialect: any LatticeDialect
  private let transport: any MessageTransport
  private let options: SweepOptions
  private let clock: WallClock

  /// Prepares a look.
  ///
  /// - Parameters:
  ///   - lattice: The lattice.
  ///   - dialect: How its hosts are spoken to.
  ///   - transport: What carries the questions.
  ///   - options: How to look.
  ///   - clock: The time of day.
  public init(
    _ lattice: LatticeName, in dialect: any LatticeDialect = commandedDialect,
    over transport: any MessageTransport, options: SweepOptions = SweepOptions(),
    clock: WallClock = .system
  ) {
    self.lattice = lattice
    self.dialect = dialect
    self.transport = transport
    self.options = options
    self.clock = clock
  }

  private var now: Timestamp { Timestamp(nanoseconds: clock.now) }

  /// Looks.
  ///
  /// - Parameters:
  ///   - record: Whom to expect, and what of ours silent hosts ran.
  ///   - feed: Events since before the look; what has arrived is applied at the end.
  ///   - sources: The ids whose stored links are needed.
  ///   - configs: The names of the configs that are needed.
  ///   - answers: Who is there, where that was asked already.
  /// - Returns: What was seen, with whether it is complete.
  /// - Throws: `ClientError.noHosts` where nobody answered and nobody is on record; `NATSError`
  ///   where the server is gone.
  public func run(
    expecting record: LatticeRecord, feed: EventFeed, sources: Set<String>,
    configs: Set<ConfigName>, answers: [HostAnswer]? = nil
  ) async throws -> Sighting {
    var observed = ObservedState()
    let answers = if let answers { answers } else { try await discover() }
    for answer in answers { observed.note(answer, at: now) }
    let expected = record.expected(forgetting: options.forgotten, at: now)
    guard !answers.isEmpty || !expected.isEmpty else { throw ClientError.noHosts(lattice) }
    try await readInventories(expected, into: &observed)
    try await askTheSilent(expected, into: &observed)
    let domain = answers.lazy.compactMap(\.jetStreamDomain).first
    try await readStores(sources, configs, domain, into: &observed)
    for case .event(let event, let time) in feed.takeWaiting() { observed.apply(event, at: time) }
    observed.view = completeness(of: observed, expecting: expected)
    return Sighting(observed: observed, jetStreamDomain: domain)
  }

  /// Asks who is there: the first part of a look, and the only one that needs no record.
  ///
  /// Where somebody listens and nobody has answered yet, all are asked once more, for the rest of
  /// the time.
  ///
  /// - Returns: The hosts' answers, one a host.
  /// - Throws: `NATSError` where the server is gone.
  public func discover() async throws -> [HostAnswer] {
    let start = ContinuousClock.now
    let first = GatherWindow(atMost: options.discoverTimeout)
    let answers = try await ask(within: first)
    let passed = ContinuousClock.now - start
    // Where nobody listens the server says so at once.
    guard answers.isEmpty, passed >= first.atLeast, passed < options.discoverTimeout else {
      return answers
    }
    let rest = options.discoverTimeout - passed
    return try await ask(within: GatherWindow(atLeast: rest, atMost: rest))
  }

  private func ask(within window: GatherWindow) async throws -> [HostAnswer] {
    let calls = dialect.rollCalls(in: lattice)
    let answers = try await gather(calls, inFlight: calls.count) {
      try await transport.requestMany($0.payload, to: $0.subject, within: window)
    }
    let decoded = answers.joined().compactMap { try? dialect.readAnswer($0.payload) }
    let speakers = Set(decoded.filter { $0.isSupported }.map(\.host))
    return decoded.filter { $0.isSupported || !speakers.contains($0.host) }
  }

  private enum InventoryAnswer: Sendable {
    case report(HostReport)
    case nobody
    case silence(String)
  }

  private func inventory(of host: HostID, within timeout: Duration) async throws -> InventoryAnswer
  {
    do {
      let question = dialect.inventoryQuestion(to: host, in: lattice)
      let answer = try await transport.request(
        question.payload, to: question.subject, timeout: timeout)
      let report = try dialect.readInventory(answer.payload)
      return report.host == host ? .report(report) : .silence("it answers for another host")
    } catch NATSError.noResponders {
      return .nobody
    } catch NATSError.invalidSubject {
      return .silence("its id is no part of a subject")
    } catch let error as WireError {
      return .silence(error.diagnostics.first?.message ?? "its inventory cannot be read")
    } catch NATSError.timeout {
      return .silence("it answers pings but not for its inventory")
    }
  }

  /// A host that answers pings but not this still runs what is on record of it.
  private func readInventories(
    _ expected: [HostID: RecordedHost], into observed: inout ObservedState
  ) async throws {
    let hosts = observed.hosts.filter { $0.isSupported }.map(\.id)
    let answers = try await gather(hosts, inFlight: options.inFlight) { host in
      try await inventory(of: host, within: options.inventoryTimeout)
    }
    for (host, answer) in zip(hosts, answers) {
      let reason: String
      switch answer {
      case .report(let report):
        observed.note(report, at: now)
        continue
      case .nobody: reason = "it is gone since it answered the ping"
      case .silence(let words): reason = words
      }
      if let known = expected[host] { observed.noteSilent(known.report) }
      observed.mark(host, .late(reason: reason))
    }
  }

  /// Asks those on record that did not answer the ping.
  ///
  /// "No responders" twice, with another host answering, is a loss; anything else is silence.
  private func askTheSilent(
    _ expected: [HostID: RecordedHost], into observed: inout ObservedState
  ) async throws {
    let absent = expected.keys.filter { observed.host($0) == nil }.sorted()
    let othersAnswer = observed.hosts.contains(where: \.isUsable)
    let answers = try await gather(absent, inFlight: options.inFlight) { host in
      let first = try await inventory(of: host, within: .milliseconds(300))
      guard case .nobody = first else { return first }
      try await Task.sleep(for: .milliseconds(100))
      return try await inventory(of: host, within: .milliseconds(300))
    }
    for (host, answer) in zip(absent, answers) {
      switch answer {
      case .report(let report): observed.note(report, at: now)
      case .nobody where othersAnswer && options.concludesLoss: observed.mark(host, .lost)
      case .nobody, .silence:
        if let known = expected[host] { observed.noteSilent(known.report) }
      }
    }
  }

  private func readStores(
    _ sources: Set<String>, _ configs: Set<ConfigName>, _ domain: String?,
    into observed: inout ObservedState
  ) async throws {
    let reader = StoreReader(lattice: lattice, domain: domain, transport: transport)
    for (source, links) in try await reader.links(of: sources.sorted(), options.inFlight) {
      observed.noteLinks(links, of: source)
    }
    for (name, config) in try await reader.configs(configs.sorted(), options.inFlight) {
      observed.noteConfig(config, named: name)
    }
  }

  private func completeness(
    of observed: ObservedState, expecting expected: [HostID: RecordedHost]
  ) -> ViewCompleteness {
    let silent = observed.silentHosts
    let answered = observed.hosts.count(where: \.isUsable)
    if let wanted = options.expectedHosts, answered < wanted {
      return .incomplete(silent: silent, expected: wanted, answered: answered)
    }
    guard silent.isEmpty else {
      return .incomplete(
        silent: silent, expected: max(expected.count, answered + silent.count), answered: answered)
    }
    let isProven = !expected.isEmpty || options.expectedHosts != nil
    return isProven ? .complete : .unproven
  }
}
