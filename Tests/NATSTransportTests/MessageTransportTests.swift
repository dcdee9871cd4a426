import LatticeSimulator
import NATSTransport
import ReconcileTestKit
import Testing

@Suite("MessageTransport", .timeLimit(.minutes(2)))
struct MessageTransportTests {
  @Test(
    "a connection to a nats-server keeps the contract", arguments: MessageTransportContract.checks)
  func server(_ check: TransportCheck) async throws {
    let server = try NATSServerProcess(domain: TransportStage.domain)
    let asker = try await server.connect()
    let answerer = try await server.connect()
    try await check.run(TransportStage(asker: asker, answerer: answerer))
    asker.close()
    answerer.close()
    withExtendedLifetime(server) {}
  }

  @Test("the bus inside the process keeps the contract", arguments: MessageTransportContract.checks)
  func bus(_ check: TransportCheck) async throws {
    let bus = InProcessBus(domain: TransportStage.domain)
    try await check.run(TransportStage(asker: bus, answerer: bus))
  }
}
