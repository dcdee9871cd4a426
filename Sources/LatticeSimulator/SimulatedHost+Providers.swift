import JSONCoding
import LatticeModel
import LatticeWire

extension SimulatedHost {
  /// What a start command asks for.
  private struct Start: Sendable {
    var id: String
    var reference: String
    var annotations: [String: String]
    var configs: [String]
    var hostID: String

    /// The image as the inventory shows it.
    var image: String { ImageReference(reference).withoutScheme }

    /// Why a host has no such program built in, or `nil` if it has or the program comes otherwise.
    var builtinError: String? {
      let isBuiltin = reference.hasPrefix("wasmcloud+builtin://")
      return isBuiltin && !["http-server", "messaging-nats"].contains(image)
        ? "unknown builtin name: \(image)" : nil
    }

    init?(_ body: [String: JSONValue]) {
      guard let id = body["provider_id"]?.string,
        let reference = JSONValue.optional(body["provider_ref"], \.string, default: ""),
        let hostID = JSONValue.optional(body["host_id"], \.string, default: ""),
        let configs = JSONValue.optional(body["config"], \.strings, default: []),
        let annotations = JSONValue.optionalMap(body["annotations"])
      else { return nil }
      self.id = id
      self.reference = reference
      self.annotations = annotations
      self.configs = configs
      self.hostID = hostID
    }
  }

  mutating func startProvider(_ request: Request, _ now: Int64) -> [HostOutput] {
    guard let body = request.body, let start = Start(body) else {
      return request.answer(false, "failed to deserialize provider start command")
    }
    guard providers[start.id] == nil else {
      return request.answer(false, "provider with that ID is already running")
        + [note("provider.start", start.id, .refused, now, image: start.reference)]
    }
    let accepted = request.answer(true, "successfully started provider")
    if let error = fetchError("provider", start.reference) ?? faults.denied[start.id] {
      return accepted + failed(start, error, now)
    }
    return accepted
      + touchRecord(of: start.id, image: start.image) { host, _, now in
        host.fetchConfigs(start.configs) { host, error, now in
          if let error = error ?? start.builtinError { return host.failed(start, error, now) }
          return [
            .later(after: host.takeLock(now)) { host, _, now in
              host.endStart()
              return host.run(start, now)
            }
          ]
        }
      }
  }

  private mutating func run(_ start: Start, _ now: Int64) -> [HostOutput] {
    guard providers[start.id] == nil else {
      return failed(start, "provider is already running with that ID", now)
    }
    providers[start.id] = ProviderProcess(image: start.image, annotations: start.annotations)
    return [
      note("provider.start", start.id, .started, now, image: start.reference),
      event(
        "provider_started",
        [
          "host_id": .string(start.hostID), "image_ref": .string(start.image),
          "provider_id": .string(start.id), "annotations": strings(start.annotations),
        ], now),
    ]
  }

  private mutating func failed(_ start: Start, _ error: String, _ now: Int64) -> [HostOutput] {
    [
      note("provider.start", start.id, .failed, now, image: start.reference),
      event(
        "provider_start_failed",
        [
          "provider_ref": .string(start.reference), "provider_id": .string(start.id),
          "host_id": .string(id.rawValue), "error": .string(error), "link_name": "default",
        ], now),
    ]
  }

  mutating func stopProvider(_ request: Request, _ now: Int64) -> [HostOutput] {
    guard let body = request.body, body["provider_id"] == nil || body["provider_ref"] == nil,
      let provider = JSONValue.optional(
        body["provider_id"] ?? body["provider_ref"], \.string, default: ""),
      let hostID = JSONValue.optional(body["host_id"], \.string, default: "")
    else { return request.answer(false, "failed to deserialize provider stop command") }
    guard let process = providers.removeValue(forKey: provider) else {
      return request.answer(false, "provider with that ID is not running")
        + [note("provider.stop", provider, .refused, now)]
    }
    return [
      note("provider.stop", provider, .stopped, now),
      event(
        "provider_stopped",
        [
          "host_id": .string(hostID), "provider_id": .string(provider),
          "annotations": strings(process.annotations), "reason": "stop",
          "instance_id": .string(provider), "public_key": .string(provider),
          "link_name": "default",
        ], now),
    ] + request.answer(true, "successfully stopped provider")
  }
}
