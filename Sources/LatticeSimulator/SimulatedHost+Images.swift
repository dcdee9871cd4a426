extension SimulatedHost {
  /// Goes on once an image is there that takes long to come; other starts go on meanwhile, and
  /// another start of the same fetches it again.
  mutating func pull(
    _ image: String, for id: String, _ now: Int64,
    then: @escaping @Sendable (inout SimulatedHost, Int64) -> [HostOutput]
  ) -> [HostOutput] {
    guard let time = faults.slowImages[image] else { return then(&self, now) }
    return [
      note("image.fetch", id, .fetched, now, image: image),
      .later(after: time) { host, _, now in then(&host, now) },
    ]
  }

  /// What a start does to the host that its image takes down, or `nil` where it takes down none.
  mutating func death(by image: String, of id: String, _ verb: String, _ now: Int64)
    -> [HostOutput]?
  {
    switch faults.deadlyImages[image] {
    case .crash(let span)?:
      return [
        .later(after: span) { host, _, now in
          [host.note(verb, id, .crashed, now, image: image), .crash]
        }
      ]
    case .hang?:
      faults.isHung = true
      return [note(verb, id, .hung, now, image: image)]
    case nil: return nil
    }
  }

  /// Why an image cannot be fetched, in a host's words, or `nil` if it can.
  ///
  /// A failing file is not there; a failing image's registry takes no connection.
  func fetchError(_ kind: String, _ image: String) -> String? {
    let isFailing = faults.failingImages.contains(image)
    if image.hasPrefix("file://") {
      return isFailing ? "failed to fetch \(kind): \(Self.absentFile(kind, image))" : nil
    }
    let reason: String? =
      if image.isEmpty {
        "repository name must have at least one component"
      } else if image.hasSuffix(":latest") {
        "fetching images tagged 'latest' is currently prohibited in this host. This option can be "
          + "overridden with WASMCLOUD_OCI_ALLOW_LATEST"
      } else {
        isFailing ? Self.refusal(image) : nil
      }
    return reason.map { reason in
      "failed to fetch \(kind): failed to fetch \(kind) under OCI reference `\(image)`: "
        + "failed to fetch OCI path: \(reason)"
    }
  }

  private static func absentFile(_ kind: String, _ image: String) -> String {
    let path = image.dropFirst("file://".count)
    let archive =
      "failed to load provider archive: failed to load target [x86_64-linux] from PAR from file "
      + "[\(path)]: "
    return "failed to read \(kind): \(kind == "provider" ? archive : "")"
      + "No such file or directory (os error 2)"
  }

  private static func refusal(_ image: String) -> String {
    let registry = image.prefix { $0 != "/" }
    let parts = image.dropFirst(registry.count + 1).split(separator: ":", maxSplits: 1)
    let manifest = "\(registry)/v2/\(parts.first ?? "")/manifests/\(parts.dropFirst().first ?? "")"
    return "failed to fetch OCI bytes: error sending request for url (https://\(manifest)): client "
      + "error (Connect): tcp connect error: Connection refused (os error 111)"
  }
}
