/// Where a server listens: a host and a port.
public struct ListenAddress: Hashable, Sendable, CustomStringConvertible {
  /// An address or a name; an IPv6 address stands here without its brackets.
  public var host: String
  /// The port; 0 lets the system choose one.
  public var port: UInt16

  /// Creates an address.
  ///
  /// - Parameters:
  ///   - host: An address or a name, without brackets.
  ///   - port: The port; 0 lets the system choose one.
  public init(host: String, port: UInt16) {
    self.host = host
    self.port = port
  }

  /// Reads `HOST:PORT`, with an IPv6 address in brackets: `127.0.0.1:8080`, `[::1]:0`.
  ///
  /// Without a host, as in `:9090`, it is every IPv4 address of this machine.
  ///
  /// - Parameter text: The text.
  public init?(_ text: String) {
    guard let colon = text.lastIndex(of: ":") else { return nil }
    let digits = text[text.index(after: colon)...]
    var host = text[..<colon]
    if host.hasPrefix("["), host.hasSuffix("]") {
      host = host.dropFirst().dropLast()
      guard host.contains(":") else { return nil }
    } else if host.contains(where: { ":[]".contains($0) }) {
      return nil
    }
    if host.isEmpty, text.hasPrefix(":") { host = "0.0.0.0" }
    guard !host.isEmpty, !host.contains(where: \.isWhitespace),
      digits.allSatisfy({ $0.isASCII && $0.isNumber }),
      let port = UInt16(digits)
    else { return nil }
    self.init(host: String(host), port: port)
  }

  /// The address as it is written in a URL.
  public var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}
