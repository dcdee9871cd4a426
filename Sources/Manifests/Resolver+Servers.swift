import Diagnostics
import LatticeModel

/// HTTP servers: hosts say nothing where two of them want one address, or where one serves nobody.
extension Resolver {
  private struct Server {
    var application: ApplicationName
    var link: LinkSpec
    var provider: ProviderSpec
    var target: ActorSpec?
    /// Where it may run: its own rules, or those of whom it is placed beside.
    var rules: [SpreadConstraint]
  }

  /// Looks for addresses that two links give, and for servers that never run beside their targets.
  mutating func checkServers() {
    let servers = self.servers
    var byPort: [String: [(address: HTTPAddress, server: Server)]] = [:]
    for server in servers {
      guard let application = application(server.application),
        let address = HTTPAddress(of: server.link, in: application)
      else { continue }
      if let first = byPort[address.port]?.first(where: {
        $0.address.clashes(with: address) && mayMeet($0.server.rules, server.rules)
      }) {
        let isOne = first.server.provider.id == server.provider.id
        add(
          .addressTwice, .warning,
          "the address \(address) is given by another link too, at \(first.server.link.origin)",
          remedy: isOne
            ? "give each its own port: the second serves nothing, and hosts do not say so"
            : "give each its own port, or rules that keep them on different hosts: on one host the "
              + "second serves nothing, and hosts do not say so", at: server.link.origin)
      } else {
        byPort[address.port, default: []].append((address, server))
      }
    }
    for server in servers where server.provider.image.servesItsHostAlone {
      guard let target = server.target, !mayMeet(server.rules, target.spread) else { continue }
      add(
        .neverBeside, .warning,
        "'\(server.provider.name)' serves its own host alone, and its rules and those of "
          + "'\(target.name)', at \(target.origin), never meet on one",
        remedy: "leave its rules out: it is then placed beside whom it serves",
        at: server.link.origin)
    }
  }

  private var servers: [Server] {
    let calls = self.calls
    let targets = Set(calls.map(\.link.target.id))
    guard !targets.isEmpty else { return [] }
    var actors: [String: ActorSpec] = [:]
    for owner in resolved.indices {
      for part in resolved[owner].actors.indices {
        let id = resolved[owner].actors[part].id.rawValue
        if targets.contains(id) { actors[id] = resolved[owner].actors[part] }
      }
    }
    return calls.map { application, link, provider in
      let follows =
        provider.image.servesItsHostAlone && provider.spread.isEmpty && !provider.perHost
      let target = actors[link.target.id]
      return Server(
        application: application, link: link, provider: provider, target: target,
        rules: follows ? target?.spread ?? [] : provider.spread)
    }
  }

  /// The links whose source is a provider.
  private var calls: [(application: ApplicationName, link: LinkSpec, provider: ProviderSpec)] {
    var providers: [String: (owner: Int, part: Int)] = [:]
    providers.reserveCapacity(resolved.count)
    for owner in resolved.indices {
      for part in resolved[owner].providers.indices {
        providers[resolved[owner].providers[part].id.rawValue] = (owner, part)
      }
    }
    var calls: [(application: ApplicationName, link: LinkSpec, provider: ProviderSpec)] = []
    for owner in resolved.indices {
      for part in resolved[owner].links.indices {
        let source = resolved[owner].links[part].source.id
        guard let place = providers[source] else { continue }
        calls.append(
          (
            resolved[owner].name, resolved[owner].links[part],
            resolved[place.owner].providers[place.part]
          ))
      }
    }
    return calls
  }
}
