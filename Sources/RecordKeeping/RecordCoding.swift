import JSONCoding
package import LatticeModel

/// The record as keys and values.
///
/// Keys have fixed names, so that a reader needs no listing: three kinds of sixteen parts each,
/// by a hash of the application's or host's name, and `halt`. A part is JSON with a `version`.
package enum RecordCoding {
  static let version = 1
  static let kinds = ["ownership", "applied", "hosts"]
  /// The keys that passes write.
  package static let parts = kinds.flatMap(parts(of:))

  /// The keys of a kind.
  static func parts(of kind: String) -> [String] {
    (0..<16).map { "\(kind).\(String($0, radix: 16))" }
  }

  /// The keys by which people stop the commanding; no pass writes them.
  package static let brakes = ["halt", "suspensions"]

  /// A part of a kind without content, which is written over one that had some.
  static let emptyPart = JSONValue.object(["version": .int(version)]).bytes()

  /// The value of the key `format`, which tells that there is a record, which one, of which lattice, in
  /// which format, and what is doubted of it.
  static func format(
    id: String, of lattice: LatticeName? = nil, _ doubt: RecordDoubt?
  ) -> [UInt8] {
    var members: [String: JSONValue] = ["version": .int(version), "id": .string(id)]
    members["lattice"] = (lattice?.rawValue).map(JSONValue.string)
    if let doubt {
      var doubted: [String: JSONValue] = [
        "reason": .string(doubt.reason), "since": .int(Int(doubt.since.nanoseconds)),
      ]
      if !doubt.settled.isEmpty {
        doubted["settled"] = .array(doubt.settled.sorted().map { .string($0.rawValue) })
      }
      members["doubt"] = .object(doubted)
    }
    return JSONValue.object(members).bytes()
  }

  /// The lattice that a record is of, from the value of the key `format`; an earlier program named
  /// none.
  static func lattice(inFormat value: [UInt8]) -> String? {
    (try? JSONValue(parsing: value))?["lattice"]?.string
  }

  /// The id of a record, from the value of the key `format`; an earlier program gave none.
  static func id(inFormat value: [UInt8]) -> String? {
    (try? JSONValue(parsing: value))?["id"]?.string.flatMap { RecordJournal.isID($0) ? $0 : nil }
  }

  /// A value with the number of its write, which stands last in it: keys are sorted.
  static func numbered(_ value: [UInt8], _ write: Int) -> [UInt8] {
    value.dropLast() + Array(",\"write\":\(write)}".utf8)
  }

  /// Parts a stored value into its content and the number of its write.
  static func unnumbered(_ value: [UInt8]) -> (content: [UInt8], write: Int) {
    guard value.last == UInt8(ascii: "}") else { return (value, 0) }
    let digits = value.dropLast().reversed().prefix { (48...57) ~= $0 }
    let key = Array(",\"write\":".utf8)
    let head = value.dropLast(digits.count + 1)
    guard (1...18) ~= digits.count, head.suffix(key.count).elementsEqual(key),
      let write = Int(String(decoding: digits.reversed(), as: UTF8.self))
    else { return (value, 0) }
    return (head.dropLast(key.count) + [UInt8(ascii: "}")], write)
  }

  /// The part that a name belongs to.
  static func part(of name: String) -> Int { Int(hash(of: name) & 15) }

  /// The hash of a name: FNV-1a, so that it is the same in every process.
  static func hash(of name: String) -> UInt64 {
    let hash = name.utf8.reduce(UInt64(0xCBF2_9CE4_8422_2325)) {
      ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01B3
    }
    return hash ^ hash >> 32
  }

  /// The record as values by key; keys without content are absent.
  package static func encode(_ record: LatticeRecord) -> [String: [UInt8]] {
    var lists: [String: [String: [JSONValue]]] = [:]
    func add(_ kind: String, _ name: String, _ list: String, _ value: JSONValue) {
      lists["\(kind).\(String(part(of: name), radix: 16))", default: [:]][list, default: []]
        .append(value)
    }
    for (key, link) in record.links.sorted(by: { $0.key < $1.key }) {
      add("ownership", link.application.rawValue, "links", encode(key, link))
    }
    for (name, config) in record.configs.sorted(by: { $0.key < $1.key }) {
      add("ownership", config.application.rawValue, "configs", encode(name, config))
    }
    for (name, applied) in record.applied.sorted(by: { $0.key < $1.key }) {
      add("applied", name.rawValue, "applications", encode(name, applied))
    }
    for (unit, suspect) in record.suspects.sorted(by: { $0.key < $1.key }) {
      add("applied", unit.application.rawValue, "suspects", encode(unit, suspect))
    }
    for (unit, since) in record.starting.sorted(by: { $0.key < $1.key }) {
      guard let host = unit.host else { continue }
      add(
        "applied", unit.application.rawValue, "starting",
        [
          "application": .string(unit.application.rawValue), "kind": .string(unit.kind.rawValue),
          "name": .string(unit.name), "host": .string(host.rawValue),
          "since": .int(Int(since.nanoseconds)),
        ])
    }
    for (id, host) in record.hosts.sorted(by: { $0.key < $1.key }) {
      add("hosts", id.rawValue, "hosts", encode(id, host))
    }
    for set in record.adopted.sorted(by: { ($0.unit, $0.id) < ($1.unit, $1.id) }) {
      guard let host = set.unit.host else { continue }
      add(
        "hosts", host.rawValue, "adopted",
        [
          "application": .string(set.unit.application.rawValue),
          "kind": .string(set.unit.kind.rawValue), "name": .string(set.unit.name),
          "host": .string(host.rawValue), "id": .string(set.id),
          "annotations": strings(set.annotations), "spec": .string(set.spec),
        ])
    }
    for (id, trouble) in record.troubles.sorted(by: { $0.key < $1.key }) {
      add(
        "hosts", id.rawValue, "troubles",
        [
          "id": .string(id.rawValue), "reason": .string(trouble.reason),
          "unhealthy": .bool(trouble.isUnhealthy), "until": .int(Int(trouble.until.nanoseconds)),
        ])
    }
    return lists.mapValues { lists in
      var members = lists.mapValues(JSONValue.array)
      members["version"] = .int(version)
      return JSONValue.object(members).bytes()
    }
  }

  private static func encode(_ name: ApplicationName, _ applied: AppliedApplication) -> JSONValue {
    var members: [String: JSONValue] = [
      "name": .string(name.rawValue), "revision": .string(applied.revision.rawValue),
      "path": .string(applied.path), "prune": .bool(applied.sync.prune),
    ]
    if let scope = applied.scope {
      members["repository"] = .string(scope.repository)
      members["scope"] = .string(scope.path)
    }
    if let base = applied.base { members["base"] = .string(base.rawValue) }
    members["form"] = applied.form.map(JSONValue.string)
    members["good"] = applied.good.map(JSONValue.string)
    return .object(members)
  }

  private static func encode(_ key: LinkKey, _ link: OwnedLink) -> JSONValue {
    [
      "application": .string(link.application.rawValue), "key": encode(key),
      "targets": .array(link.targets.map(JSONValue.string)),
    ]
  }

  private static func encode(_ unit: UnitKey, _ suspect: Suspect) -> JSONValue {
    [
      "application": .string(unit.application.rawValue), "kind": .string(unit.kind.rawValue),
      "name": .string(unit.name), "form": .string(suspect.form),
      "losses": .array(
        suspect.losses.map { loss in
          ["host": .string(loss.host.rawValue), "time": .int(Int(loss.time.nanoseconds))]
        }),
    ]
  }

  /// That all commanding is to stop, as a value.
  static func encode(halt reason: String, by: String) -> [UInt8] {
    JSONValue.object(["reason": .string(reason), "by": .string(by)]).bytes()
  }

  /// What people have written to stop the commanding or to let it go on, as a value.
  static func encode(_ brakes: BrakeRequests) -> [UInt8] {
    var members: [String: JSONValue] = [
      "version": .int(version), "suspensions": .array(brakes.suspensions.map(encode)),
      "approvals": .array(
        brakes.approvals.map { approval in
          var members: [String: JSONValue] = ["time": .int(Int(approval.time.nanoseconds))]
          if let name = approval.application { members["application"] = .string(name.rawValue) }
          return .object(members)
        }), "pins": .array(brakes.pins.map(encode)),
    ]
    if !brakes.planApprovals.isEmpty {
      members["plans"] = .array(brakes.planApprovals.map(encode))
    }
    return JSONValue.object(members).bytes()
  }

  private static func encode(_ approval: PlanApproval) -> JSONValue {
    [
      "plan": .string(approval.plan), "tree": .string(approval.tree),
      "steps": .array(approval.steps.map(JSONValue.string)), "reason": .string(approval.reason),
      "by": .string(approval.by), "time": .int(Int(approval.time.nanoseconds)),
      "until": .int(Int(approval.until.nanoseconds)),
    ]
  }

  private static func encode(_ pin: Pin) -> JSONValue {
    var members: [String: JSONValue] = [
      "application": .string(pin.application.rawValue),
      "revision": .string(pin.revision.rawValue), "form": .string(pin.form),
      "reason": .string(pin.reason), "by": .string(pin.by),
      "time": .int(Int(pin.time.nanoseconds)),
    ]
    if let until = pin.until { members["until"] = .int(Int(until.nanoseconds)) }
    return .object(members)
  }

  private static func encode(_ suspension: Suspension) -> JSONValue {
    var members: [String: JSONValue] = [
      "reason": .string(suspension.reason), "by": .string(suspension.by),
    ]
    switch suspension.scope {
    case .everything: break
    case .repository(let name): members["repository"] = .string(name)
    case .application(let name): members["application"] = .string(name.rawValue)
    }
    if let until = suspension.until { members["until"] = .int(Int(until.nanoseconds)) }
    return .object(members)
  }

  private static func encode(_ key: LinkKey) -> JSONValue {
    [
      "source": .string(key.source), "name": .string(key.name),
      "namespace": .string(key.contract.namespace), "package": .string(key.contract.package),
    ]
  }

  private static func encode(_ name: ConfigName, _ config: OwnedConfig) -> JSONValue {
    var members: [String: JSONValue] = [
      "name": .string(name.rawValue), "application": .string(config.application.rawValue),
    ]
    switch config.user {
    case .application: break
    case .actor(let user): members["actor"] = .string(user)
    case .provider(let user): members["provider"] = .string(user)
    case .link(let key): members["link"] = encode(key)
    }
    return .object(members)
  }

  private static func encode(_ id: HostID, _ host: RecordedHost) -> JSONValue {
    var members: [String: JSONValue] = [
      "id": .string(id.rawValue), "lastSeen": .int(Int(host.lastSeen.nanoseconds)),
      "labels": strings(host.report.labels),
      "actors": .array(
        host.report.actors.map { actor in
          [
            "id": .string(actor.id.rawValue), "image": .string(actor.image.rawValue),
            "instances": .int(actor.instances), "annotations": strings(actor.annotations),
          ]
        }),
      "providers": .array(
        host.report.providers.map { provider in
          [
            "id": .string(provider.id.rawValue), "image": .string(provider.image.rawValue),
            "annotations": strings(provider.annotations),
          ]
        }),
    ]
    if !host.starts.isEmpty {
      members["starts"] = .array(
        host.starts.sorted { $0.key < $1.key }.map { unit, start in
          // Short, for a part is read whole over lines that may be thin.
          let times = start.first == start.last ? [start.last] : [start.last, start.first]
          return .array(
            [unit.application.rawValue, unit.kind.rawValue, unit.name, start.form].map(
              JSONValue.string) + times.map { .int(Int($0.nanoseconds)) })
        })
    }
    return .object(members)
  }

  private static func strings(_ map: [String: String]) -> JSONValue {
    .object(map.mapValues(JSONValue.string))
  }
}
