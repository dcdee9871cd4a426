import ConfigurationModel
import Glibc
import LatticeModel
import LatticeSimulator
import NATSTransport
import OptionParsing
import ServiceRuntime
import TextForms

/// Runs simulated hosts until a signal comes: zones a, b and c in turn, two tiers, two regions.
///
/// Their ids are others each time, as of real hosts: what is on record of a lattice is known by them.
struct SimulateCommand: Subcommand {
  let configuration = CommandConfiguration(
    "simulate", "Run simulated hosts until interrupted",
    examples: ["reconcile simulate --hosts 6"], unused: TargetOptions.reading)
  var target = TargetOptions()
  var hosts = 6
  var hostLabels = LabelOptions()
  var ledger: String?
  var seed: Int?
  var output = OutputOptions()

  static let options =
    including(\.target)
    + [
      OptionSpec<Self>(
        \.hosts, "hosts", range: "1 to 1000", where: { (1...1_000) ~= $0 }, "How many hosts")
    ] + including(\.hostLabels)
    + [
      OptionSpec(\.ledger, "ledger", value: "file", "Append every command's effect here"),
      OptionSpec(
        \.seed, "seed", value: "number",
        "Give the hosts the same ids each time; else they have others"),
    ] + including(\.output)

  func run(in context: CommandContext) async throws -> ExitStatus {
    let console = context.console
    let name = try target.checkedLattice
    let labels = hostLabels.labels
    let given = labels.map { $0.split(separator: "=", maxSplits: 1).map(String.init) }
    if let odd = given.firstIndex(where: { $0.count != 2 }) {
      console.say("Error: '\(labels[odd])' is no label: expected key=value.")
      return .usage
    }
    let signals = SignalStream()
    let reached = try target.reachedLattice(in: context)
    let transport = try await NATSConnection.connect(reached.nats)
    defer { transport.close() }
    let file = ledger.map { open($0, O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC, 0o600) }
    guard file ?? 0 >= 0 else {
      console.say(
        "error: \(ledger ?? "") cannot be written: \(String(cString: strerror(errno)))")
      return .failed
    }
    let lattice = SimulatedLattice(
      name, over: transport, address: reached.nats.publicServers.first ?? "",
      below: reached.controlPrefix, domain: reached.jetStreamDomain,
      seed: seed.map { UInt64(bitPattern: Int64($0)) } ?? .random(in: .min ... .max)
    ) { entry in
      if let file { writeAll(entry.line + [0x0A], to: file) }
    }
    let neighbours = try await lattice.lookAround()
    try await lattice.start()
    for index in 0..<hosts {
      var labels = [
        "zone": ["a", "b", "c"][index % 3], "tier": index % 2 == 0 ? "edge" : "cloud",
        "region": index % 4 == 0 ? "ap-east-1" : "eu-west-1",
      ]
      for label in given { labels[label[0]] = label[1] }
      try await lattice.addHost(labels: labels)
    }
    let beside =
      neighbours > 0 ? ", beside \(counted(neighbours, "other")) that answered there before" : ""
    console.write("simulating \(counted(hosts, "host")) in lattice \(name)\(beside)\n")
    for await _ in signals { break }
    return .inSync
  }
}
