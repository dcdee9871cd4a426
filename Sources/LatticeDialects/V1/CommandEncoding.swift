import JSONCoding
public import LatticeModel

/// A request as it goes on the wire.
public struct ControlRequest: Hashable, Sendable {
  /// Where it goes.
  public var subject: String
  /// Its bytes.
  public var payload: [UInt8]
}

/// Returns a command as a 1.x host accepts it; equal commands give equal bytes.
///
/// `count` is always sent: a host takes its absence as 0. `host_id` is sent although the subject
/// decides: hosts since 1.6 copy it into events. Of a provider to stop only `provider_id` is sent:
/// with `provider_ref` beside it the request is refused.
///
/// - Parameters:
///   - command: The command.
///   - lattice: The lattice.
/// - Returns: The request.
public func encode(_ command: Command, for lattice: LatticeName) -> ControlRequest {
  ControlRequest(
    subject: ControlSubject.command(command, in: lattice), payload: payload(of: command))
}

private func payload(of command: Command) -> [UInt8] {
  switch command {
  case .scaleActor(let launch, let instances, let host):
    var body: [String: JSONValue] = [
      "component_id": .string(launch.id.rawValue), "component_ref": .string(launch.image.rawValue),
      "host_id": .string(host.rawValue), "count": .int(instances),
    ]
    if !launch.annotations.isEmpty { body["annotations"] = strings(launch.annotations) }
    if !launch.configs.isEmpty { body["config"] = names(launch.configs) }
    if let limit = launch.memoryLimit {
      body["component_limits"] = ["max_memory_limit": .string("\(limit)")]
    }
    return JSONValue.object(body).bytes()
  case .startProvider(let launch, let host):
    var body: [String: JSONValue] = [
      "provider_id": .string(launch.id.rawValue), "provider_ref": .string(launch.image.rawValue),
      "host_id": .string(host.rawValue), "config": names(launch.configs),
    ]
    if !launch.annotations.isEmpty { body["annotations"] = strings(launch.annotations) }
    return JSONValue.object(body).bytes()
  case .stopProvider(let id, let host):
    return JSONValue.object([
      "provider_id": .string(id.rawValue), "host_id": .string(host.rawValue),
    ]).bytes()
  case .putLink(let link):
    return JSONValue.object([
      "source_id": .string(link.key.source), "target": .string(link.target),
      "name": .string(link.key.name), "wit_namespace": .string(link.key.namespace),
      "wit_package": .string(link.key.package),
      "interfaces": .array(link.interfaces.map(JSONValue.string)),
      "source_config": names(link.sourceConfig), "target_config": names(link.targetConfig),
    ]).bytes()
  case .deleteLink(let link):
    return JSONValue.object([
      "source_id": .string(link.key.source), "name": .string(link.key.name),
      "wit_namespace": .string(link.key.namespace), "wit_package": .string(link.key.package),
    ]).bytes()
  case .putConfig(_, let values): return strings(values).bytes()
  case .deleteConfig: return []
  }
}

private func strings(_ values: [String: String]) -> JSONValue {
  .object(values.mapValues(JSONValue.string))
}

private func names(_ names: [ConfigName]) -> JSONValue {
  .array(names.map { .string($0.rawValue) })
}
