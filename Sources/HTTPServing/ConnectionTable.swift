/// The open connections and how long each has been at what it does; a value without effects.
struct ConnectionTable: Sendable {
  typealias Instant = ContinuousClock.Instant
  /// What the library calls a connection.
  typealias ID = UInt

  struct Connection: Sendable {
    let descriptor: Int32
    /// Since when the connection is idle, or its exchange at its stage.
    var since: Instant
    /// Whether it has been shut down and only waits for the library to close it.
    var isCut = false
    var exchange: Exchange?

    /// Whether the server waits for the client to send something.
    var isWaiting: Bool {
      switch exchange?.stage {
      case nil, .arriving: true
      case .handling, .answered, .leaving: false
      }
    }
  }

  /// What has taken longer than it may.
  struct Overdue: Sendable {
    var toCut: [Int32] = []
    var late: [(id: ID, number: UInt64)] = []
  }

  private let limits: HTTPLimits
  private var connections: [ID: Connection] = [:]
  private var exchanges: UInt64 = 0

  init(limits: HTTPLimits) { self.limits = limits }

  var hasExchanges: Bool { connections.values.contains { $0.exchange != nil } }
  var handling: [(id: ID, number: UInt64)] {
    connections.compactMap { id, connection in
      guard let exchange = connection.exchange, exchange.isHandling else { return nil }
      return (id, exchange.number)
    }
  }

  subscript(id: ID) -> Exchange? { connections[id]?.exchange }

  /// Adds a connection.
  ///
  /// - Returns: The descriptor of the connection that must go for it, if there are too many: of
  ///   those that are idle or whose request arrives, the one where nothing began for longest. Idle
  ///   ones do not go first, or begun requests could crowd out each newcomer before it is read.
  mutating func open(_ id: ID, _ descriptor: Int32, at now: Instant) -> Int32? {
    connections[id] = Connection(descriptor: descriptor, since: now)
    let open = connections.filter { !$0.value.isCut }
    guard open.count > limits.connections else { return nil }
    let victim = open.filter { $0.value.isWaiting }.min { $0.value.since < $1.value.since }
    return victim.flatMap { cut($0.key) }
  }

  mutating func close(_ id: ID) { connections[id] = nil }

  mutating func begin(_ id: ID, _ target: String, bodyBytes: Int, at now: Instant) {
    exchanges += 1
    connections[id]?.exchange = Exchange(
      number: exchanges, target: target, bodyBytes: bodyBytes)
    connections[id]?.since = now
  }

  mutating func take(_ id: ID, _ bytes: UnsafeRawBufferPointer) {
    let taken = connections.values.reduce(0) { $0 + ($1.exchange?.body.count ?? 0) }
    connections[id]?.exchange?.take(bytes, room: limits.allBodyBytes - taken)
  }

  mutating func note(_ fields: [String: [String]], of id: ID) {
    connections[id]?.exchange?.fields = fields
  }

  mutating func move(_ id: ID, to stage: Exchange.Stage, at now: Instant) {
    connections[id]?.exchange?.stage = stage
    connections[id]?.since = now
  }

  mutating func end(_ id: ID, at now: Instant) {
    connections[id]?.exchange = nil
    connections[id]?.since = now
  }

  /// Finds what has taken too long: clients to be cut, handlers to be answered for.
  mutating func overdue(at now: Instant) -> Overdue {
    var overdue = Overdue()
    for (id, connection) in connections where !connection.isCut {
      let time = now - connection.since
      guard let exchange = connection.exchange else {
        if time > limits.idleTime { overdue.toCut += [cut(id)].compactMap(\.self) }
        continue
      }
      if exchange.isHandling {
        if time > limits.handlerTime { overdue.late.append((id, exchange.number)) }
      } else if time > limits.transferTime {
        overdue.toCut += [cut(id)].compactMap(\.self)
      }
    }
    return overdue
  }

  private mutating func cut(_ id: ID) -> Int32? {
    connections[id]?.isCut = true
    return connections[id]?.descriptor
  }
}
