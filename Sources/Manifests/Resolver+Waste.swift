import Diagnostics
import LatticeModel
import TextForms

/// What is declared and serves nobody, or twice what once would.
extension Resolver {
  /// Looks for providers of one image that two applications run on every host that both may use.
  ///
  /// Gives up after 20,000 pairs, a tenth of a second: no repository that people write has so many.
  mutating func checkDaemons() {
    var pairsLeft = 20_000
    var byImage: [Substring: [ProviderSpec]] = [:]
    for application in resolved {
      let daemons = application.providers.filter {
        $0.perHost && $0.instances > 0 && !$0.image.isBuiltin
      }
      for daemon in daemons {
        guard
          let first = byImage[daemon.image.essence]?.prefix(pairsLeft).first(where: {
            pairsLeft -= 1
            return mayMeet($0.spread, daemon.spread)
          })
        else { continue }
        add(
          .daemonTwice, .warning,
          "each host that '\(daemon.name)' and the provider at \(first.origin) may both use runs "
            + "their image twice",
          remedy: "link to one of them from both applications, or part them by a label in the "
            + "requirements of their rules", at: daemon.origin)
      }
      for daemon in daemons { byImage[daemon.image.essence, default: []].append(daemon) }
    }
  }

  /// Looks for configs that nobody names, and providers that nobody links to.
  ///
  /// An application without actors is there for others, which may be declared elsewhere. Where one
  /// cannot be read, nobody knows what it names.
  mutating func checkUse() {
    guard frozen.isEmpty, replaced.isEmpty else { return }
    var configs: Set<ConfigName> = []
    var linked: Set<String> = []
    for application in resolved {
      configs.formUnion(application.actors.lazy.flatMap(\.configs))
      configs.formUnion(application.providers.lazy.flatMap(\.configs))
      for link in application.links {
        configs.formUnion(link.configs)
        linked.formUnion([link.source.id, link.target.id])
      }
    }
    for application in resolved where !application.actors.isEmpty {
      for config in application.configs
      where config.user == .application && !configs.contains(config.name) {
        add(
          .unused, .warning, "no actor, provider or link has the config '\(config.name)'",
          remedy: "name it under their 'config', or remove it", at: config.origin)
      }
      for provider in application.providers
      where provider.image.servesLinksAlone && !linked.contains(provider.id.rawValue) {
        add(
          .unused, .warning,
          "no link names the provider '\(provider.name)', which does nothing without one",
          remedy: "add a link from or to it, or remove it", at: provider.origin)
      }
    }
  }
}

extension ImageReference {
  /// Whether it is one of wasmCloud's own providers, which do only what links ask of them.
  fileprivate var servesLinksAlone: Bool {
    let name = rawValue.split(separator: "/").last.map { $0.prefix { $0 != ":" && $0 != "@" } }
    return isBuiltin || name.map { Self.ownProviders.contains(String($0)) } ?? false
  }

  private static let ownProviders: Set = [
    "blobstore-azure", "blobstore-fs", "blobstore-nats", "blobstore-s3", "http-client",
    "http-server", "keyvalue-nats", "keyvalue-redis", "keyvalue-vault", "messaging-kafka",
    "messaging-nats", "sqldb-postgres",
  ]
}
