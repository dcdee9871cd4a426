import JSONCoding
import LatticeDialects
import LatticeModel

extension SimulatedHost {
  /// What a scale command asks for.
  private struct Scale: Sendable {
    var id: String
    var image: String
    var annotations: [String: String]
    var count: Int
    var configs: [String]
    var limits: [String: String]?
    var allowsUpdate: Bool
    var hostID: String

    init?(_ body: [String: JSONValue]) {
      guard let id = body["component_id"]?.string,
        let count = JSONValue.optional(body["count"], \.int, default: 0),
        (0...4_294_967_295) ~= count,
        let image = JSONValue.optional(body["component_ref"], \.string, default: ""),
        let hostID = JSONValue.optional(body["host_id"], \.string, default: ""),
        let configs = JSONValue.optional(body["config"], \.strings, default: []),
        let annotations = JSONValue.optionalMap(body["annotations"]),
        let allowsUpdate = JSONValue.optional(body["allow_update"], \.bool, default: false)
      else { return nil }
      self.id = id
      self.image = image
      self.annotations = annotations
      self.count = count
      self.configs = configs
      self.allowsUpdate = allowsUpdate
      self.hostID = hostID
      limits = body["component_limits"].flatMap(JSONValue.optionalMap)?.filter { name, text in
        ["max_memory_limit", "max_execution_time"].contains(name) && UInt64(text) != nil
      }
    }

    /// What a host says of another image than the one that runs.
    func warning(_ old: String) -> String {
      let change = "\(old) != \(image). The component will be scaled"
      return allowsUpdate
        ? "Requested to scale existing component, with a changed image reference: \(change), and "
          + "the image reference will be updated afterwards."
        : "Requested to scale existing component to a different image reference: \(change) but "
          + "the image reference will not be updated. If you meant to update this component to a "
          + "new image ref, use the update command."
    }
  }

  mutating func scale(_ request: Request, _ now: Int64) -> [HostOutput] {
    guard let body = request.body, let scale = Scale(body) else {
      return request.answer(false, "failed to deserialize component scale command")
    }
    let old = actors[scale.id]?.claimedImage ?? scale.image
    return request.answer(true, old == scale.image ? "" : scale.warning(old))
      + permit(scale, now)
  }

  /// What can fail before the lock is asked for: the image of a fresh start, claims and policy.
  private mutating func permit(_ scale: Scale, _ now: Int64) -> [HostOutput] {
    let isFresh = actors[scale.id] == nil && scale.count > 0
    if isFresh, let error = fetchError("component", scale.image) {
      return failed(scale, error, now)
    }
    if let error = faults.denied[scale.id] { return failed(scale, error, now) }
    guard !isFresh else {
      return pull(scale.image, for: scale.id, now) { host, now in
        host.death(by: scale.image, of: scale.id, "component.scale", now)
          ?? host.carryOut(scale, now)
      }
    }
    return afterStarts(now) { host, now in host.carryOut(scale, now) }
  }

  private mutating func carryOut(_ scale: Scale, _ now: Int64) -> [HostOutput] {
    guard let running = actors[scale.id] else {
      return scale.count == 0 ? settled(scale, nil, .nothing, now) : start(scale, now)
    }
    if scale.count == 0 {
      actors[scale.id] = nil
      return settled(scale, running, .stopped, now)
    }
    guard running.instances != scale.count || running.configs != scale.configs else {
      let isUpdate = scale.allowsUpdate && running.claimedImage != scale.image
      return settled(scale, running, .nothing, now)
        + (isUpdate ? replace(scale.id, by: scale.image, [:], scale.hostID, now) : [])
    }
    return fetchConfigs(scale.configs) { host, error, now in
      if let error { return host.failed(scale, error, now) }
      guard let running = host.actors[scale.id] else { return host.start(scale, now) }
      host.actors[scale.id] = InstanceSet(
        claimedImage: scale.image, code: running.code, annotations: scale.annotations,
        instances: scale.count, configs: scale.configs, limits: running.limits)
      return host.settled(scale, running, .rescaled, now)
    }
  }

  /// A fresh start of an image that was fetched: the configs, then the lock.
  private mutating func start(_ scale: Scale, _ now: Int64) -> [HostOutput] {
    let ready = now + Int64(takeLock(now) / .nanoseconds(1))
    return fetchConfigs(scale.configs) { host, error, now in
      if let error {
        host.endStart()
        return host.failed(scale, error, now)
      }
      return host.touchRecord(of: scale.id, image: scale.image) { host, _, now in
        [
          .later(after: .nanoseconds(max(0, ready - now))) { host, _, now in
            host.endStart()
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

  // MARK: Update in place

  mutating func update(_ request: Request, _ now: Int64) -> [HostOutput] {
    guard let body = request.body,
      let id = JSONValue.optional(body["component_id"], \.string, default: ""),
      let image = JSONValue.optional(body["new_component_ref"], \.string, default: ""),
      let hostID = JSONValue.optional(body["host_id"], \.string, default: ""),
      let annotations = JSONValue.optionalMap(body["annotations"])
    else { return request.answer(false, "failed to deserialize component update command") }
    guard let old = actors[id]?.claimedImage else {
      return request.answer(false, "component \(id) not found")
        + [note("component.update", id, .refused, now, image: image)]
    }
    guard old != image else {
      return request.answer(true, "component \(id) already updated to \(image)")
        + [note("component.update", id, .nothing, now, image: image)]
    }
    return request.answer(true, "component \(id) updating from \(old) to \(image)")
      + replace(id, by: image, annotations, hostID, now)
  }

  /// Runs another image in place; one that cannot be fetched changes nothing and gives no event.
  private mutating func replace(
    _ id: String, by image: String, _ annotations: [String: String], _ hostID: String, _ now: Int64
  ) -> [HostOutput] {
    guard fetchError("component", image) == nil else {
      return [note("component.update", id, .failed, now, image: image)]
    }
    return [
      .later(after: takeLock(now)) { host, _, now in
        host.endStart()
        guard var set = host.actors[id] else { return [] }
        set.claimedImage = image
        set.code = image
        set.annotations = annotations
        host.actors[id] = set
        let note = host.note("component.update", id, .updated, now, image: image)
        return [note]
          + [set.instances, 0].map { count in
            host.scaled(id, image, annotations, count, hostID, now)
          }
      }
    ]
  }

  // MARK: Outcomes

  /// The end of every scale since 1.1.1: an event, with what ran before if something did.
  private mutating func settled(
    _ scale: Scale, _ old: InstanceSet?, _ effect: LedgerEntry.Effect, _ now: Int64
  ) -> [HostOutput] {
    [
      note("component.scale", scale.id, effect, now, count: scale.count, image: scale.image),
      scaled(scale, old, now),
    ]
  }

  private mutating func scaled(_ scale: Scale, _ old: InstanceSet?, _ now: Int64) -> HostOutput {
    scaled(
      scale.id, old?.claimedImage ?? scale.image, old?.annotations ?? scale.annotations,
      scale.count, scale.hostID, now)
  }

  private mutating func scaled(
    _ id: String, _ image: String, _ annotations: [String: String], _ count: Int, _ hostID: String,
    _ now: Int64
  ) -> HostOutput {
    event(
      "component_scaled",
      [
        "annotations": strings(annotations), "component_id": .string(id),
        "host_id": .string(hostID), "image_ref": .string(image), "max_instances": .int(count),
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
}
