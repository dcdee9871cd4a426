import Glibc
import LatticeModel
import LatticeSimulator
import NATSTransport
import ReconcileLoop
import ServiceRuntime
import TextForms

extension ReconcileCommand {
  /// Runs simulated hosts until a signal comes: zones a, b and c in turn, two tiers, two regions.
  func simulate(_ options: CommandOptions, _ console: Console) async throws -> ExitStatus {
    let given = options.labels.map { $0.split(separator: "=", maxSplits: 1).map(String.init) }
    if let odd = given.firstIndex(where: { $0.count != 2 }) {
      console.say("Error: '\(options.labels[odd])' is no label: expected key=value.")
      return .usage
    }
    let signals = SignalStream()
    let transport = try await NATSConnection.connect(options.lattice.nats)
    defer { transport.close() }
    let ledger = options.ledger.map { open($0, O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC, 0o600) }
    guard ledger ?? 0 >= 0 else {
      console.say(
        "error: \(options.ledger ?? "") cannot be written: \(String(cString: strerror(errno)))")
      return .failed
    }
    let lattice = SimulatedLattice(
      options.lattice.name, over: transport,
      address: options.lattice.nats.publicServers.first ?? ""
    ) { entry in
      if let ledger { writeAll(entry.line + [0x0A], to: ledger) }
    }
    try await lattice.start()
    for index in 0..<options.hosts {
      var labels = [
        "zone": ["a", "b", "c"][index % 3], "tier": index % 2 == 0 ? "edge" : "cloud",
        "region": index % 4 == 0 ? "ap-east-1" : "eu-west-1",
      ]
      for label in given { labels[label[0]] = label[1] }
      try await lattice.addHost(labels: labels)
    }
    console.write(
      "simulating \(counted(options.hosts, "host")) in lattice \(options.lattice.name)\n")
    for await _ in signals { break }
    return .inSync
  }
}
