import JSONCoding
import LatticeModel
import LatticeWire

extension SimulatedHost {
  /// What a scale command asks for.
  private struct Scale: Sendable {
    var id: String
    var image: String
    var annotations: [String: String]
    var count: Int
    var configs: [String]
    var limits: [String: String]?
    var hostID: String

    init?(_ body: [String: JSONValue]) {
      guard let id = body["component_id"]?.string,
        let count = Self.optional(body["count"], \.int, default: 0), (0...4_294_967_295) ~= count,
        let image = Self.optional(body["component_ref"], \.string, default: ""),
        let hostID = Self.optional(body["host_id"], \.string, default: ""),
        let configs = Self.optional(body["config"], \.strings, default: []),
        let annotations = Self.map(body["annotations"]),
        Self.optional(body["allow_update"], \.bool, default: false) != nil
      else { return nil }
      self.id = id
      self.image = image
      self.annotations = annotations
      self.count = count
      self.configs = configs
      self.hostID = hostID
      limits = body["component_limits"].flatMap(Self.map)
    }

    /// An absent field has its default; one of another type makes the command unreadable.
    static func optional<Value>(
      _ value: JSONValue?, _ read: (JSONValue) -> Value?, default standard: Value
    ) -> Value? {
      value.map(read) ?? standard
    }

    static func map(_ value: JSONValue?) -> [String: String]? {
      switch value {
      case nil, .null?: [:]
      case .object(let members)?:
        members.reduce(into: [:] as [String: String]?) { map, member in
          guard let text = member.value.string else { return map = nil }
          map?[member.key] = text
        }
      default: nil
      }
    }
  }

  mutating func scale(_ request: Request, _ now: Int64) -> [HostOutput] {
    guard let body = request.body, let scale = Scale(body) else {
      return request.answer(false, "failed to deserialize component scale command")
    }
    let running = actors[scale.id]
    let warning =
      running.map(\.claimedImage).flatMap { old in
        old == scale.image
          ? nil
          : "Requested to scale existing component to a different image reference: \(old) != "
            + "\(scale.image). The component will be scaled but the image reference will not be "
            + "updated. If you meant to update this component to a new image ref, use the update "
            + "command."
      } ?? ""
    return request.answer(true, warning) + carryOut(scale, now)
  }

  private mutating func carryOut(_ scale: Scale, _ now: Int64) -> [HostOutput] {
    guard let running = actors[scale.id] else {
      return scale.count == 0 ? settled(scale, nil, .nothing, now) : start(scale, now)
    }
    if scale.count == 0 {
      return [
        .later(after: .milliseconds(1)) { host, _, now in
          let old = host.actors.removeValue(forKey: scale.id)
          return host.settled(scale, old, old == nil ? .nothing : .stopped, now)
        }
      ]
    }
    guard running.instances != scale.count || running.configs != scale.configs else {
      return settled(scale, running, .nothing, now)
    }
    return requireConfigs(scale.configs) { host, missing, now in
      if let missing { return host.failed(scale, missing, now) }
      guard let running = host.actors[scale.id] else { return host.start(scale, now) }
      host.actors[scale.id] = InstanceSet(
        claimedImage: scale.image, code: running.code, annotations: scale.annotations,
        instances: scale.count, configs: scale.configs, limits: running.limits)
      return host.settled(scale, running, .rescaled, now)
    }
  }

  /// A fresh start: the image, then the configs, then the lock.
  private mutating func start(_ scale: Scale, _ now: Int64) -> [HostOutput] {
    guard !scale.image.isEmpty, !faults.failingImages.contains(scale.image) else {
      return failed(
        scale,
        "failed to fetch component: failed to fetch component under OCI reference "
          + "`\(scale.image)`: manifest unknown", now)
    }
    let ready = now + Int64(takeLock(now) / .nanoseconds(1))
    return requireConfigs(scale.configs) { host, missing, now in
      if let missing { return host.failed(scale, missing, now) }
      return host.ensureRecord(of: scale.id, image: scale.image) { host, _, now in
        [
          .later(after: .nanoseconds(max(0, ready - now))) { host, _, now in
            guard host.actors[scale.id] == nil else { return host.carryOut(scale, now) }
            host.actors[scale.id] = InstanceSet(
              claimedImage: scale.image, code: scale.image, annotations: scale.annotations,
              instances: scale.count, configs: scale.configs, limits: scale.limits)
            var first = scale
            first.hostID = host.id.rawValue
            return [host.scaled(first, nil, now)] + host.settled(scale, nil, .started, now)
          }
        ]
      }
    }
  }

  /// The end of every scale since 1.1.1: an event, with what ran before if something did.
  private mutating func settled(
    _ scale: Scale, _ old: InstanceSet?, _ effect: LedgerEntry.Effect, _ now: Int64
  ) -> [HostOutput] {
    [
      note(
        "component.scale", scale.id, effect, now, count: scale.count, image: scale.image),
      scaled(scale, old, now),
    ]
  }

  private mutating func scaled(_ scale: Scale, _ old: InstanceSet?, _ now: Int64) -> HostOutput {
    event(
      "component_scaled",
      [
        "annotations": strings(old?.annotations ?? scale.annotations),
        "component_id": .string(scale.id), "host_id": .string(scale.hostID),
        "image_ref": .string(old?.claimedImage ?? scale.image), "max_instances": .int(scale.count),
      ], now)
  }

  private mutating func failed(_ scale: Scale, _ error: String, _ now: Int64) -> [HostOutput] {
    [
      note("component.scale", scale.id, .failed, now, count: scale.count, image: scale.image),
      event(
        "component_scale_failed",
        [
          "annotations": strings(scale.annotations), "component_id": .string(scale.id),
          "host_id": .string(scale.hostID), "image_ref": .string(scale.image),
          "max_instances": .int(scale.count), "error": .string(error),
        ], now),
    ]
  }

  // MARK: Providers

  mutating func startProvider(_ request: Request, _ now: Int64) -> [HostOutput] {
    guard let body = request.body, let provider = body["provider_id"]?.string,
      let reference = Scale.optional(body["provider_ref"], \.string, default: ""),
      let hostID = Scale.optional(body["host_id"], \.string, default: ""),
      let configs = Scale.optional(body["config"], \.strings, default: []),
      let annotations = Scale.map(body["annotations"])
    else { return request.answer(false, "failed to deserialize provider start command") }
    guard providers[provider] == nil else {
      return request.answer(false, "provider with that ID is already running")
        + [note("provider.start", provider, .refused, now, image: reference)]
    }
    let accepted = request.answer(true, "successfully started provider")
    @Sendable func fail(_ host: inout SimulatedHost, _ error: String, _ now: Int64) -> [HostOutput]
    {
      [
        host.note("provider.start", provider, .failed, now, image: reference),
        host.event(
          "provider_start_failed",
          [
            "provider_ref": .string(reference), "provider_id": .string(provider),
            "host_id": .string(host.id.rawValue), "error": .string(error),
            "link_name": "default",
          ], now),
      ]
    }
    guard !reference.isEmpty, !faults.failingImages.contains(reference) else {
      return accepted + fail(&self, "failed to fetch provider: manifest unknown", now)
    }
    return accepted
      + requireConfigs(configs) { host, missing, now in
        if let missing { return fail(&host, missing, now) }
        return [
          .later(after: host.takeLock(now)) { host, _, now in
            guard host.providers[provider] == nil else {
              return fail(&host, "provider is already running with that ID", now)
            }
            let image = ImageReference(reference).withoutScheme
            host.providers[provider] = ProviderProcess(image: image, annotations: annotations)
            return [
              host.note("provider.start", provider, .started, now, image: reference),
              host.event(
                "provider_started",
                [
                  "host_id": .string(hostID), "image_ref": .string(image),
                  "provider_id": .string(provider), "annotations": strings(annotations),
                ], now),
            ]
          }
        ]
      }
  }

  mutating func stopProvider(_ request: Request, _ now: Int64) -> [HostOutput] {
    guard let body = request.body, body["provider_id"] == nil || body["provider_ref"] == nil,
      let provider = Scale.optional(
        body["provider_id"] ?? body["provider_ref"], \.string, default: ""),
      let hostID = Scale.optional(body["host_id"], \.string, default: "")
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

extension JSONValue {
  /// The elements as strings, or `nil` if this is no list of strings.
  var strings: [String]? {
    guard let elements = array else { return nil }
    let texts = elements.compactMap(\.string)
    return texts.count == elements.count ? texts : nil
  }
}
