import JSONCoding
import LatticeModel

extension SimulatedHost {
  /// Handles a request of the control interface.
  mutating func handle(_ request: Request, _ now: Int64) -> [HostOutput] {
    let dot = UInt8(ascii: ".")
    let words = request.verb.utf8.split(separator: dot, omittingEmptySubsequences: false)
      .map { Substring($0) }
    let verb = words.prefix(2).joined(separator: ".")
    let isCommand = ["scale", "update", "start", "stop", "put", "del"]
      .contains(words.dropFirst().first ?? "")
    if isCommand, faults.refusals > 0 {
      faults.refusals -= 1
      return request.answer(false, "refused by the simulation")
        + [note(verb, request.body.map(subject) ?? "", .refused, now)]
    }
    if isCommand, faults.neverActs { return request.answer(true, "") }
    switch verb {
    case "host.ping": return request.answer(true, "", pingAnswer(now))
    case "host.get": return getInventory(request, now)
    case "host.stop": return stopHost(request, now)
    case "component.scale": return scale(request, now)
    case "component.update": return update(request, now)
    case "component.auction", "provider.auction": return bid(request, verb)
    case "provider.start": return startProvider(request, now)
    case "provider.stop": return stopProvider(request, now)
    case "link.put": return putLink(request, now)
    case "link.del": return deleteLink(request, now)
    case "link.get":
      let known = links.sorted { $0.key < $1.key }.flatMap(\.value).map(linkJSON)
      return request.answer(true, "", .array(known))
    case "config.put", "config.get", "config.del":
      guard words.count == 3 else { break }
      return config(request, verb, String(words[2]), now)
    case "label.put", "label.del": return label(request, verb, now)
    case "claims.get": return request.answer(true, "", [])
    case "registry.put":
      return request.body == nil
        ? request.answer(false, "failed to deserialize registries put command")
        : request.answer(true, "successfully put registries")
    default: break
    }
    return request.answer(false, "unsupported subject")
  }

  private func subject(_ body: [String: JSONValue]) -> String {
    ["component_id", "provider_id", "source_id"].lazy.compactMap { body[$0]?.string }.first ?? ""
  }

  func note(
    _ verb: String, _ subject: String, _ effect: LedgerEntry.Effect, _ now: Int64,
    count: Int? = nil, image: String? = nil
  ) -> HostOutput {
    .note(
      LedgerEntry(
        time: now, host: id.rawValue, verb: verb, subject: subject, count: count, image: image,
        effect: effect))
  }

  /// The inventory waits while something starts; one beyond the server's max payload is lost.
  private mutating func getInventory(_ request: Request, _ now: Int64) -> [HostOutput] {
    afterStarts(now) { host, _ in
      [
        .later(after: host.faults.inventoryDelay) { host, _, now in
          let inventory = host.inventory(now)
          guard inventory.bytes().count < Self.maxPayload else { return [] }
          return request.answer(true, "", inventory)
        }
      ]
    }
  }

  private mutating func stopHost(_ request: Request, _ now: Int64) -> [HostOutput] {
    let wanted = request.body?["host_id"]?.string ?? ""
    guard request.payload.isEmpty || request.body != nil else {
      return request.answer(false, "failed to deserialize stop command")
    }
    guard wanted.isEmpty || wanted == id.rawValue else {
      return request.answer(false, "invalid host_id [\(wanted)]")
    }
    return request.answer(true, "successfully handled stop host")
      + [event("host_stopped", ["labels": strings(labels)], now), .leave]
  }

  private func bid(_ request: Request, _ verb: String) -> [HostOutput] {
    let kind = verb == "component.auction" ? "component" : "provider"
    guard let body = request.body, let id = body["\(kind)_id"]?.string,
      let constraints = body["constraints"]?.object
    else { return request.answer(false, "failed to deserialize \(kind) auction command") }
    let reference = body["\(kind)_ref"]?.string ?? ""
    let fits = constraints.allSatisfy { labels[$0.key] == $0.value.string }
    // Since 1.3.0 a host tests and reports the reference in place of a component's id.
    let tested = kind == "component" ? reference : id
    let isRunning = kind == "component" ? actors[tested] != nil : providers[tested] != nil
    guard fits, !isRunning else { return [] }
    return request.answer(
      true, "",
      [
        "\(kind)_ref": .string(reference), "\(kind)_id": .string(tested),
        "host_id": .string(self.id.rawValue), "constraints": .object(constraints),
      ])
  }

  private mutating func label(_ request: Request, _ verb: String, _ now: Int64) -> [HostOutput] {
    let isPut = verb == "label.put"
    guard let body = request.body, let key = body["key"]?.string,
      !isPut || body["value"]?.string != nil
    else {
      return request.answer(
        false, "failed to deserialize \(isPut ? "put" : "delete") label request")
    }
    guard isPut else {
      guard labels.removeValue(forKey: key) != nil else {
        return request.answer(true, "successfully deleted label (no such label)")
      }
      return [labelsChanged(now)] + request.answer(true, "successfully deleted label")
    }
    guard !key.lowercased().hasPrefix("hostcore.") else {
      return request.answer(false, "hostcore.* labels cannot be set dynamically")
    }
    labels[key] = body["value"]?.string
    return [labelsChanged(now)] + request.answer(true, "successfully put label")
  }

  private mutating func labelsChanged(_ now: Int64) -> HostOutput {
    event(
      "labels_changed", ["host_id": .string(id.rawValue), "labels": strings(labels)], now)
  }
}
