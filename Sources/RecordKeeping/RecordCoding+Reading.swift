import JSONCoding
package import LatticeModel

extension RecordCoding {
  /// Adds a part to a record; what is read back is untrusted.
  package static func decode(
    _ bytes: [UInt8], key: String, into record: inout LatticeRecord
  ) throws(RecordError) {
    guard key != "halt" else {
      record.halt = haltReason(bytes)
      return
    }
    let part = RecordPart(key: key, value: try parse(bytes, key))
    let version = try part.int("version")
    guard version == self.version else { throw .newer(key: key, version: version) }
    if part.value["doubt"] != nil {
      let doubt = try part.member("doubt")
      record.doubt = RecordDoubt(try doubt.string("reason"), since: try doubt.time("since"))
      let settled = doubt.value["settled"]?.array ?? []
      record.doubt?.settled = Set(settled.compactMap(\.string).map { ApplicationName($0) })
    }
    for suspension in try part.list("suspensions") {
      record.suspensions.append(try decodeSuspension(suspension))
    }
    for approval in try part.list("approvals") {
      record.approvals.append(
        Approval(
          of: approval.value["application"]?.string.map { ApplicationName($0) },
          at: try approval.time("time")))
    }
    for approval in try part.list("plans") {
      record.planApprovals.append(try decodePlanApproval(approval))
    }
    for pin in try part.list("pins") { record.pins.append(try decodePin(pin)) }
    for start in try part.list("starting") {
      guard var unit = try decodeUnit(start) else { continue }
      unit.host = HostID(try start.string("host"))
      record.starting[unit] = try start.time("since")
    }
    for suspect in try part.list("suspects") { try decodeSuspect(suspect, into: &record) }
    for link in try part.list("links") { try decodeLink(link, into: &record) }
    for config in try part.list("configs") { try decodeConfig(config, into: &record) }
    for applied in try part.list("applications") {
      record.applied[ApplicationName(try applied.string("name"))] = try decodeApplied(applied)
    }
    for host in try part.list("hosts") { try decodeHost(host, into: &record) }
    for set in try part.list("adopted") {
      guard var unit = try decodeUnit(set) else { continue }
      unit.host = HostID(try set.string("host"))
      record.adopted.append(
        AdoptedSet(
          unit, id: try set.string("id"), annotations: set.strings("annotations"),
          spec: try set.string("spec")))
    }
    for trouble in try part.list("troubles") {
      record.troubles[HostID(try trouble.string("id"))] = HostTrouble(
        reason: try trouble.string("reason"),
        isUnhealthy: trouble.value["unhealthy"]?.bool ?? false,
        until: try trouble.time("until"))
    }
  }

  /// Whatever somebody writes under `halt` in a hurry stops us: JSON with a `reason`, or any text.
  static func haltReason(_ bytes: [UInt8]) -> String {
    let value = try? JSONValue(parsing: bytes)
    let reason = String(
      (value?["reason"]?.string ?? String(decoding: bytes.prefix(200), as: UTF8.self)).prefix(200))
    return value?["by"]?.string.map { "\(reason) (\($0.prefix(100)))" } ?? reason
  }

  private static func decodeSuspension(_ part: RecordPart) throws(RecordError) -> Suspension {
    var scope = Suspension.Scope.everything
    if let name = part.value["repository"]?.string { scope = .repository(name) }
    if let name = part.value["application"]?.string { scope = .application(ApplicationName(name)) }
    return Suspension(
      scope, reason: try part.string("reason"), by: try part.string("by"),
      until: part.value["until"]?.int.map { Timestamp(nanoseconds: Int64($0)) })
  }

  private static func decodePlanApproval(
    _ part: RecordPart
  ) throws(RecordError) -> PlanApproval {
    PlanApproval(
      of: try part.string("plan"), tree: try part.string("tree"),
      releasing: (part.value["steps"]?.array ?? []).compactMap(\.string).prefix(PlanApproval.most),
      reason: try part.string("reason"), by: try part.string("by"), at: try part.time("time"),
      until: try part.time("until"))
  }

  private static func decodePin(_ part: RecordPart) throws(RecordError) -> Pin {
    Pin(
      ApplicationName(try part.string("application")),
      to: Revision(try part.string("revision")), form: try part.string("form"),
      reason: try part.string("reason"), by: try part.string("by"), at: try part.time("time"),
      until: part.value["until"]?.int.map { Timestamp(nanoseconds: Int64($0)) })
  }

  /// An actor or provider without host; a kind that is not known yet is somebody else's to judge.
  private static func decodeUnit(_ part: RecordPart) throws(RecordError) -> UnitKey? {
    guard let kind = UnitKind(rawValue: try part.string("kind")) else { return nil }
    return UnitKey(
      application: ApplicationName(try part.string("application")), kind: kind,
      name: try part.string("name"))
  }

  /// What was last applied; an earlier program wrote neither repository nor scope.
  private static func decodeApplied(_ part: RecordPart) throws(RecordError) -> AppliedApplication {
    var applied = AppliedApplication(
      revision: Revision(try part.string("revision")), path: try part.string("path"),
      sync: SyncOptions(prune: part.value["prune"]?.bool ?? false),
      base: part.value["base"]?.string.map { Revision($0) })
    applied.form = part.value["form"]?.string
    applied.good = part.value["good"]?.string
    if let repository = part.value["repository"]?.string, let path = part.value["scope"]?.string {
      applied.scope = ReadingScope(repository: repository, path: path)
    }
    return applied
  }

  private static func decodeSuspect(
    _ part: RecordPart, into record: inout LatticeRecord
  ) throws(RecordError) {
    guard let unit = try decodeUnit(part) else { return }
    var losses: [Suspect.Loss] = []
    for loss in try part.list("losses") {
      losses.append(
        Suspect.Loss(
          host: HostID(try loss.string("host")),
          time: try loss.time("time")))
    }
    record.suspects[unit] = Suspect(form: try part.string("form"), losses: losses)
  }

  private static func parse(_ bytes: [UInt8], _ key: String) throws(RecordError) -> JSONValue {
    do throws(JSONError) {
      return try JSONValue(parsing: bytes)
    } catch {
      throw .corrupt(key: key, detail: "\(error)")
    }
  }

  private static func decodeLink(
    _ part: RecordPart, into record: inout LatticeRecord
  ) throws(RecordError) {
    record.links[try linkKey(part.member("key"))] = OwnedLink(
      application: ApplicationName(try part.string("application")),
      targets: part.value["targets"]?.array?.compactMap(\.string) ?? [])
  }

  private static func linkKey(_ part: RecordPart) throws(RecordError) -> LinkKey {
    LinkKey(
      source: try part.string("source"), name: try part.string("name"),
      contract: Contract(
        namespace: try part.string("namespace"), package: try part.string("package")))
  }

  private static func decodeConfig(
    _ part: RecordPart, into record: inout LatticeRecord
  ) throws(RecordError) {
    var user = ConfigUser.application
    if let name = part.value["actor"]?.string { user = .actor(name) }
    if let name = part.value["provider"]?.string { user = .provider(name) }
    if part.value["link"] != nil { user = .link(try linkKey(part.member("link"))) }
    record.configs[ConfigName(try part.string("name"))] = OwnedConfig(
      application: ApplicationName(try part.string("application")), user: user)
  }

  private static func decodeStart(
    _ part: RecordPart, into host: inout RecordedHost
  ) throws(RecordError) {
    let words = part.value.array?.prefix(4).compactMap(\.string) ?? []
    let times = part.value.array?.dropFirst(4).compactMap(\.int) ?? []
    guard words.count == 4, let last = times.first else {
      throw .corrupt(key: part.key, detail: "'starts' has what is no start")
    }
    guard let kind = UnitKind(rawValue: words[1]) else { return }
    let unit = UnitKey(application: ApplicationName(words[0]), kind: kind, name: words[2])
    host.starts[unit] = RecordedStart(
      form: words[3], first: Timestamp(nanoseconds: Int64(times.last ?? last)),
      last: Timestamp(nanoseconds: Int64(last)))
  }

  private static func decodeHost(
    _ part: RecordPart, into record: inout LatticeRecord
  ) throws(RecordError) {
    let id = HostID(try part.string("id"))
    var report = HostReport(host: id, labels: part.strings("labels"))
    for actor in try part.list("actors") {
      report.actors.append(
        ReportedActor(
          id: ActorID(try actor.string("id")), image: ImageReference(try actor.string("image")),
          annotations: actor.strings("annotations"), instances: try actor.int("instances")))
    }
    for provider in try part.list("providers") {
      report.providers.append(
        ReportedProvider(
          id: ProviderID(try provider.string("id")),
          image: ImageReference(try provider.string("image")),
          annotations: provider.strings("annotations")))
    }
    var host = RecordedHost(report: report, lastSeen: try part.time("lastSeen"))
    for start in try part.list("starts") { try decodeStart(start, into: &host) }
    record.hosts[id] = host
  }
}

/// An object of the record while it is read.
private struct RecordPart {
  var key: String
  var value: JSONValue

  func string(_ name: String) throws(RecordError) -> String {
    guard let text = value[name]?.string else { throw missing(name, "a string") }
    return text
  }

  func int(_ name: String) throws(RecordError) -> Int {
    guard let number = value[name]?.int else { throw missing(name, "a whole number") }
    return number
  }

  func time(_ name: String) throws(RecordError) -> Timestamp {
    Timestamp(nanoseconds: Int64(try int(name)))
  }

  func member(_ name: String) throws(RecordError) -> RecordPart {
    guard let member = value[name] else { throw missing(name, "an object") }
    return RecordPart(key: key, value: member)
  }

  func list(_ name: String) throws(RecordError) -> [RecordPart] {
    guard let member = value[name] else { return [] }
    guard let elements = member.array else { throw missing(name, "a list") }
    return elements.map { RecordPart(key: key, value: $0) }
  }

  func strings(_ name: String) -> [String: String] {
    value[name]?.object?.compactMapValues(\.string) ?? [:]
  }

  private func missing(_ name: String, _ expected: String) -> RecordError {
    .corrupt(key: key, detail: "'\(name)' is not \(expected)")
  }
}
