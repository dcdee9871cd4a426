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
    for owner in resolved.indices {
      let providers = resolved[owner].providers
      let daemons = providers.indices.filter {
        providers[$0].perHost && providers[$0].instances > 0 && !providers[$0].image.isBuiltin
      }.map { (image: providers[$0].image.essence, provider: providers[$0]) }
      for (image, daemon) in daemons {
        guard
          let first = byImage[image]?.prefix(pairsLeft).first(where: {
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
      for (image, daemon) in daemons { byImage[image, default: []].append(daemon) }
    }
  }

  /// Looks for configs that nobody names, and providers that nobody links to.
  ///
  /// An application without actors is there for others, which may be declared elsewhere. Where one
  /// cannot be read, nobody knows what it names.
  mutating func checkUse() {
    guard frozen.isEmpty, replaced.isEmpty else { return }
    var unnamed: Set<ConfigName> = []
    var unlinked: Set<String> = []
    for owner in resolved.indices where !resolved[owner].actors.isEmpty {
      let (configs, providers) = (resolved[owner].configs, resolved[owner].providers)
      for config in configs.indices where configs[config].user == .application {
        unnamed.insert(configs[config].name)
      }
      for provider in providers.indices where providers[provider].image.servesLinksAlone {
        unlinked.insert(providers[provider].id.rawValue)
      }
    }
    for owner in resolved.indices where !(unnamed.isEmpty && unlinked.isEmpty) {
      forget(&unnamed, &unlinked, namedBy: resolved[owner])
    }
    for application in resolved where !(unnamed.isEmpty && unlinked.isEmpty) {
      reportUse(of: application, unnamed, unlinked)
    }
  }

  /// Takes the configs and the ends of links that an application names out of those that nobody does.
  private func forget(
    _ unnamed: inout Set<ConfigName>, _ unlinked: inout Set<String>,
    namedBy application: ApplicationSpec
  ) {
    let (actors, providers) = (application.actors, application.providers)
    for actor in actors.indices { unnamed.subtract(actors[actor].configs) }
    for provider in providers.indices { unnamed.subtract(providers[provider].configs) }
    let links = application.links
    for link in links.indices {
      unnamed.subtract(links[link].sourceConfig)
      unnamed.subtract(links[link].targetConfig)
      unlinked.remove(links[link].source.id)
      unlinked.remove(links[link].target.id)
    }
  }

  private mutating func reportUse(
    of application: ApplicationSpec, _ unnamed: Set<ConfigName>, _ unlinked: Set<String>
  ) {
    guard !application.actors.isEmpty else { return }
    for config in application.configs
    where config.user == .application && unnamed.contains(config.name) {
      add(
        .unused, .warning, "no actor, provider or link has the config '\(config.name)'",
        remedy: "name it under their 'config', or remove it", at: config.origin)
    }
    for provider in application.providers
    where provider.image.servesLinksAlone && unlinked.contains(provider.id.rawValue) {
      add(
        .unused, .warning,
        "no link names the provider '\(provider.name)', which does nothing without one",
        remedy: "add a link from or to it, or remove it", at: provider.origin)
    }
  }
}

extension ImageReference {
  /// Whether it is one of wasmCloud's own providers, which do only what links ask of them.
  fileprivate var servesLinksAlone: Bool {
    if isBuiltin { return true }
    let start = rawValue.utf8.lastIndex(of: UInt8(ascii: "/")).map(rawValue.utf8.index(after:))
    let name = rawValue[(start ?? rawValue.startIndex)...].utf8.prefix {
      $0 != UInt8(ascii: ":") && $0 != UInt8(ascii: "@")
    }
    return Self.ownProviders.contains { name.elementsEqual($0.utf8) }
  }

  private static let ownProviders = [
    "blobstore-azure", "blobstore-fs", "blobstore-nats", "blobstore-s3", "http-client",
    "http-server", "keyvalue-nats", "keyvalue-redis", "keyvalue-vault", "messaging-kafka",
    "messaging-nats", "sqldb-postgres",
  ]
}
