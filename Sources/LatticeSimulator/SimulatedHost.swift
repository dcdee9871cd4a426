import JSONCoding
import LatticeDialects
public import LatticeModel
import TextForms

/// A wasmCloud 1.9.2 host as a pure machine: messages and time in, messages with delays out.
///
/// It answers to the letter of what real hosts said. What it claims to run and what it runs are
/// kept apart, because real ones differ there: a rescale with another image keeps the old code and
/// claims the new image. Starts take 15 to 30 ms and go one after another; while one is under way
/// inventories wait, pings do not.
public struct SimulatedHost: Sendable {
  /// How a host is taken down.
  public enum HostDeath: Hashable, Sendable {
    /// Its process ends, so long after the start was accepted.
    case crash(after: Duration)
    /// It answers nobody any more.
    case hang
  }

  /// An instance set.
  public struct InstanceSet: Hashable, Sendable {
    /// The image that the inventory shows.
    public var claimedImage: String
    /// The image whose code runs.
    public var code: String
    /// The annotations it was last instantiated with.
    public var annotations: [String: String]
    /// The most calls that it serves at once.
    public var instances: Int
    /// The named configs it was started with.
    public var configs: [String]
    /// The limits it was started with.
    public var limits: [String: String]?

    /// Creates a set.
    ///
    /// - Parameters:
    ///   - claimedImage: The image that the inventory names.
    ///   - code: The image whose code runs.
    ///   - annotations: Its annotations.
    ///   - instances: How many may run at once.
    ///   - configs: The names of its configs.
    ///   - limits: Its limits, as they were sent.
    public init(
      claimedImage: String, code: String, annotations: [String: String] = [:], instances: Int,
      configs: [String] = [], limits: [String: String]? = nil
    ) {
      self.claimedImage = claimedImage
      self.code = code
      self.annotations = annotations
      self.instances = instances
      self.configs = configs
      self.limits = limits
    }
  }

  /// What a host does wrong on purpose.
  public struct Faults: Hashable, Sendable {
    /// Requests are neither answered nor carried out.
    public var isHung = false
    /// What it sends and what is sent to it is lost, while its subscriptions stay.
    public var isPartitioned = false
    /// How much later than it could it answers with its inventory.
    public var inventoryDelay = Duration.zero
    /// Commands are accepted and nothing happens.
    public var neverActs = false
    /// How many of the next commands are refused.
    public var refusals = 0
    /// Images that cannot be fetched.
    public var failingImages: Set<String> = []
    /// How long images take to come that take long.
    public var slowImages: [String: Duration] = [:]
    /// Images that take the host down while they are started, and how.
    public var deadlyImages: [String: HostDeath] = [:]
    /// Takes away what is wrong with an image.
    mutating func mend(_ image: String) {
      failingImages.remove(image)
      slowImages[image] = nil
      deadlyImages[image] = nil
    }

    /// Ids that a policy or bad claims deny, with the error that stands in the event.
    ///
    /// What runs under such an id goes on running and cannot be scaled, not even to 0.
    public var denied: [String: String] = [:]
  }

  /// Its id.
  public let id: HostID
  /// The lattice it belongs to.
  public let lattice: LatticeName
  /// Its labels.
  public internal(set) var labels: [String: String]
  /// The name it gave itself.
  public let friendlyName: String
  /// Its instance sets by id.
  public internal(set) var actors: [String: InstanceSet] = [:]
  /// Its providers by id.
  public internal(set) var providers: [String: ProviderProcess] = [:]
  /// What it does wrong on purpose.
  public var faults = Faults()
  /// Whether it was told where secrets are fetched, and finds each that a reference names.
  public var hasSecretStore = false
  /// The JetStream domain of its stores, where it names one.
  public var domain: String?

  /// The links it has seen, by source, as its watch told.
  var links: [String: [LinkDefinition]] = [:]
  /// The configs it has found; it keeps a watch for each and misses none of them any more.
  var knownConfigs: Set<String> = []
  var random: SeededGenerator
  private let started: Int64
  /// How long it says that it had been up before, in seconds.
  private let age: Int
  private let address: String
  /// Until when the lock that starts hold is taken.
  private var busyUntil: Int64 = 0
  private var startsBegun = 0
  private var startsEnded = 0
  private var beats: Int64 = 0
  private var events: UInt64 = 0

  /// Creates a host that has just started.
  ///
  /// - Parameters:
  ///   - id: Its id.
  ///   - lattice: The lattice it belongs to.
  ///   - labels: Its labels beside those that every host has.
  ///   - address: The NATS address that its pings tell.
  ///   - seed: What its delays and names come from.
  ///   - age: How long it says that it has been up already.
  ///   - now: The time, in nanoseconds since 1970.
  public init(
    id: HostID, lattice: LatticeName, labels: [String: String], address: String, seed: UInt64,
    age: Duration = .zero, now: Int64
  ) {
    self.id = id
    self.lattice = lattice
    self.address = address
    started = now
    self.age = Int(age / .seconds(1))
    random = SeededGenerator(seed: seed)
    let system = [
      "hostcore.arch": "x86_64", "hostcore.os": "linux", "hostcore.osfamily": "unix",
    ]
    self.labels = system.merging(labels) { _, given in given }
    friendlyName = "simulated-host-\(random.next() % 10_000)"
  }

  /// What it does when it starts: it says so, and beats thirty seconds later.
  ///
  /// - Parameter now: The time, in nanoseconds since 1970.
  /// - Returns: What is to be carried out.
  public mutating func start(_ now: Int64) -> [HostOutput] {
    [
      event(
        "host_started",
        [
          "friendly_name": .string(friendlyName), "labels": strings(labels),
          "uptime_seconds": 0, "version": "1.9.2",
        ], now), nextHeartbeat(now),
    ]
  }

  /// Handles what reaches it.
  ///
  /// - Parameters:
  ///   - input: What reaches it.
  ///   - now: The time, in nanoseconds since 1970.
  /// - Returns: What is to be carried out, in order.
  public mutating func handle(_ input: HostInput, _ now: Int64) -> [HostOutput] {
    switch input {
    case .recordWritten(let source, let written): return recordWritten(source, written)
    case .linkDropped(let provider, let link): return drop(link, at: provider, now)
    case .health(let provider, let reply): return health(of: provider, reply)
    case .heartbeat:
      let next = nextHeartbeat(now)
      guard !faults.isHung else { return [next] }
      let data = inventory(now)
      guard data.bytes().count < Self.maxPayload else { return [next] }
      return [event("host_heartbeat", data, now), next]
    case .request(let verb, let payload, let reply):
      guard !faults.isHung else { return [] }
      return handle(Request(verb: verb, payload: payload, reply: reply), now)
    }
  }

  /// More than this a server takes from nobody.
  static let maxPayload = 1_000_000

  /// Beats go by the host's start, so that no delay adds up.
  private mutating func nextHeartbeat(_ now: Int64) -> HostOutput {
    beats += 1
    let due = started + beats * 30_000_000_000
    return .later(after: .nanoseconds(max(0, due - now))) { host, _, now in
      host.handle(.heartbeat, now)
    }
  }

  /// Goes on with what waited for a store or for time.
  mutating func resume(
    _ then: StoreContinuation, _ value: [UInt8]?, _ now: Int64
  ) -> [HostOutput] { then(&self, value, now) }

  /// The answer to a ping.
  func pingAnswer(_ now: Int64) -> JSONValue {
    var answer: [String: JSONValue] = [
      "id": .string(id.rawValue), "friendly_name": .string(friendlyName),
      "labels": strings(labels), "lattice": .string(lattice.rawValue),
      "uptime_seconds": .int(uptime(now)), "uptime_human": .string(human(uptime(now))),
      "version": "1.9.2", "ctl_host": .string(address), "rpc_host": .string(address),
    ]
    if let domain { answer["js_domain"] = .string(domain) }
    return .object(answer)
  }

  /// The inventory, as asked for or in a heartbeat.
  func inventory(_ now: Int64) -> JSONValue {
    let components = actors.sorted { $0.key < $1.key }.map { id, set -> JSONValue in
      [
        "id": .string(id), "image_ref": .string(set.claimedImage),
        "annotations": strings(set.annotations), "revision": 0,
        "max_instances": .int(set.instances), "limits": set.limits.map(strings) ?? .null,
      ]
    }
    let processes = providers.sorted { $0.key < $1.key }.map { id, process -> JSONValue in
      [
        "id": .string(id), "image_ref": .string(process.image),
        "annotations": strings(process.annotations), "revision": 0,
      ]
    }
    return [
      "components": .array(components), "providers": .array(processes),
      "host_id": .string(id.rawValue), "friendly_name": .string(friendlyName),
      "labels": strings(labels), "version": "1.9.2", "uptime_human": .string(human(uptime(now))),
      "uptime_seconds": .int(uptime(now)),
    ]
  }

  private func uptime(_ now: Int64) -> Int { age + Int(max(0, now - started) / 1_000_000_000) }

  private func human(_ seconds: Int) -> String {
    seconds == 0
      ? "0s"
      : [(seconds / 3_600, "h"), (seconds / 60 % 60, "m"), (seconds % 60, "s")]
        .filter { $0.0 > 0 }.map { "\($0.0)\($0.1)" }.joined(separator: " ")
  }

  /// Takes the lock for one start and returns after which time it is done; `endStart` gives it back.
  mutating func takeLock(_ now: Int64) -> Duration {
    let work = Int64.random(in: 15_000_000...30_000_000, using: &random)
    busyUntil = max(busyUntil, now) + work
    startsBegun += 1
    return .nanoseconds(busyUntil - now)
  }

  /// Gives back the lock that one start held.
  mutating func endStart() { startsEnded += 1 }

  /// Goes on once the starts have ended that are under way, which a slow store can make late.
  mutating func afterStarts(
    _ now: Int64, turn: Int? = nil,
    then: @escaping @Sendable (inout SimulatedHost, Int64) -> [HostOutput]
  ) -> [HostOutput] {
    let turn = turn ?? startsBegun
    guard startsEnded < turn else { return then(&self, now) }
    return [
      .later(after: .nanoseconds(max(1_000_000, busyUntil - now))) { host, _, now in
        host.afterStarts(now, turn: turn, then: then)
      }
    ]
  }

  /// A CloudEvent as hosts publish it.
  mutating func event(_ name: String, _ data: JSONValue, _ now: Int64) -> HostOutput {
    events &+= 1
    let milliseconds = String(now / 1_000_000, radix: 16)
    let time = String(repeating: "0", count: max(0, 12 - milliseconds.count)) + milliseconds
    let rest = String(random.next() | 1 << 63, radix: 16)
    let number = String(0x1000 + events % 0xEFFF, radix: 16)
    let ulid =
      "\(time.prefix(8))-\(time.suffix(4))-\(number)-\(rest.prefix(4))-\(rest.suffix(12))"
    let envelope: JSONValue = [
      "specversion": "1.0", "id": .string(ulid),
      "type": .string("com.wasmcloud.lattice.\(name)"), "source": .string(id.rawValue),
      "datacontenttype": "application/json", "time": .string(formatTimestamp(now)), "data": data,
    ]
    return .publish(
      subject: "wasmbus.evt.\(lattice).\(name)", payload: envelope.bytes())
  }
}
