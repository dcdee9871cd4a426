import JSONCoding
import LatticeModel

/// Strings and maps seen before, so that an unchanged heartbeat allocates next to nothing.
struct WirePools {
  var strings: StringPool
  var maps: MapPool

  /// Pools that remember so many strings; small ones for a single message.
  init(capacity: Int = 4_096) {
    strings = StringPool(capacity: capacity)
    maps = MapPool(capacity: capacity / 4)
  }
}

/// Maps of strings by the bytes they were read from.
struct MapPool {
  private var slots: [(bytes: [UInt8], map: [String: String])] = []
  private let mask: Int

  /// Creates a pool that remembers so many maps, rounded up to a power of two.
  init(capacity: Int) {
    var size = 1
    while size < capacity { size *= 2 }
    mask = size - 1
  }

  /// Returns the map that some bytes stand for; maps seen before share their storage.
  mutating func map(
    _ bytes: UnsafeRawBufferPointer, read: () throws(JSONError) -> [String: String]
  ) throws(JSONError) -> [String: String] {
    guard bytes.count > 2 else { return try read() }
    if slots.isEmpty { slots = Array(repeating: ([], [:]), count: mask + 1) }
    let slot = quickHash(of: bytes) & mask
    let isKnown = slots[slot].bytes.withUnsafeBytes { areSame($0, bytes) }
    if isKnown { return slots[slot].map }
    let map = try read()
    slots[slot] = ([UInt8](bytes), map)
    return map
  }
}

/// Reads a 1.x inventory: `data` of a heartbeat, or `response` of `host.get`.
///
/// Hosts before 1.0 list `actors` in place of `components`; their reports give `nil`, since an
/// inventory that seems empty would be taken for a loss.
func readReport(
  _ reader: inout JSONReader, _ pools: inout WirePools
) throws(JSONError) -> HostReport? {
  var report = HostReport(host: "")
  var isCurrent = false
  try reader.beginObject()
  while let key = try reader.nextKey() {
    switch key {
    case "host_id": report.host = HostID(try reader.string(pooledIn: &pools.strings))
    case "friendly_name": report.friendlyName = try reader.string(pooledIn: &pools.strings)
    case "labels": report.labels = try reader.strings(pooledIn: &pools)
    case "version": report.version = try reader.optionalString() ?? ""
    case "uptime_seconds": report.uptime = try reader.null() ? 0 : try readUptime(&reader)
    case "components":
      isCurrent = true
      guard try !reader.null() else { continue }
      try reader.beginArray()
      while try reader.nextElement() { report.actors.append(try readActor(&reader, &pools)) }
    case "providers":
      guard try !reader.null() else { continue }
      try reader.beginArray()
      while try reader.nextElement() {
        report.providers.append(try readProvider(&reader, &pools))
      }
    default: try reader.skip()
    }
  }
  return isCurrent ? report : nil
}

/// Reads how long a host is up, in seconds; whatever it says, nobody is up for less than nothing or
/// for more than 31 years.
func readUptime(_ reader: inout JSONReader) throws(JSONError) -> Int {
  min(max(0, try reader.int()), 1_000_000_000)
}

/// Reads how many calls an instance set serves at once; hosts count up to 2^32 - 1, so sums over a
/// lattice always fit.
func readInstances(_ reader: inout JSONReader) throws(JSONError) -> Int {
  min(max(0, try reader.int()), Int(UInt32.max))
}

private func readActor(
  _ reader: inout JSONReader, _ pools: inout WirePools
) throws(JSONError) -> ReportedActor {
  var actor = ReportedActor(id: "", image: "", instances: 0)
  try reader.beginObject()
  while let key = try reader.nextKey() {
    switch key {
    case "id": actor.id = ActorID(try reader.string(pooledIn: &pools.strings))
    case "image_ref": actor.image = ImageReference(try reader.string(pooledIn: &pools.strings))
    case "annotations": actor.annotations = try reader.strings(pooledIn: &pools)
    case "max_instances", "max_concurrent", "count": actor.instances = try readInstances(&reader)
    default: try reader.skip()
    }
  }
  return actor
}

private func readProvider(
  _ reader: inout JSONReader, _ pools: inout WirePools
) throws(JSONError) -> ReportedProvider {
  var provider = ReportedProvider(id: "", image: "")
  try reader.beginObject()
  while let key = try reader.nextKey() {
    switch key {
    case "id": provider.id = ProviderID(try reader.string(pooledIn: &pools.strings))
    case "image_ref": provider.image = ImageReference(try reader.string(pooledIn: &pools.strings))
    case "annotations": provider.annotations = try reader.strings(pooledIn: &pools)
    default: try reader.skip()
    }
  }
  return provider
}

func readLinks(_ reader: inout JSONReader) throws(JSONError) -> [LinkDefinition] {
  var links: [LinkDefinition] = []
  try reader.beginArray()
  while try reader.nextElement() { links.append(try readLink(&reader).link) }
  return links
}

/// Reads a link, and the error beside it in an event of failure.
func readLink(
  _ reader: inout JSONReader
) throws(JSONError) -> (link: LinkDefinition, error: String) {
  var key = LinkKey(source: "", contract: Contract(namespace: "", package: ""))
  var target = ""
  var interfaces: [String] = []
  var sourceConfig: [ConfigName] = []
  var targetConfig: [ConfigName] = []
  var error = ""
  try reader.beginObject()
  while let field = try reader.nextKey() {
    switch field {
    case "source_id": key.source = try reader.string()
    case "name": key.name = try reader.string()
    case "wit_namespace": key.contract.namespace = try reader.string()
    case "wit_package": key.contract.package = try reader.string()
    case "target": target = try reader.optionalString() ?? ""
    case "interfaces": interfaces = try reader.stringList()
    case "source_config": sourceConfig = try reader.stringList().map { ConfigName($0) }
    case "target_config": targetConfig = try reader.stringList().map { ConfigName($0) }
    case "error": error = try reader.string()
    default: try reader.skip()
    }
  }
  let link = LinkDefinition(
    key: key, target: target, interfaces: interfaces, sourceConfig: sourceConfig,
    targetConfig: targetConfig)
  return (link, error)
}

extension JSONReader {
  /// Reads a string, or `nil` for `null`.
  mutating func optionalString() throws(JSONError) -> String? {
    try null() ? nil : try string()
  }

  /// Reads a list of strings; `null` stands for an empty one.
  mutating func stringList() throws(JSONError) -> [String] {
    var list: [String] = []
    guard try !null() else { return list }
    try beginArray()
    while try nextElement() { list.append(try string()) }
    return list
  }

  /// Reads a map of strings; `null` stands for an empty one.
  mutating func strings() throws(JSONError) -> [String: String] {
    var map: [String: String] = [:]
    guard try !null() else { return map }
    try beginObject()
    while let key = try nextKey() {
      let name = key.text
      map[name] = try string()
    }
    return map
  }

  /// Reads a map of strings that has probably been seen before.
  mutating func strings(pooledIn pools: inout WirePools) throws(JSONError) -> [String: String] {
    let range = try range()
    let raw = raw(range)
    var map: [String: String] = [:]
    map = try pools.maps.map(raw) { () throws(JSONError) in
      try JSONReader.read(raw) { reader throws(JSONError) in try reader.strings() }
    }
    return map
  }
}
