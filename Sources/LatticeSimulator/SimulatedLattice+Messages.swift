import LatticeDialects
import LatticeModel
import NATSTransport
import ServiceRuntime

extension SimulatedLattice {
  // MARK: Messages in

  /// A request to one host, on a subject that ends with its id.
  func toHost(_ message: NATSMessage, _ id: HostID) async {
    let verb = message.subject.utf8.dropFirst(prefix.utf8.count + 1)
      .dropLast(id.rawValue.utf8.count + 1)
    await deliver(
      .request(
        verb: String(Substring(verb)), payload: message.payload, reply: message.reply), to: id)
  }

  /// A request that every host answers.
  func toAll(_ message: NATSMessage) async {
    let input = input(message)
    for id in hosts.keys.sorted() { await deliver(input, to: id) }
  }

  /// A request that one host gets, whichever: one that hangs has its share like any other.
  func toAny(_ message: NATSMessage) async {
    guard let id = hosts.keys.sorted().randomElement(using: &random) else { return }
    await deliver(input(message), to: id)
  }

  private func input(_ message: NATSMessage) -> HostInput {
    .request(
      verb: String(Substring(message.subject.utf8.dropFirst(prefix.utf8.count + 1))),
      payload: message.payload, reply: message.reply)
  }

  func deliver(_ input: HostInput, to id: HostID) async {
    guard !isPartitioned(id), let outputs = hosts[id]?.handle(input, clock.now) else { return }
    await carryOut(outputs, of: id)
  }

  private func isPartitioned(_ id: HostID) -> Bool { hosts[id]?.faults.isPartitioned ?? false }

  /// Tells all hosts of a written record; most are written back as they were.
  func recordWritten(_ message: NATSMessage, after bucket: String) async {
    let key = String(message.subject.dropFirst(bucket.count))
    guard let source = LatticeStore.source(ofKey: key) else { return }
    guard records[source]?.payload != message.payload else { return }
    let links = (try? decodeStoredLinks(message.payload)) ?? []
    records[source] = (message.payload, links)
    // Ids of their own: the dictionary's view would have every host copied as it changes.
    for id in Array(hosts.keys) where !isPartitioned(id) {
      await tell(id, links, of: source)
    }
  }

  /// Tells a host of all records.
  func tellRecords(to id: HostID) async {
    for (source, record) in records { await tell(id, record.links, of: source) }
  }

  private func tell(_ id: HostID, _ links: [LinkDefinition], of source: String) async {
    let outputs = hosts[id]?.handle(.recordWritten(source: source, links: links), clock.now)
    guard let outputs, !outputs.isEmpty else { return }
    await carryOut(outputs, of: id)
  }

  // MARK: Outputs

  /// Carries out what a host does, in order, until it is no more.
  func carryOut(_ outputs: [HostOutput], of id: HostID) async {
    let epoch = epochs[id]
    for output in outputs where epochs[id] == epoch {
      switch output {
      case .note(let entry): note(entry)
      case .force(let entry): note(entry)
      case .listening(let provider, let isListening):
        await listen(ProcessID(host: id, provider: provider), isListening)
      case .leave:
        if let host = hosts[id] { endProcesses(of: host) }
        end(id)
      case .crash: await kill(id)
      case .later(let delay, let then):
        guard delay > .zero else {
          await resume(then, nil, of: id, epoch)
          continue
        }
        Task {
          try? await Task.sleep(for: delay)
          await resume(then, nil, of: id, epoch)
        }
      // A store out of reach has nothing.
      case .read(_, _, let then) where isPartitioned(id),
        .write(_, _, _, let then) where isPartitioned(id):
        await resume(then, nil, of: id, epoch)
      case _ where isPartitioned(id): break
      case .reply(let subject, let payload), .publish(let subject, let payload):
        try? await transport.publish(payload, to: subject, replyTo: nil)
      case .write(let bucket, let key, let value, let then) where !hasStores:
        kept["\(bucket)/\(key)"] = value
        // As a bucket's own messages are heard by whoever listens.
        try? await transport.publish(value ?? [], to: "$KV.\(bucket).\(key)", replyTo: nil)
        await resume(then, value, of: id, epoch)
      case .read(let bucket, let key, let then):
        Task { await resume(then, await stored(key, in: bucket), of: id, epoch) }
      case .write(let bucket, let key, let value, let then):
        Task {
          let store = NATSKeyValue(bucket: bucket, domain: domain, over: transport)
          if let value {
            _ = try? await store.put(key, value)
          } else {
            _ = try? await store.purge(key)
          }
          await resume(then, value, of: id, epoch)
        }
      }
    }
  }

  /// What hosts have stored under a key.
  func stored(_ key: String, in bucket: String) async -> [UInt8]? {
    guard hasStores else { return kept["\(bucket)/\(key)"] }
    let store = NATSKeyValue(bucket: bucket, domain: domain, over: transport)
    return (try? await store.get(key)).flatMap { $0?.value }
  }

  /// Goes on with a host, unless it has died or restarted meanwhile.
  private func resume(
    _ then: StoreContinuation, _ value: [UInt8]?, of id: HostID, _ epoch: Int?
  ) async {
    guard epochs[id] == epoch, let outputs = hosts[id]?.resume(then, value, clock.now) else {
      return
    }
    await carryOut(outputs, of: id)
  }
}
