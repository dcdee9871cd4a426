import JSONCoding
import LatticeDialects
package import LatticeModel

/// Links, as hosts keep them in JetStream. The record of a source is read, changed and written back
/// without comparing, exactly as real hosts do: two puts at once lose one link.
extension SimulatedHost {
  mutating func putLink(_ request: Request, _ now: Int64) -> [HostOutput] {
    guard let body = request.body, let link = link(from: body) else {
      return request.answer(false, "failed to deserialize wrpc link definition")
    }
    let configs = (link.sourceConfig + link.targetConfig).map(\.rawValue)
    return find(configs) { host, missing, now in
      guard missing.isEmpty else {
        let sentences = missing.map { name in
          "\(Self.isSecret(name) ? "Secret reference" : "Configuration") \(name) not found in "
            + "config store. "
        }
        return host.refuse(
          link, "Failed to validate configuration and secrets. " + sentences.joined(), request,
          now)
      }
      return host.changeRecord(of: link.key.source) { host, record, now in
        let stored = record ?? []
        let rivals = stored.filter { $0.key == link.key }
        let clashes = rivals.contains {
          $0.target != link.target && !Set($0.interfaces).isDisjoint(with: link.interfaces)
        }
        guard !clashes else {
          return .unchanged(
            host.refuse(
              link,
              "link already exists with different target, consider deleting the existing link or "
                + "using a different link name", request, now))
        }
        let others = stored.filter { $0.key != link.key || $0.target != link.target }
        return .changed(others + [link]) { host, now in
          [host.note("link.put", link.key.source, stored.contains(link) ? .nothing : .stored, now)]
            + host.told(link) { host, told, now in
              host.tellEnds(of: link, "put", told)
                + [host.event("linkdef_set", host.linkJSON(link), now)]
                + request.answer(true, "successfully set link")
            }
        }
      }
    }
  }

  mutating func deleteLink(_ request: Request, _ now: Int64) -> [HostOutput] {
    guard let body = request.body, let source = body["source_id"]?.string,
      let namespace = body["wit_namespace"]?.string, let package = body["wit_package"]?.string
    else { return request.answer(false, "failed to deserialize wrpc link definition") }
    let name = body["name"]?.string ?? "default"
    let key = LinkKey(
      source: source, name: name, contract: Contract(namespace: namespace, package: package))
    return changeRecord(of: source) { host, record, now in
      guard var links = record else {
        return .unchanged(
          [host.note("link.del", source, .nothing, now)]
            + request.answer(true, "successfully deleted link (spec doesn't exist)"))
      }
      guard let index = links.firstIndex(where: { $0.key == key }) else {
        return .unchanged(host.deleted(key, nil, request, now))
      }
      // The last takes the place of the one that goes.
      links.swapAt(index, links.count - 1)
      let removed = links.removeLast()
      return .changed(links) { host, now in host.deleted(key, removed, request, now) }
    }
  }

  /// Goes on with a link as those at its ends are told of it: with the values of its configs.
  private func told(
    _ link: LinkDefinition,
    then: @escaping @Sendable (inout SimulatedHost, JSONValue, Int64) -> [HostOutput]
  ) -> [HostOutput] {
    values(of: link.sourceConfig.map(\.rawValue)) { host, source, _ in
      host.values(of: link.targetConfig.map(\.rawValue)) { host, target, now in
        then(&host, host.resolved(link, source, target), now)
      }
    }
  }

  private func resolved(
    _ link: LinkDefinition, _ source: [String: String], _ target: [String: String]
  ) -> JSONValue {
    var members = linkJSON(link).object ?? [:]
    members["source_config"] = strings(source)
    members["target_config"] = strings(target)
    members["source_secrets"] = .null
    members["target_secrets"] = .null
    return .object(members)
  }

  /// Tells those at the ends of a link; providers obey a delete, and pass over a put.
  private func tellEnds(of link: LinkDefinition, _ verb: String, _ payload: JSONValue)
    -> [HostOutput]
  {
    [link.key.source, link.target].map { id in
      .publish(
        subject: "wasmbus.rpc.\(lattice).\(id).linkdefs.\(verb)", payload: payload.bytes())
    }
  }

  private mutating func deleted(
    _ key: LinkKey, _ removed: LinkDefinition?, _ request: Request, _ now: Int64
  ) -> [HostOutput] {
    var data: [String: JSONValue] = [
      "source_id": .string(key.source), "name": .string(key.name),
      "wit_namespace": .string(key.contract.namespace),
      "wit_package": .string(key.contract.package),
    ]
    if let removed {
      data["target"] = .string(removed.target)
      data["interfaces"] = .array(removed.interfaces.map(JSONValue.string))
    }
    return [
      note("link.del", key.source, removed == nil ? .nothing : .deleted, now),
      event("linkdef_deleted", .object(data), now),
    ] + request.answer(true, "successfully deleted link")
      + (removed.map { tellEnds(of: $0, "del", resolved($0, [:], [:])) } ?? [])
  }

  private enum RecordChange {
    case unchanged([HostOutput])
    case changed(
      [LinkDefinition], then: @Sendable (inout SimulatedHost, Int64) -> [HostOutput])
  }

  private func changeRecord(
    of source: String,
    _ change: @escaping @Sendable (inout SimulatedHost, [LinkDefinition]?, Int64) -> RecordChange
  ) -> [HostOutput] {
    let bucket = LatticeStore.components(lattice)
    let key = LatticeStore.key(ofSource: source)
    return [
      .read(bucket: bucket, key: key) { host, value, now in
        let stored = value.flatMap { try? decodeStoredLinks($0) }
        let url = value.flatMap { try? JSONValue(parsing: $0) }?["url"]?.string ?? ""
        switch change(&host, stored, now) {
        case .unchanged(let outputs): return outputs
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

  /// A link as those at its ends are told of it, without its configs.
  package static func link(fromRPC payload: [UInt8]) -> LinkDefinition? {
    guard let body = (try? JSONValue(parsing: payload))?.object,
      let source = body["source_id"]?.string,
      let target = body["target"]?.string, let namespace = body["wit_namespace"]?.string,
      let package = body["wit_package"]?.string
    else { return nil }
    return LinkDefinition(
      key: LinkKey(
        source: source, name: body["name"]?.string ?? "default",
        contract: Contract(namespace: namespace, package: package)), target: target,
      interfaces: body["interfaces"]?.strings ?? [])
  }

  private func link(from body: [String: JSONValue]) -> LinkDefinition? {
    guard let source = body["source_id"]?.string, let target = body["target"]?.string,
      let namespace = body["wit_namespace"]?.string, let package = body["wit_package"]?.string,
      let interfaces = body["interfaces"]?.strings
    else { return nil }
    return LinkDefinition(
      key: LinkKey(
        source: source, name: body["name"]?.string ?? "default",
        contract: Contract(namespace: namespace, package: package)), target: target,
      interfaces: interfaces,
      sourceConfig: (body["source_config"]?.strings ?? []).map { ConfigName($0) },
      targetConfig: (body["target_config"]?.strings ?? []).map { ConfigName($0) })
  }

  func linkJSON(_ link: LinkDefinition) -> JSONValue {
    [
      "source_id": .string(link.key.source), "target": .string(link.target),
      "name": .string(link.key.name), "wit_namespace": .string(link.key.contract.namespace),
      "wit_package": .string(link.key.contract.package),
      "interfaces": .array(link.interfaces.map(JSONValue.string)),
      "source_config": .array(link.sourceConfig.map { .string($0.rawValue) }),
      "target_config": .array(link.targetConfig.map { .string($0.rawValue) }),
    ]
  }

  /// Reads the record of a source and writes it back as it was, or a new one: what others wrote in
  /// between is lost.
  func touchRecord(
    of source: String, image: String, then: @escaping StoreContinuation
  ) -> [HostOutput] {
    let bucket = LatticeStore.components(lattice)
    let key = LatticeStore.key(ofSource: source)
    return [
      .read(bucket: bucket, key: key) { host, value, now in
        let record: JSONValue = ["url": .string(image), "links": []]
        return [.write(bucket: bucket, key: key, value: value ?? record.bytes(), then: then)]
      }
    ]
  }
}
