/// Where an image comes from, exactly as written.
///
/// Hosts compare references byte for byte, without a notion of default registries or tags, but
/// since 1.5.0 they strip the scheme of a provider's reference before they report it
/// (`oci://x` becomes `x`). So equality for providers goes over `withoutScheme`.
public struct ImageReference: Identifier {
  /// The reference as written.
  public let rawValue: String
  /// Creates a reference without checking it.
  ///
  /// - Parameter rawValue: The reference as written.
  public init(_ rawValue: String) { self.rawValue = rawValue }

  private static let builtinScheme = "wasmcloud+builtin://"
  /// What hosts have built in, as their inventories call it; no registry has names without a slash.
  private static let builtins: Set = ["http-server", "messaging-nats", "http-client"]

  /// Whether it is built into hosts, so that no registry or file has it and it has no version.
  public var isBuiltin: Bool { rawValue.hasPrefix(Self.builtinScheme) }

  /// Whether it serves components of its own host alone.
  public var servesItsHostAlone: Bool { rawValue == Self.builtinScheme + "http-server" }

  /// The reference as somebody declares it, as far as what a host reports tells.
  public var asDeclared: ImageReference {
    Self.builtins.contains(rawValue) ? ImageReference(Self.builtinScheme + rawValue) : self
  }

  /// The reference as hosts since 1.5.0 report it for providers.
  public var withoutScheme: String {
    for scheme in ["oci://", "http://", "https://", "wasmcloud+builtin://"]
    where rawValue.hasPrefix(scheme) {
      return String(rawValue.dropFirst(scheme.count))
    }
    return rawValue.hasPrefix("file://") ? String(rawValue.dropFirst("file://".count)) : rawValue
  }

  /// The reference without scheme, the registry `docker.io` and its folder `library`, which hosts take
  /// for granted, and with its registry in small letters.
  ///
  /// Hosts take `https://` and `http://` off as they do `oci://`: which of the two is spoken is a setting of
  /// theirs. Two references that are alike in this name the same image.
  public var essence: Substring {
    var rest = rawValue[...]
    _ = rest.dropStart("oci://") || rest.dropStart("https://") || rest.dropStart("http://")
    if let slash = rest.utf8.firstIndex(of: UInt8(ascii: "/")) {
      let first = rest[..<slash]
      // Without a dot or a port it is no registry.
      if first.utf8.contains(where: { $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: ":") }),
        first.utf8.contains(where: { (0x41...0x5A).contains($0) || $0 >= 0x80 })
      {
        rest = first.lowercased() + rest[slash...]
      }
    }
    _ = rest.dropStart("index.docker.io/")
    _ = rest.dropStart("docker.io/")
    _ = rest.dropStart("library/")
    return rest
  }

  /// The essence without tag and digest.
  public var repository: Substring {
    let essence = essence
    let start = essence.lastIndex(of: "/") ?? essence.startIndex
    let end = essence[start...].firstIndex { $0 == ":" || $0 == "@" } ?? essence.endIndex
    return essence[..<end]
  }

  /// Returns whether it names the same image as another, however each is spelt.
  ///
  /// - Parameter other: The other.
  /// - Returns: Whether the two differ in spelling at most.
  public func names(sameImageAs other: ImageReference) -> Bool {
    rawValue == other.rawValue || essence == other.essence
  }
}

extension Substring {
  /// Drops a text at the front, byte by byte, and returns whether it was there.
  fileprivate mutating func dropStart(_ start: StaticString) -> Bool {
    start.withUTF8Buffer { start in
      guard utf8.starts(with: start) else { return false }
      self = self[utf8.index(startIndex, offsetBy: start.count)...]
      return true
    }
  }
}
