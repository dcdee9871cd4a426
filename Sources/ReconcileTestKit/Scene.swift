public import JSONCoding
public import LatticeModel
public import LatticeSimulator
public import NATSTransport
import ServiceRuntime

/// A lattice inside the process: a bus and simulated hosts in up to three zones.
public struct Scene: Sendable {
  /// What carries the messages.
  public let bus: InProcessBus
  /// The hosts, to be harmed and looked into.
  public let lattice: SimulatedLattice
  /// Their ids, sorted.
  public let hosts: [HostID]

  /// Starts hosts.
  ///
  /// - Parameters:
  ///   - count: How many.
  ///   - bus: What carries the messages.
  /// - Throws: `NATSError` where they cannot listen.
  public init(hosts count: Int = 3, over bus: InProcessBus = InProcessBus()) async throws {
    self.bus = bus
    lattice = SimulatedLattice("default", over: bus)
    try await lattice.start()
    var hosts: [HostID] = []
    for index in 0..<count {
      hosts.append(
        try await lattice.addHost(
          labels: ["zone": ["a", "b", "c"][index % 3]], upFor: .seconds(600)))
    }
    self.hosts = hosts.sorted()
  }

  /// Returns hosts as they stand on record.
  ///
  /// - Parameters:
  ///   - hosts: The hosts.
  ///   - time: When they were seen last.
  /// - Returns: A record of them, of which nothing of ours runs.
  public func record(of hosts: [HostID], seen time: Timestamp = .now) -> LatticeRecord {
    var record = LatticeRecord()
    for host in hosts {
      record.hosts[host] = RecordedHost(report: HostReport(host: host), lastSeen: time)
    }
    return record
  }

  /// Answers on a subject as a program of somebody else's would.
  ///
  /// - Parameters:
  ///   - subject: The subject.
  ///   - reply: Makes the answer, if there is one.
  /// - Returns: A task to be cancelled when it has answered enough.
  /// - Throws: `NATSError` where the subject cannot be listened on.
  public func answer(
    on subject: String, _ reply: @escaping @Sendable (NATSMessage) -> JSONValue?
  ) async throws -> Task<Void, Never> {
    let batches = try await bus.subscribe(to: subject, queue: nil, limit: 1_000)
    return Task { [bus] in
      for await batch in batches {
        for message in batch.elements {
          guard let inbox = message.reply, let value = reply(message) else { continue }
          try? await bus.publish(value.bytes(), to: inbox, replyTo: nil)
        }
      }
    }
  }
}

extension Timestamp {
  /// The time of day.
  public static var now: Timestamp { Timestamp(nanoseconds: WallClock.system.now) }

  /// Returns a time before this one.
  ///
  /// - Parameter hours: How many hours before.
  /// - Returns: That time.
  public func earlier(by hours: Int64) -> Timestamp {
    Timestamp(nanoseconds: nanoseconds - hours * 3_600_000_000_000)
  }
}
