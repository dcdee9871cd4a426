/// An address that an HTTP server is told to listen on, as two of them are compared.
public struct HTTPAddress: Hashable, Sendable, CustomStringConvertible {
  /// The address as it is declared.
  public let description: String
  /// The host, or `nil` where it listens on all.
  private let host: Substring?
  /// The port, without zeros before it.
  public let port: String

  /// Reads an address such as `0.0.0.0:8080`, `[::1]:8080` or `:8080`.
  ///
  /// - Parameter text: The address; without a port it is none.
  public init?(_ text: String) {
    guard let colon = text.lastIndex(of: ":") else { return nil }
    let port = text[text.index(after: colon)...]
    guard !port.isEmpty, port.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
    let host = text[..<colon]
    description = text
    self.host = ["", "0.0.0.0", "[::]", "*"].contains(host) ? nil : host
    self.port = String(port.drop { $0 == "0" })
  }

  /// The address that a link of an HTTP server gives, as far as its application's configs tell.
  ///
  /// - Parameters:
  ///   - link: The link.
  ///   - application: The application that declares it.
  public init?(of link: LinkSpec, in application: ApplicationSpec) {
    guard let called = link.interface, called.contract == "wasi:http",
      called.interfaces.contains("incoming-handler")
    else { return nil }
    let values = link.configs.lazy.compactMap { name in
      application.configs.first { $0.name == name }?.values["address"]
    }
    guard let address = values.last else { return nil }
    self.init(address)
  }

  /// Returns whether one host can give the port to one of two alone.
  ///
  /// - Parameter other: The other address.
  /// - Returns: Whether they clash.
  public func clashes(with other: HTTPAddress) -> Bool {
    // Port 0 is any that is free.
    guard !port.isEmpty, port == other.port else { return false }
    return host == nil || other.host == nil || host == other.host
  }
}
