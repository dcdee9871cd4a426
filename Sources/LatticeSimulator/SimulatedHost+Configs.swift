import JSONCoding
import LatticeDialects
import LatticeModel

/// Named configs, as hosts keep them in JetStream.
extension SimulatedHost {
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

  /// Goes on once configs and secrets were fetched, or with the error that prevents it.
  ///
  /// A config that this host once found is never missing again, even when it is deleted. Secrets are
  /// fetched by references that it finds, where it has a store of secrets.
  func fetchConfigs(
    _ names: [String],
    then: @escaping @Sendable (inout SimulatedHost, _ error: String?, Int64) -> [HostOutput]
  ) -> [HostOutput] {
    let secrets = names.filter(Self.isSecret)
    let unknown = names.filter { !Self.isSecret($0) && !knownConfigs.contains($0) }
    return find(unknown) { host, missing, now in
      host.knownConfigs.formUnion(Set(unknown).subtracting(missing))
      if let name = missing.first {
        return then(
          &host, "Unable to fetch requested config: Config \(name) does not exist", now)
      }
      guard !secrets.isEmpty else { return then(&host, nil, now) }
      let error = "Unable to fetch requested secrets: "
      guard host.hasSecretStore else {
        return then(&host, error + "secret store not configured, could not fetch secrets", now)
      }
      return host.find(secrets) { host, missing, now in
        let sentence = missing.first.map {
          error + "Secret config \($0) not found in config store, could not create secret request"
        }
        return then(&host, sentence, now)
      }
    }
  }

  /// Goes on with those of some configs that are not in their bucket.
  func find(
    _ names: [String], missing: [String] = [],
    then: @escaping @Sendable (inout SimulatedHost, _ missing: [String], Int64) -> [HostOutput]
  ) -> [HostOutput] {
    guard let name = names.first else {
      return [.later(after: .zero) { host, _, now in then(&host, missing, now) }]
    }
    return [
      .read(bucket: LatticeStore.configs(lattice), key: name) { host, value, _ in
        host.find(
          Array(names.dropFirst()), missing: missing + (value == nil ? [name] : []), then: then)
      }
    ]
  }

  static func isSecret(_ name: String) -> Bool { name.hasPrefix("SECRET") }
}
