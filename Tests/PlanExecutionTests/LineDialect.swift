import LatticeDialects
import LatticeModel
import NATSTransport
import ReconcileTestKit
import ServiceRuntime

/// Hosts that speak in lines of text: each thing in its own line, `id image number`.
///
/// They swap what runs in place, start nothing twice, and keep neither links nor configs.
struct LineDialect: LatticeDialect {
  var abilities: HostAbilities { HostAbilities(swapsInPlace: true, keepsStores: false) }

  var stores: (any StoreDialect)? { nil }

  func rollCalls(in lattice: LatticeName) -> [ControlRequest] {
    [ControlRequest(subject: "lines.\(lattice).all")]
  }

  func ping(in lattice: LatticeName) -> ControlRequest { rollCalls(in: lattice)[0] }

  func readAnswer(_ payload: [UInt8]) throws(WireError) -> HostAnswer {
    guard !payload.isEmpty else { throw .missing(what: "an answer", field: "host") }
    return HostAnswer(host: HostID(String(decoding: payload, as: UTF8.self)), isSupported: true)
  }

  func inventoryQuestion(to host: HostID, in lattice: LatticeName) -> ControlRequest {
    ControlRequest(subject: "lines.\(lattice).\(host).list")
  }

  func readInventory(_ payload: [UInt8]) throws(WireError) -> HostReport {
    var lines = String(decoding: payload, as: UTF8.self).split(separator: "\n")[...]
    guard let host = lines.popFirst() else { throw .missing(what: "a list", field: "host") }
    var report = HostReport(host: HostID(String(host)))
    for line in lines {
      let words = line.split(separator: " ").map(String.init)
      guard words.count == 3, let count = Int(words[2]) else {
        throw .missing(what: "a list", field: "number")
      }
      report.actors.append(
        ReportedActor(id: ActorID(words[0]), image: ImageReference(words[1]), instances: count))
    }
    return report
  }

  func eventSubject(in lattice: LatticeName) -> String { "lines.\(lattice).news" }

  func eventReader() -> any EventReader { Silence() }

  func healthQuestion(to provider: ProviderID, in lattice: LatticeName) -> ControlRequest {
    ControlRequest(subject: "lines.\(lattice).\(provider).health")
  }

  func readHealth(_ payload: [UInt8]) throws(WireError) -> Bool { payload == Array("ok".utf8) }

  /// These hosts tell nothing by themselves.
  private struct Silence: EventReader {
    func read(_ payload: [UInt8]) throws(WireError) -> LatticeEvent? { nil }
  }

  func parts(of intent: Intent) -> [Intent] {
    switch intent {
    case .run, .replace, .end: [intent]
    case .connect, .disconnect, .keep, .drop: []
    }
  }

  func request(for part: Intent, in lattice: LatticeName) -> ControlRequest {
    let line =
      switch part.outcome {
      case .run(let launch, let instances, _): "\(launch.id) \(launch.image) \(instances)"
      case .end(let launch, _): "\(launch.id) - 0"
      default: ""
      }
    let host = part.host?.rawValue ?? "-"
    return ControlRequest(subject: "lines.\(lattice).\(host).set", payload: Array(line.utf8))
  }

  func readReply(_ payload: [UInt8], to part: Intent) throws(WireError) -> ControlReply {
    let words = String(decoding: payload, as: UTF8.self)
    return ControlReply(isAccepted: words == "ok", message: words)
  }

  func isConfirmed(_ part: Intent, by observed: ObservedState) -> Bool {
    guard case .run(let launch, let instances, let host) = part.outcome else {
      guard case .end(let launch, let host) = part else { return false }
      return observed.actor(ActorID(launch.id), on: host) == nil
    }
    let set = observed.actor(ActorID(launch.id), on: host)
    return set?.image == launch.image && set?.instances == instances
  }

  func failure(of part: Intent, in event: LatticeEvent) -> String? { nil }
}

/// One such host on a bus.
actor LineHost {
  let id: HostID
  /// The lines that it was sent, in order.
  private(set) var heard: [String] = []
  private(set) var running: [String: String] = [:]
  private var refusal: String?

  init(_ id: HostID) { self.id = id }

  /// Refuses whatever it is told from now on.
  func refuse(with words: String) { refusal = words }

  /// Answers until its task is cancelled.
  func listen(on bus: some MessageTransport) async throws -> Task<Void, Never> {
    let batches = try await bus.subscribe(to: "lines.default.>", queue: nil, limit: 100)
    return Task {
      for await batch in batches {
        for message in batch.elements {
          let answer = handle(message)
          guard let inbox = message.reply else { continue }
          try? await bus.publish(Array(answer.utf8), to: inbox, replyTo: nil)
        }
      }
    }
  }

  private func handle(_ message: NATSMessage) -> String {
    if message.subject.hasSuffix(".all") { return id.rawValue }
    guard message.subject.hasSuffix(".set") else {
      return ([id.rawValue] + running.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" })
        .joined(separator: "\n")
    }
    let line = String(decoding: message.payload, as: UTF8.self)
    heard.append(line)
    if let refusal { return refusal }
    let words = line.split(separator: " ", maxSplits: 1).map(String.init)
    running[words[0]] = words[1] == "- 0" ? nil : words[1]
    return "ok"
  }
}
