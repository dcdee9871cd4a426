/// Returns an address without what opens it: no user, password or token, and no query.
///
/// A user without a password stays in `git@example.com:edge.git`, where it is a part of the place.
/// What only looks like an address, such as a path, is returned as it is.
///
/// - Parameter address: An address as `git` takes it: a URL, or `host:path`.
/// - Returns: The address, safe to show.
public func withoutCredentials(_ address: String) -> String {
  guard let scheme = address.firstRange(of: "://")?.upperBound else {
    return withoutPassword(address)
  }
  let rest = address[scheme...]
  let authority = rest.prefix { !"/?#".contains($0) }
  // A password may hold what ends an authority; then what comes before that is no host.
  let user = (isHost(authority) ? authority : rest).lastIndex(of: "@")
  let place = user.map { rest[rest.index(after: $0)...] } ?? rest
  let isFile = address.lowercased().hasPrefix("file:")
  return String(address[..<scheme] + (isFile ? place : place.prefix { $0 != "?" && $0 != "#" }))
}

/// `user:password@host:path` without the first two.
private func withoutPassword(_ address: String) -> String {
  let head = address.prefix { $0 != "/" }
  let end = address.lastIndex(of: "@")
  guard let end, !"/.".contains(address.prefix(1)), address[..<end].contains(":"),
    head.endIndex > end || address[end...].contains(":")
  else { return address }
  return String(address[address.index(after: end)...])
}

/// Whether a text may be the host of a URL, with or without a user before it and a port after it.
private func isHost(_ authority: Substring) -> Bool {
  guard !authority.contains("@"), let colon = authority.lastIndex(of: ":") else { return true }
  return authority.hasPrefix("[")
    || authority[authority.index(after: colon)...].allSatisfy { $0.isASCII && $0.isNumber }
}
