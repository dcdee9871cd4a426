import JSONCoding
public import LatticeModel

extension V1 {
  /// Returns a part's request as a 1.x host accepts it; equal parts give equal bytes.
  ///
  /// `count` is always sent: a host takes its absence as 0. `host_id` is sent although the subject
  /// decides: hosts since 1.6 copy it into events. Of a provider to stop only `provider_id` is sent:
  /// with `provider_ref` beside it the request is refused.
  ///
  /// - Parameters:
  ///   - part: One of the parts of an intent; of a whole replacement, the start.
  ///   - lattice: The lattice.
  /// - Returns: The request.
  public func request(for part: Intent, in lattice: LatticeName) -> ControlRequest {
    ControlRequest(
      subject: ControlSubject.request(for: part, in: lattice, below: root),
      payload: payload(of: part))
  }
}

private func payload(of part: Intent) -> [UInt8] {
  switch part {
  case .run(.actor(let launch), let count, let host),
    .replace(_, .actor(let launch), let count, let host):
    scale(launch, to: count, on: host)
  case .end(.actor(let launch), let host): scale(launch, to: 0, on: host)
  case .run(.provider(let launch), _, let host), .replace(_, .provider(let launch), _, let host):
    start(launch, on: host)
  case .end(.provider(let launch), let host):
    JSONValue.object([
      "provider_id": .string(launch.id.rawValue), "host_id": .string(host.rawValue),
    ]).bytes()
  case .connect(let link):
    JSONValue.object([
      "source_id": .string(link.key.source), "target": .string(link.target),
      "name": .string(link.key.name), "wit_namespace": .string(link.key.contract.namespace),
      "wit_package": .string(link.key.contract.package),
      "interfaces": .array(link.interfaces.map(JSONValue.string)),
      "source_config": names(link.sourceConfig), "target_config": names(link.targetConfig),
    ]).bytes()
  case .disconnect(let link):
    JSONValue.object([
      "source_id": .string(link.key.source), "name": .string(link.key.name),
      "wit_namespace": .string(link.key.contract.namespace),
      "wit_package": .string(link.key.contract.package),
    ]).bytes()
  case .keep(_, let values): strings(values).bytes()
  case .drop: []
  }
}

private func scale(_ launch: ActorLaunch, to count: Int, on host: HostID) -> [UInt8] {
  var body: [String: JSONValue] = [
    "component_id": .string(launch.id.rawValue), "component_ref": .string(launch.image.rawValue),
    "host_id": .string(host.rawValue), "count": .int(count),
  ]
  if !launch.annotations.isEmpty { body["annotations"] = strings(launch.annotations) }
  if !launch.configs.isEmpty { body["config"] = names(launch.configs) }
  if let limit = launch.memoryLimit {
    body["component_limits"] = ["max_memory_limit": .string("\(limit)")]
  }
  return JSONValue.object(body).bytes()
}

private func start(_ launch: ProviderLaunch, on host: HostID) -> [UInt8] {
  var body: [String: JSONValue] = [
    "provider_id": .string(launch.id.rawValue), "provider_ref": .string(launch.image.rawValue),
    "host_id": .string(host.rawValue), "config": names(launch.configs),
  ]
  if !launch.annotations.isEmpty { body["annotations"] = strings(launch.annotations) }
  return JSONValue.object(body).bytes()
}

private func strings(_ values: [String: String]) -> JSONValue {
  .object(values.mapValues(JSONValue.string))
}

private func names(_ names: [ConfigName]) -> JSONValue {
  .array(names.map { .string($0.rawValue) })
}
