import JSONCoding
import LatticeDialects
import LatticeModel

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

    var isBuiltin: Bool { reference.hasPrefix("wasmcloud+builtin://") }
    /// Why a host has no such program built in, or `nil` if it has or the program comes otherwise.
    var builtinError: String? {
      isBuiltin && !["http-server", "messaging-nats"].contains(image)
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
      + pull(start.reference, for: start.id, now) { host, now in
        host.death(by: start.reference, of: start.id, "provider.start", now)
          ?? host.prepare(start)
      }
  }

  private func prepare(_ start: Start) -> [HostOutput] {
    touchRecord(of: start.id, image: start.image) { host, _, now in
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

  /// Starts the process: it is told of the links that are stored now, is listed, and listens a moment
  /// later.
  private mutating func run(_ start: Start, _ now: Int64) -> [HostOutput] {
    guard providers[start.id] == nil else {
      return failed(start, "provider is already running with that ID", now)
    }
    providers[start.id] = ProviderProcess(
      image: start.image, annotations: start.annotations, isBuiltin: start.isBuiltin,
      configs: start.configs)
    let silence =
      start.isBuiltin ? 0 : Int64.random(in: 24_000_000...34_000_000, using: &random)
    return [
      note("provider.start", start.id, .started, now, image: start.reference),
      event(
        "provider_started",
        [
          "host_id": .string(start.hostID), "image_ref": .string(start.image),
          "provider_id": .string(start.id), "annotations": strings(start.annotations),
        ], now),
    ]
      + values(of: start.configs) { host, values, _ in
        [host.configUpdate(of: start.id, values)]
      }
      + linksAtStart(of: start.id) { _, links, _ in
        [
          .later(after: .nanoseconds(silence)) { host, _, now in
            host.listen(start.id, with: links, now)
          }
        ]
      }
  }

  /// The process listens from now on, with the links that it was started with.
  private mutating func listen(_ provider: String, with links: [LinkInForce], _ now: Int64)
    -> [HostOutput]
  {
    guard providers[provider]?.isListening == false else { return [] }
    providers[provider]?.isListening = true
    providers[provider]?.links = links
    return [.listening(provider: provider, true)]
      + links.map { force(provider, $0, true, now) }
  }

  /// What a provider is told of its own config, at its start and when it is put.
  func configUpdate(of provider: String, _ values: [String: String]) -> HostOutput {
    .publish(
      subject: "wasmbus.rpc.\(lattice).\(provider).config.update",
      payload: strings(values).bytes())
  }

  /// A provider's process dies; its host starts it again a moment later, with the links stored then.
  public mutating func providerDied(_ provider: String, _ now: Int64) -> [HostOutput] {
    guard let process = providers[provider], process.isListening else { return [] }
    providers[provider]?.isListening = false
    providers[provider]?.links = []
    return process.links.map { force(provider, $0, false, now) }
      + [.listening(provider: provider, false)]
      + [
        .later(after: .milliseconds(500)) { host, _, _ in
          host.linksAtStart(of: provider) { host, links, now in
            host.listen(provider, with: links, now)
          }
        }
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
    let gone =
      process.isListening
      ? process.links.map { force(provider, $0, false, now) }
        + [.listening(provider: provider, false)] : []
    return gone + [
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
