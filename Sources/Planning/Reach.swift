import LatticeModel
import TextForms

/// Which actors the servers serve that serve components of their own host alone, and what is wanted
/// beside whom for that.
struct Reach {
  /// A link of such a server: where it stands, whom it serves and on which address.
  struct Serving {
    var application: ApplicationName
    var link: LinkSpec
    /// The positions of the server and its target among the workloads.
    var server: Int
    var target: Int
    var address: HTTPAddress?
  }

  /// The links of such servers, in the order in which they get an address that two of them give.
  private(set) var servings: [Serving] = []
  /// For each server without rules of its own: the positions of its targets among the workloads.
  private(set) var targets: [Int: [Int]] = [:]

  init(of workloads: [Workload], in desired: DesiredState) {
    guard workloads.contains(where: \.servesItsHostAlone) else { return }
    var positions: [String: Int] = [:]
    for (position, workload) in workloads.enumerated() { positions[workload.id] = position }
    for application in desired.applications {
      for link in application.links {
        guard let server = positions[link.source.id],
          workloads[server].servesItsHostAlone,
          let target = positions[link.target.id], workloads[target].kind == .actor
        else { continue }
        servings.append(
          Serving(
            application: application.name, link: link, server: server, target: target,
            address: HTTPAddress(of: link, in: application)))
        if workloads[server].follows { targets[server, default: []].append(target) }
      }
    }
  }

  /// What nobody reaches, if hosts run what is placed.
  ///
  /// - Parameters:
  ///   - workloads: All that is declared to run.
  ///   - placed: How many instances of each run where, by position of host.
  ///   - hosts: The hosts.
  /// - Returns: An entry for each link that leaves instances out.
  func unreached(
    _ workloads: [Workload], _ placed: [[Int: Int]], _ hosts: [HostState]
  ) -> [Unreached] {
    var taken: [Int: [(address: HTTPAddress, by: Serving)]] = [:]
    return servings.compactMap { serving in
      let actor = workloads[serving.target]
      let server = workloads[serving.server]
      let instances = placed[serving.target]
      let servers = placed[serving.server]
      let alone = instances.filter { servers[$0.key] == nil }
      var clash: [Int: Serving] = [:]
      for host in instances.keys where servers[host] != nil {
        guard let address = serving.address else { continue }
        if let first = taken[host]?.first(where: { $0.address.clashes(with: address) }) {
          clash[host] = first.by
        } else {
          taken[host, default: []].append((address, serving))
        }
      }
      let missed = alone.merging(instances.filter { clash[$0.key] != nil }) { first, _ in first }
      guard !missed.isEmpty else { return nil }
      func names(_ positions: some Sequence<Int>) -> String {
        named(positions.sorted().map { hosts[$0].id.rawValue })
      }
      let reason: String
      if let (host, first) = clash.min(by: { $0.key < $1.key }), let address = serving.address {
        reason =
          "the address \(address) is taken on \(hosts[host].id) by the link "
          + "\(first.link.source.name) -> \(first.link.target.name) of \(first.application)"
      } else {
        reason =
          "it serves its own host alone; it runs on "
          + "\(servers.isEmpty ? "none" : names(servers.keys)), they on \(names(alone.keys))"
      }
      return Unreached(
        application: serving.application, server: server.name, actor: actor.name,
        missed: missed.values.reduce(0, +), total: instances.values.reduce(0, +),
        reason: reason, origin: serving.link.origin)
    }
  }
}
