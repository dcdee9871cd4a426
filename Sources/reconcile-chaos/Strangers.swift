import JSONCoding
import LatticeDialects
import LatticeModel
import LatticeSimulator
import NATSTransport

/// What others run and keep on the lattice, which no controller may touch.
enum Strangers {
  /// What all of their ids and names begin with.
  static let id = "visitor"
  static let config = "\(id)-config"
  static let instances = 3

  /// What a person sends to have all of it, in order: subjects behind the lattice, and bodies.
  ///
  /// The link comes first: put while its provider starts, it would be in force by chance.
  static func commands(for host: HostID) -> [(String, JSONValue)] {
    [
      ("config.put.\(config)", ["owner": "somebody"]),
      (
        "link.put",
        [
          "source_id": .string(id), "target": .string("\(id)-http"), "name": "default",
          "wit_namespace": "wasi", "wit_package": "http", "interfaces": ["outgoing-handler"],
          "source_config": [], "target_config": [],
        ]
      ),
      (
        "component.scale.\(host)",
        [
          "component_id": .string(id), "component_ref": "registry.example.com/visitor:1",
          "host_id": .string(host.rawValue), "count": .int(instances),
          "annotations": ["wasmcloud.dev/managed-by": "wadm"],
        ]
      ),
      (
        "provider.start.\(host)",
        [
          "provider_id": .string("\(id)-http"), "provider_ref": "registry.example.com/http:1",
          "host_id": .string(host.rawValue), "config": [.string(config)],
        ]
      ),
    ]
  }

  /// What is missing of it on a host, or `nil` where it is all there.
  static func loss(on host: SimulatedHost?) -> String? {
    guard host?.actors[id]?.instances == instances else { return "instances of a stranger" }
    return host?.providers["\(id)-http"] == nil ? "a provider of a stranger" : nil
  }
}
