import Glibc
import JSONCoding
import LatticeModel
import LatticeSimulator
import NATSTransport
import ReconcileTestKit
import ServiceRuntime
import Testing

@Suite("What was done")
struct HistoryTests {
  @Test("history tells each pass that did something, what people did, and nothing else")
  func history() async throws {
    let site = try await Site()
    let nothing = try await site.reconcile("history")
    #expect(nothing.status == 0 && nothing.output == "nothing is on record as done\n")
    try await site.commit(["shop": Site.application()])
    #expect(try await site.reconcile().status == 0)
    #expect(try await site.reconcile().status == 0)
    #expect(try await site.reconcile("--dry-run").status == 0)
    let suspended = try await site.reconcile("suspend", "--app", "shop", "--reason", "load test")
    #expect(suspended.status == 0 && suspended.errors.isEmpty, "\(suspended.errors)")
    try await site.commit(["blog": Site.application("blog", image: "registry.example.com/no:1")])
    await site.lattice.setAll { $0.failingImages = ["registry.example.com/no:1"] }
    let failed = try await site.reconcile("--timeout", "3s")
    #expect(failed.status == 6, "\(failed.output)\(failed.errors)")
    let history = try await site.reconcile("history", "-o", "json")
    #expect(history.status == 0 && history.json?["schema"]?.string == "reconcile.history/1")
    let entries = history.result?["entries"]?.array ?? []
    #expect(
      entries.map { $0["result"]?.string } == ["failed", "done", "in-sync"], "\(history.output)")
    let first = try #require(entries.last)
    #expect(first["number"]?.int == 1 && first["commands_sent"]?.int == 3)
    #expect(first["summary"]?.string == "Change shop" && first["author"]?.string != "")
    #expect(first["applications"] == ["shop"] && first["by"]?.string?.hasPrefix("pid ") == true)
    #expect(
      first["changes"] == [
        ["application": "shop", "kind": "actor", "name": "web", "intent": "run", "steps": 3]
      ])
    #expect(entries[1]["act"]?.string == "suspended application shop")
    #expect(entries[1]["reason"]?.string == "load test")
    #expect(entries[0]["detail"]?.string?.contains("registry.example.com/no:1") == true)
    let shop = try await site.reconcile("history", "shop", "--limit", "1")
    #expect(shop.output.contains("suspended application shop; because load test"))
    #expect(!shop.output.contains("Change shop"))
    let lines = try await site.reconcile("history", "-o", "ndjson")
    #expect(lines.output.split(separator: "\n").count == 4, "\(lines.output)")
  }

  @Test(
    "a controller's passes are told too, in sync once that is seen, and its events as they come")
  func controller() async throws {
    let site = try await Site()
    try await site.commit(["shop": Site.application()])
    let log = "\(site.repository.folder)/events.log"
    let heard = try await site.client.subscribe(
      to: "reconcile.evt.default.change", queue: nil, limit: 100)
    let listener = try ChildProcess(
      "/bin/sh", ["-c", "exec '\(Site.executable)' events --follow >'\(log)' 2>'\(log).errors'"],
      environment: site.environment, directory: site.repository.path)
    try await waitUntil("it listens") {
      (readFile("\(log).errors") as String).contains("listening")
    }
    let controller = try ControllerRun(on: site, ["--expect-hosts", "3"])
    try await site.wait(for: 3)
    try await controller.wait(forLine: "Lattice is in sync")
    try await waitUntil("the pass is on record as in sync") {
      let entries = try? await site.reconcile("history", "-o", "json").result?["entries"]?.array
      return entries?.map { $0["result"]?.string } == ["in-sync"]
    }
    // A commit that changes nothing is applied without a command.
    try site.repository.write("note.txt", "nothing")
    try await site.repository.commit("Change nothing")
    try await waitUntil("it is on record") {
      let entries = try? await site.reconcile("history", "-o", "json").result?["entries"]?.array
      return entries?.first?["summary"]?.string == "Change nothing"
        && entries?.first?["commands_sent"]?.int == 0
    }
    try await waitUntil("the event is shown") {
      (readFile(log) as String).contains("  sync  commands=3  confirmed=3  ")
    }
    listener.signal(SIGTERM)
    #expect(await listener.wait() == .exited(0))
    await controller.end()
    try await expectTrail(heard, controller, shown: readFile(log))
    let alone = try await site.reconcile("events")
    #expect(alone.status == 64 && alone.errors.contains("RUN-14"), "\(alone.errors)")
  }

  /// Expects a line of the log and an event for each of three hosts on which an actor was started.
  private func expectTrail(
    _ events: MessageBatches, _ controller: ControllerRun, shown: String
  ) async throws {
    var messages: [NATSMessage] = []
    for await batch in events {
      messages += batch.elements
      if messages.count >= 3 { break }
    }
    let lines = controller.lines("Unit has changed")
    #expect(messages.count == 3 && lines.count == 3)
    for message in messages {
      #expect(message.headers["content-type"] == "application/cloudevents+json")
      let event = try JSONValue(parsing: message.payload)
      #expect(event["type"] == "dev.reconcile.change" && event["subject"] == "shop/actor/web")
      let data = try #require(event["data"])
      #expect(data["from"] == .null && data["to"]?["image"] == "registry.example.com/web:1")
      #expect(data["result"] == "confirmed" && data["commit"]?.string?.count == 40)
      let line = try #require(lines.first { $0["host.id"] == data["host"] })
      #expect(line["to"] == "registry.example.com/web:1 x1" && line["revision"] == data["commit"])
      #expect(line["author"] == data["author"] && data["author"]?.string?.isEmpty == false)
    }
    #expect(shown.contains("  to='image registry.example.com/web:1, instances 1'\n"), "\(shown)")
    try expectPlainWords(shown, "events")
    try expectPlainWords(readFile(controller.log), "the controller's log")
  }

  @Test("without JetStream the history lies in the record's file")
  func file() async throws {
    let site = try await Site(jetStream: false)
    try await site.commit(["shop": Site.application()])
    #expect(try await site.reconcile().status == 0)
    let history = try await site.reconcile("history")
    #expect(history.output.contains("in sync") && history.output.contains("3 commands: run shop"))
  }
}
