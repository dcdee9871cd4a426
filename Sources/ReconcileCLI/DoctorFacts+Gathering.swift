import ConfigurationModel
import DesiredSources
import Diagnostics
import GitSource
import LatticeDialects
import LatticeModel
import LatticeObservation
import NATSTransport
import ReconcileLoop
import RecordKeeping
import ServiceRuntime
import TextForms

/// The looking; it sends no command, and writes nothing.
extension DoctorFacts {
  /// Finds out what can be found out; takes as long as hosts may take to answer, twice.
  ///
  /// - Parameter settings: Where to look.
  init(gatheringFor settings: PassConfiguration) async {
    let servers = settings.nats.publicServers.joined(separator: ", ")
    let repository = withoutCredentials(settings.source.repository)
    target =
      "lattice \(settings.lattice) at \(servers)" + (settings.nats.isSecure ? " over TLS" : "")
      + (settings.nats.credentialsFile.map { ", credentials \($0)" } ?? "")
      + "; repository \(repository), reference \(settings.source.reference)"
    lattice = settings.lattice
    now = Timestamp(nanoseconds: WallClock.system.now)
    async let reading = Self.git(settings)
    do {
      let transport = try await NATSConnection.connect(settings.nats)
      defer { transport.close() }
      var found = await Self.lattice(settings, over: transport)
      let git = await reading
      let isUsable = found.hosts.value?.hosts.contains(where: \.isUsable) ?? false
      if git.value != nil, isUsable {
        found.plan = await fact { try await Reconciliation(settings).dryRun() }
      }
      (self.git, connection) = (git, .known(found))
    } catch {
      (git, connection) = (await reading, .missing(findings(in: error)))
    }
  }

  private static func git(_ settings: PassConfiguration) async -> Fact<Git> {
    await fact {
      let reading = try await Reconciliation(settings).validate()
      return Git(
        commit: "\(reading.desired.revision.short) \(reading.commit.summary)",
        path: reading.shownLayers, applications: reading.desired.applications.count,
        findings: reading.diagnostics, notes: reading.notes)
    }
  }

  private static func lattice(
    _ settings: PassConfiguration, over transport: NATSConnection
  ) async -> Lattice {
    try? await transport.flush()
    let server = await transport.serverReport()
    let jetStream: Result<JetStreamUse, NATSError>
    do throws(NATSError) {
      jetStream = .success(try await transport.jetStreamUse(in: settings.buckets.domain))
    } catch {
      jetStream = .failure(error)
    }
    let record = await fact { try await Self.record(settings, over: transport) }
    let hosts = await fact {
      try await Self.hosts(settings, record.value?.record ?? LatticeRecord(), over: transport)
    }
    return Lattice(
      server: server, roundTrip: transport.roundTrip, jetStream: jetStream,
      accesses: await SubjectAccess.all(for: settings, over: transport, told: server),
      record: record, hosts: hosts)
  }

  private static func record(
    _ settings: PassConfiguration, over transport: NATSConnection
  ) async throws -> Record {
    let home = try await settings.recordHome(over: transport, isWriter: false)
    let stored = home.isAbsent ? StoredRecord() : try await home.records.load()
    let place = home.file?.path ?? "the bucket \(RecordStore.bucket(settings.lattice))"
    return Record(
      record: stored.record, holder: await home.leaseHolder(), place: place,
      isAbsent: home.isAbsent,
      notes: [
        home.file.map { "\($0.sentence); the record lies in \($0.path)" },
        home.sizeNote(of: stored),
      ]
      .compactMap(\.self))
  }

  private static func hosts(
    _ settings: PassConfiguration, _ record: LatticeRecord, over transport: NATSConnection
  ) async throws -> ObservedState {
    var options = settings.observer
    options.believesAtOnce = true
    let observer = LatticeObserver(
      settings.lattice, in: commandedDialect(below: settings.controlPrefix), over: transport,
      options: options)
    try await observer.open()
    try await observer.look(
      expecting: record.expected(at: Timestamp(nanoseconds: WallClock.system.now)))
    let observed = try await observer.sighting(sources: [], configs: [])
    guard !observed.hosts.isEmpty else { throw ObservationError.noHosts(settings.lattice) }
    return observed
  }
}

extension SubjectAccess {
  /// What must be allowed, and whether it is: as the server tells, else by trying what is harmless.
  static func all(
    for settings: PassConfiguration, over transport: NATSConnection, told server: ServerReport
  ) async -> [SubjectAccess] {
    let dialect = commandedDialect(below: settings.controlPrefix)
    var accesses =
      looks(dialect, in: settings.lattice) + commands(dialect, in: settings.lattice)
      + writes(settings, over: transport)
    for index in accesses.indices {
      let access = accesses[index]
      let told = access.isSubscription ? server.subscribing : server.publishing
      if let told {
        accesses[index].isAllowed = told.allow(access.subject)
      } else if access.isHarmless {
        accesses[index].isAllowed =
          access.isSubscription
          ? await transport.maySubscribe(to: access.subject)
          : await transport.mayPublish(to: access.subject)
      }
    }
    return accesses
  }

  private static func looks(
    _ dialect: any LatticeDialect, in lattice: LatticeName
  ) -> [SubjectAccess] {
    let questions =
      dialect.rollCalls(in: lattice) + [
        dialect.inventoryQuestion(to: HostID(nobody), in: lattice),
        dialect.healthQuestion(to: ProviderID(nothing), in: lattice),
      ]
    return [
      SubjectAccess(
        subject: dialect.eventSubject(in: lattice), isSubscription: true, purpose: .looking,
        isHarmless: true)
    ]
      + questions.map {
        SubjectAccess(subject: $0.subject, purpose: .looking, isHarmless: true)
      }
  }

  private static func commands(
    _ dialect: any LatticeDialect, in lattice: LatticeName
  ) -> [SubjectAccess] {
    let actor = Launch.actor(ActorLaunch(id: ActorID(nothing), image: "doctor"))
    let provider = Launch.provider(ProviderLaunch(id: ProviderID(nothing), image: "doctor"))
    let link = LinkDefinition(
      key: LinkKey(source: nothing, contract: "wasi:http"), target: nothing, interfaces: [])
    let intents: [Intent] = [
      .run(actor, instances: 1, on: HostID(nobody)),
      .run(provider, instances: 1, on: HostID(nobody)),
      .end(provider, on: HostID(nobody)), .connect(link), .disconnect(link),
      .keep(ConfigName(nothing), [:]),
      .drop(ConfigName(nothing)),
    ]
    return intents.map { intent in
      SubjectAccess(
        subject: dialect.request(for: intent, in: lattice).subject, purpose: .commanding,
        isHarmless: intent.host != nil)
    }
  }

  private static func writes(
    _ settings: PassConfiguration, over transport: NATSConnection
  ) -> [SubjectAccess] {
    let keys = [
      (RecordStore.bucket(settings.lattice), nothing),
      (ControllerLease.bucket(settings.lattice), "lease"),
    ]
    return keys.map { bucket, key in
      let store = NATSKeyValue(bucket: bucket, domain: settings.buckets.domain, over: transport)
      return SubjectAccess(subject: store.writingSubject(of: key), purpose: .commanding)
    }
  }
}

/// What work finds, or why it finds nothing.
private func fact<Value: Sendable>(_ work: () async throws -> Value) async -> Fact<Value> {
  do { return .known(try await work()) } catch { return .missing(findings(in: error)) }
}

private func findings(in error: any Error) -> [Diagnostic] {
  (error as? any DiagnosticError)?.diagnostics
    ?? [Diagnostic(DiagnosticCode("RUN", 9), .error, "\(error)")]
}
