import JSONCoding
public import LatticeModel
import TextForms

/// An event with its envelope.
public struct DecodedEvent: Hashable, Sendable {
  /// The event's id, the same on every subject it is published on.
  public var id: String
  /// The host that published it.
  public var source: HostID
  /// When the host published it, by its own clock.
  public var time: Timestamp?
  /// What happened.
  public var event: LatticeEvent
}

/// Reads events, remembering strings that come again and again.
///
/// One decoder belongs to one stream of events. An event of half a kilobyte costs about a
/// microsecond, an unchanged heartbeat of four kilobytes under ten.
public struct EventDecoder: EventReader {
  private var pools = WirePools()

  /// Creates a decoder that remembers nothing.
  public init() {}

  /// Reads an event without its envelope.
  ///
  /// - Parameter payload: A CloudEvent in JSON.
  /// - Returns: The event, or `nil` for one that is not used.
  /// - Throws: `WireError` if it cannot be read.
  public mutating func read(_ payload: [UInt8]) throws(WireError) -> LatticeEvent? {
    try decode(payload)?.event
  }

  /// Reads an event with its envelope.
  ///
  /// The host is always the envelope's source: `host_id` in the data of a 1.x event may be empty.
  /// Events of types that are not used, and heartbeats of hosts before 1.0, are passed over.
  ///
  /// - Parameter payload: A CloudEvent in JSON.
  /// - Returns: The event, or `nil` for one that is not used.
  /// - Throws: `WireError` if it cannot be read.
  public mutating func decode(_ payload: [UInt8]) throws(WireError) -> DecodedEvent? {
    do throws(JSONError) {
      let decoded = try JSONReader.read(payload) { reader throws(JSONError) in
        try read(&reader)
      }
      return decoded
    } catch {
      throw .malformed(what: "an event", error)
    }
  }

  /// Hosts send `type` and `source` before `data`, which is then read where it stands; only data
  /// that comes first is passed over and read afterwards.
  private mutating func read(_ reader: inout JSONReader) throws(JSONError) -> DecodedEvent? {
    var id = ""
    var source: HostID?
    var time: Timestamp?
    var kind: EventKind?
    var event: LatticeEvent?
    var data: Range<Int>?
    try reader.beginObject()
    while let key = try reader.nextKey() {
      switch key {
      case "id": id = try reader.string()
      case "source" where event == nil:
        source = HostID(try reader.string(pooledIn: &pools.strings))
      case "time":
        let text = reader.raw(try reader.range()).dropFirst().dropLast()
        time = parseTimestamp(UnsafeRawBufferPointer(rebasing: text))
          .map(Timestamp.init(nanoseconds:))
      case "type" where event == nil: kind = EventKind(reader.raw(try reader.range()))
      case "data":
        if let kind, let source {
          event = try self.event(kind, source, &reader)
          data = nil
        } else {
          data = try reader.range()
        }
      default: try reader.skip()
      }
    }
    guard let kind else { return nil }
    if let data {
      event = try reader.read(data) { inner throws(JSONError) in
        try self.event(kind, source ?? "", &inner)
      }
    }
    return event.map { DecodedEvent(id: id, source: source ?? "", time: time, event: $0) }
  }

  private mutating func event(
    _ kind: EventKind, _ host: HostID, _ reader: inout JSONReader
  ) throws(JSONError) -> LatticeEvent? {
    switch kind {
    case .hostHeartbeat:
      guard var report = try readReport(&reader, &pools) else { return nil }
      report.host = host
      return .hostHeartbeat(report)
    case .linkSet: return .linkSet(try readLink(&reader).link)
    case .linkSetFailed:
      let (link, error) = try readLink(&reader)
      return .linkSetFailed(link, error: error)
    case .linkDeleted: return .linkDeleted(try readLink(&reader).link.key)
    default: return try readFields(&reader).event(kind, host)
    }
  }

  private mutating func readFields(_ reader: inout JSONReader) throws(JSONError) -> EventFields {
    var fields = EventFields()
    try reader.beginObject()
    while let key = try reader.nextKey() {
      switch key {
      case "component_id", "provider_id", "config_name":
        fields.id = try reader.string(pooledIn: &pools.strings)
      case "image_ref": fields.image = try reader.string(pooledIn: &pools.strings)
      case "max_instances": fields.instances = try readInstances(&reader)
      case "error": fields.error = try reader.string()
      case "labels": fields.labels = try reader.strings(pooledIn: &pools)
      default: try reader.skip()
      }
    }
    return fields
  }
}

/// The event types that are used, by the last part of their name.
private enum EventKind {
  case hostHeartbeat, hostStarted, hostStopped, labelsChanged, actorScaled, actorScaleFailed
  case providerStarted, providerStartFailed, providerStopped, healthPassed, healthFailed
  case healthStatus, linkSet, linkSetFailed, linkDeleted, configSet, configDeleted

  init?(_ quoted: UnsafeRawBufferPointer) {
    let prefix = "\"com.wasmcloud.lattice.".utf8.count
    guard quoted.count > prefix + 1 else { return nil }
    let name = UnsafeRawBufferPointer(rebasing: quoted[prefix..<quoted.count - 1])
    func named(_ word: StaticString) -> Bool {
      name.count == word.utf8CodeUnitCount
        && name.elementsEqual(
          UnsafeBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount))
    }
    if named("host_heartbeat") {
      self = .hostHeartbeat
    } else if named("component_scaled") {
      self = .actorScaled
    } else if named("component_scale_failed") {
      self = .actorScaleFailed
    } else if named("provider_started") {
      self = .providerStarted
    } else if named("provider_start_failed") {
      self = .providerStartFailed
    } else if named("provider_stopped") {
      self = .providerStopped
    } else if named("linkdef_set") {
      self = .linkSet
    } else if named("linkdef_set_failed") {
      self = .linkSetFailed
    } else if named("linkdef_deleted") {
      self = .linkDeleted
    } else if named("config_set") {
      self = .configSet
    } else if named("config_deleted") {
      self = .configDeleted
    } else if named("host_started") {
      self = .hostStarted
    } else if named("host_stopped") {
      self = .hostStopped
    } else if named("labels_changed") {
      self = .labelsChanged
    } else if named("health_check_passed") {
      self = .healthPassed
    } else if named("health_check_failed") {
      self = .healthFailed
    } else if named("health_check_status") {
      self = .healthStatus
    } else {
      return nil
    }
  }
}

/// The fields that the data of the smaller events share.
private struct EventFields {
  var id = ""
  var image = ""
  var instances: Int?
  var error = ""
  var labels: [String: String] = [:]

  func event(_ kind: EventKind, _ host: HostID) -> LatticeEvent? {
    switch kind {
    case .hostStarted: return .hostStarted(host)
    case .hostStopped: return .hostStopped(host)
    case .labelsChanged: return .labelsChanged(host, labels: labels)
    default: break
    }
    guard !id.isEmpty else { return nil }
    return switch kind {
    case .actorScaled: .actorScaled(ActorID(id), host: host, instances: instances ?? 0)
    case .actorScaleFailed:
      .actorScaleFailed(ActorID(id), host: host, image: ImageReference(image), error: error)
    case .providerStarted: .providerStarted(ProviderID(id), host: host)
    case .providerStartFailed: .providerStartFailed(ProviderID(id), host: host, error: error)
    case .providerStopped: .providerStopped(ProviderID(id), host: host)
    case .healthPassed: .providerHealth(ProviderID(id), host: host, isHealthy: true)
    case .healthFailed: .providerHealth(ProviderID(id), host: host, isHealthy: false)
    case .healthStatus: .providerHealth(ProviderID(id), host: host, isHealthy: nil)
    case .configSet: .configSet(ConfigName(id))
    case .configDeleted: .configDeleted(ConfigName(id))
    case .hostHeartbeat, .hostStarted, .hostStopped, .labelsChanged, .linkSet, .linkSetFailed,
      .linkDeleted:
      nil
    }
  }
}
