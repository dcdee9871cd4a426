import LatticeModel

/// What the manifests of a schedule ask for, as the schedule itself knows it.
struct Wanted: Hashable, Sendable {
  struct Actor: Hashable, Sendable {
    var version = 1
    var instances: Int
    /// Whether its instances are spread over two zones, half and half.
    var isSpread: Bool
    /// A value of its config, where it has one.
    var setting: Int?
  }

  struct Application: Hashable, Sendable {
    var actors: [String: Actor]
    var hasProvider: Bool
    var providerVersion = 1
    /// A value that the provider's links carry.
    var address = 1
    /// Whether its file cannot be read: what was applied last stands.
    var isBroken = false
  }

  var applications: [String: Application]

  /// The files of the manifests, by path.
  var files: [String: String] {
    Dictionary(
      uniqueKeysWithValues: applications.map { name, application in
        ("manifests/\(name).yaml", application.manifest(name))
      })
  }

  /// The instances that are wanted of each actor, by its id.
  var instances: [String: Int] {
    var instances: [String: Int] = [:]
    for (name, application) in applications {
      for (actor, wanted) in application.actors {
        instances[Self.unit(actor, of: name)] = wanted.instances
      }
    }
    return instances
  }

  /// The image of each actor, by its id.
  var images: [String: String] {
    var images: [String: String] = [:]
    for (name, application) in applications {
      for (actor, wanted) in application.actors {
        images[Self.unit(actor, of: name)] = Self.image(actor, wanted.version)
      }
    }
    return images
  }

  /// The image of each provider, by its id.
  var providers: [String: String] {
    var images: [String: String] = [:]
    for (name, application) in applications where application.hasProvider {
      images[Self.unit("http", of: name)] = Self.image("http", application.providerVersion)
    }
    return images
  }

  /// The links, by their source and name.
  var links: Set<String> {
    Set(
      applications.filter(\.value.hasProvider).flatMap { name, application in
        application.actors.keys.map { "\(name)-http/\($0)" }
      })
  }

  /// The names of the configs: of settings, and of what links carry.
  var configs: Set<String> {
    var configs: Set<String> = []
    for (name, application) in applications {
      for (actor, wanted) in application.actors {
        if wanted.setting != nil { configs.insert("\(name)-\(actor)") }
        guard application.hasProvider else { continue }
        configs.insert("\(name)-http-\(actor)-wasi_http-\(actor)")
      }
    }
    return configs
  }

  /// The id of an actor or provider of an application.
  static func unit(_ unit: String, of application: String) -> String { "\(application)-\(unit)" }

  static func image(_ actor: String, _ version: Int) -> String {
    "registry.example.com/\(actor):\(version)"
  }
}

extension Wanted.Application {
  /// The address on which the provider serves an actor; each has its own.
  func address(for actor: String) -> String {
    "0.0.0.0:\(8000 + 10 * address + (actors.keys.sorted().firstIndex(of: actor) ?? 0))"
  }

  fileprivate func manifest(_ name: String) -> String {
    guard !isBroken else {
      return "apiVersion: reconcile.dev/v1\nkind: Application\nmetadata: {name: \(name)}\nspec: 7\n"
    }
    var lines = [
      "apiVersion: reconcile.dev/v1", "kind: Application", "metadata: {name: \(name)}", "spec:",
      "  sync: {prune: true}", "  actors:",
    ]
    let sorted = actors.sorted { $0.key < $1.key }
    for (actor, wanted) in sorted {
      let image = Wanted.image(actor, wanted.version)
      lines.append("    - name: \(actor)")
      lines.append("      image: \"\(image)\"")
      lines.append("      instances: \(wanted.instances)")
      // Hosts of a schedule may accept a start and never act.
      lines.append("      update: {startTimeout: 1m}")
      if let setting = wanted.setting { lines.append("      config: {setting: \"\(setting)\"}") }
      if wanted.isSpread {
        lines.append("      spread:")
        for zone in ["a", "b"] {
          lines.append("        - {name: \(zone), weight: 50, requirements: {zone: \(zone)}}")
        }
      }
    }
    guard hasProvider else { return lines.joined(separator: "\n") + "\n" }
    lines += [
      "  providers:",
      "    - {name: http, image: \"\(Wanted.image("http", providerVersion))\", "
        + "update: {startTimeout: 1m}}",
    ]
    lines.append("  links:")
    for (actor, _) in sorted {
      lines += [
        "    - source: http", "      target: \(actor)", "      name: \(actor)",
        "      interface: wasi:http/incoming-handler",
        "      values: {address: \"\(address(for: actor))\"}",
      ]
    }
    return lines.joined(separator: "\n") + "\n"
  }
}
