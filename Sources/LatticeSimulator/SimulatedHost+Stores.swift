import JSONCoding
import LatticeModel
import LatticeWire

/// What hosts keep in JetStream. The record of a source is read, changed and written back without
/// comparing, exactly as real hosts do: two puts at once lose one link.
extension SimulatedHost {
  /// Goes on once all configs are known to exist, or with what is missing.
  func requireConfigs(
    _ names: [String],
    then: @escaping @Sendable (inout SimulatedHost, _ missing: String?, Int64) -> [HostOutput]
  ) -> [HostOutput] {
    guard let name = names.first else {
      return [.later(after: .zero) { host, _, now in then(&host, nil, now) }]
    }
    return [
      .read(bucket: LatticeStore.configs(lattice), key: name) { host, value, now in
        guard value != nil else {
          return then(
            &host, "Unable to fetch requested config: Config \(name) does not exist", now)
        }
        return host.requireConfigs(Array(names.dropFirst()), then: then)
      }
    ]
  }

  /// Makes the record of a source if there is none.
  func ensureRecord(
    of source: String, image: String, then: @escaping StoreContinuation
  ) -> [HostOutput] {
    let bucket = LatticeStore.components(lattice)
    let key = LatticeStore.key(ofSource: source)
    return [
      .read(bucket: bucket, key: key) { host, value, now in
        guard value == nil else { return then(&host, value, now) }
        let record: JSONValue = ["url": .string(image), "links": []]
        return [.write(bucket: bucket, key: key, value: record.bytes(), then: then)]
      }
    ]
  }

  // MARK: Links

  mutating func putLink(_ request: Request, _ now: Int64) -> [HostOutput] {
    guard let body = request.body, let link = link(from: body) else {
      return request.answer(false, "failed to deserialize wrpc link definition")
    }
    let configs = (link.sourceConfig + link.targetConfig).map(\.rawValue)
    return requireConfigs(configs) { host, missing, now in
      guard missing == nil else {
        return host.refuse(
          link, "Failed to validate configuration and secrets. ", request, now)
      }
      return host.changeRecord(of: link.key.source) { host, stored, now in
        let rivals = stored.filter { $0.key == link.key }
        let clashes = rivals.contains {
          $0.target != link.target && !Set($0.interfaces).isDisjoint(with: link.interfaces)
        }
        guard !clashes else {
          return .refused(
            host.refuse(
              link,
              "link already exists with different target, consider deleting the existing link or "
                + "using a different link name", request, now))
        }
        let others = stored.filter { $0.key != link.key || $0.target != link.target }
        return .changed(others + [link]) { host, now in
          [
            host.note("link.put", link.key.source, stored.contains(link) ? .nothing : .stored, now),
            host.event("linkdef_set", host.linkJSON(link), now),
          ] + request.answer(true, "successfully set link")
        }
      }
    }
  }

  mutating func deleteLink(_ request: Request, _ now: Int64) -> [HostOutput] {
    guard let body = request.body, let source = body["source_id"]?.string,
      let namespace = body["wit_namespace"]?.string, let package = body["wit_package"]?.string
    else { return request.answer(false, "failed to deserialize wrpc link definition") }
    let name = body["name"]?.string ?? "default"
    let key = LinkKey(source: source, name: name, namespace: namespace, package: package)
    return changeRecord(of: source) { host, stored, now in
      let first = stored.firstIndex { $0.key == key }
      var others = stored
      let removed = first.map { others.remove(at: $0) }
      return .changed(others) { host, now in
        var data: [String: JSONValue] = [
          "source_id": .string(source), "name": .string(name),
          "wit_namespace": .string(namespace), "wit_package": .string(package),
        ]
        if let removed {
          data["target"] = .string(removed.target)
          data["interfaces"] = .array(removed.interfaces.map(JSONValue.string))
        }
        return [
          host.note("link.del", source, removed == nil ? .nothing : .deleted, now),
          host.event("linkdef_deleted", .object(data), now),
        ] + request.answer(true, "successfully deleted link")
      }
    }
  }

  private enum RecordChange {
    case refused([HostOutput])
    case changed(
      [LinkDefinition], then: @Sendable (inout SimulatedHost, Int64) -> [HostOutput])
  }

  private func changeRecord(
    of source: String,
    _ change: @escaping @Sendable (inout SimulatedHost, [LinkDefinition], Int64) -> RecordChange
  ) -> [HostOutput] {
    let bucket = LatticeStore.components(lattice)
    let key = LatticeStore.key(ofSource: source)
    return [
      .read(bucket: bucket, key: key) { host, value, now in
        let stored = value.flatMap { try? decodeStoredLinks($0) } ?? []
        let url = value.flatMap { try? JSONValue(parsing: $0) }?["url"]?.string ?? ""
        switch change(&host, stored, now) {
        case .refused(let outputs): return outputs
        case .changed(let links, let then):
          let record: JSONValue = [
            "url": .string(url), "links": .array(links.map(host.linkJSON)),
          ]
          return [
            .write(bucket: bucket, key: key, value: record.bytes()) { host, _, now in
              then(&host, now)
            }
          ]
        }
      }
    ]
  }

  private mutating func refuse(
    _ link: LinkDefinition, _ error: String, _ request: Request, _ now: Int64
  ) -> [HostOutput] {
    var data = linkJSON(link).object ?? [:]
    data["error"] = .string(error)
    return [
      note("link.put", link.key.source, .refused, now),
      event("linkdef_set_failed", .object(data), now),
    ] + request.answer(false, error)
  }

  private func link(from body: [String: JSONValue]) -> LinkDefinition? {
    guard let source = body["source_id"]?.string, let target = body["target"]?.string,
      let namespace = body["wit_namespace"]?.string, let package = body["wit_package"]?.string,
      let interfaces = body["interfaces"]?.strings
    else { return nil }
    return LinkDefinition(
      key: LinkKey(
        source: source, name: body["name"]?.string ?? "default", namespace: namespace,
        package: package), target: target, interfaces: interfaces,
      sourceConfig: (body["source_config"]?.strings ?? []).map { ConfigName($0) },
      targetConfig: (body["target_config"]?.strings ?? []).map { ConfigName($0) })
  }

  func linkJSON(_ link: LinkDefinition) -> JSONValue {
    [
      "source_id": .string(link.key.source), "target": .string(link.target),
      "name": .string(link.key.name), "wit_namespace": .string(link.key.namespace),
      "wit_package": .string(link.key.package),
      "interfaces": .array(link.interfaces.map(JSONValue.string)),
      "source_config": .array(link.sourceConfig.map { .string($0.rawValue) }),
      "target_config": .array(link.targetConfig.map { .string($0.rawValue) }),
    ]
  }

  // MARK: Configs

  mutating func config(_ request: Request, _ verb: String, _ name: String, _ now: Int64)
    -> [HostOutput]
  {
    let bucket = LatticeStore.configs(lattice)
    switch verb {
    case "config.get":
      return [
        .read(bucket: bucket, key: name) { _, value, _ in
          guard let value, let map = try? JSONValue(parsing: value) else {
            return request.answer(true, "Configuration not found")
          }
          return request.answer(true, "", map)
        }
      ]
    case "config.del":
      return [
        .read(bucket: bucket, key: name) { host, old, now in
          [
            .write(bucket: bucket, key: name, value: nil) { host, _, now in
              [
                host.note("config.del", name, old == nil ? .nothing : .deleted, now),
                host.event("config_deleted", ["config_name": .string(name)], now),
              ] + request.answer(true, "successfully deleted config")
            }
          ]
        }
      ]
    default:
      guard let body = request.body, body.values.allSatisfy({ $0.string != nil }) else {
        return request.answer(false, "config data should be a map of string -> string")
      }
      return [
        .read(bucket: bucket, key: name) { host, old, now in
          [
            .write(bucket: bucket, key: name, value: JSONValue.object(body).bytes()) {
              host, _, now in
              let isSame = old.flatMap { try? JSONValue(parsing: $0) } == .object(body)
              return [
                host.note("config.put", name, isSame ? .nothing : .stored, now),
                host.event("config_set", ["config_name": .string(name)], now),
              ] + request.answer(true, "successfully put config")
            }
          ]
        }
      ]
    }
  }
}
