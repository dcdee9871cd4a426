import JSONCoding
import LatticeModel
import PlanExecution
import ServiceRuntime
import Testing

@testable import ReconcileLoop

@Suite("The trail of what was changed")
struct TrailEntryTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var name: String
    var step: PlannedStep
    var result = StepResult.confirmed
    /// A line for each entry: what, from, to, why.
    var told: [String]
    var testDescription: String { name }
  }

  private static let host: HostID = "NA"

  private static func actor(_ image: String) -> Launch {
    .actor(ActorLaunch(id: "shop-web", image: ImageReference(image)))
  }

  private static func provider(_ image: String) -> Launch {
    .provider(ProviderLaunch(id: "shop-http", image: ImageReference(image)))
  }

  private static func found(_ image: String, _ instances: Int) -> Found {
    .actor(image: ImageReference(image), instances: instances, ownership: .unowned(manager: nil))
  }

  private static func unit(_ kind: UnitKind, _ name: String = "web") -> UnitKey {
    let isPlaced = kind == .actor || kind == .provider
    return UnitKey(application: "shop", kind: kind, name: name, host: isPlaced ? host : nil)
  }

  private static func link(_ source: String, to target: String) -> LinkDefinition {
    LinkDefinition(
      key: LinkKey(source: source, contract: Contract(namespace: "wasi", package: "http")),
      target: target, interfaces: ["incoming-handler"])
  }

  static let cases = [
    Case(
      name: "nothing was there",
      step: PlannedStep(
        unit: unit(.actor), intents: [.run(actor("r/web:1"), instances: 3, on: host)],
        reason: .missing, found: .nothing),
      told: ["actor web on NA: - -> r/web:1 x3, missing"]),
    Case(
      name: "another number, under way",
      step: PlannedStep(
        unit: unit(.actor), intents: [.run(actor("r/web:1"), instances: 3, on: host)],
        reason: .countChanged(from: 5, to: 3), found: found("r/web:1", 5)),
      result: .underWay,
      told: ["actor web on NA: r/web:1 x5 -> r/web:1 x3, count-changed (under way)"]),
    Case(
      name: "another image",
      step: PlannedStep(
        unit: unit(.actor),
        intents: [.replace(actor("r/web:1"), by: actor("r/web:2"), instances: 2, on: host)],
        reason: .imageChanged(from: "r/web:1", to: "r/web:2"), found: found("r/web:1", 2)),
      told: ["actor web on NA: r/web:1 x2 -> r/web:2 x2, image-changed"]),
    Case(
      name: "a provider goes",
      step: PlannedStep(
        unit: unit(.provider, "http"), intents: [.end(provider("r/http:1"), on: host)],
        reason: .notDeclared, found: .provider(image: "r/http:1", ownership: .unowned(manager: nil))
      ),
      told: ["provider http on NA: r/http:1 -> -, not-declared"]),
    Case(
      name:
        "a config goes with the links that name it, each to where it leads, and no value is told",
      step: PlannedStep(
        unit: unit(.link, "a -> b"),
        intents: [
          .disconnect(link("a", to: "b")), .disconnect(link("c", to: "b")),
          .keep("shop-values", ["password": "new-secret", "user": "ada"]),
          .connect(link("put-again", to: "e")), .connect(link("a", to: "d")),
          .connect(link("c", to: "b")),
        ], reason: .targetChanged(from: "b", to: "d"), found: .link(link("a", to: "b")),
        alongside: [
          UnitChange(
            unit: unit(.link, "c -> b"), reason: .valuesChanged(keys: ["password"]),
            found: .link(link("c", to: "b"))),
          UnitChange(
            unit: unit(.config, "shop-values"), reason: .valuesChanged(keys: ["password"]),
            found: .config(["password": "old-secret"])),
        ]),
      told: [
        "link a -> b: to b (incoming-handler) -> to d (incoming-handler), target-changed",
        "link c -> b: to b (incoming-handler) -> to b (incoming-handler), values-changed",
        "config shop-values: password -> password, user, values-changed",
      ]),
    Case(
      name: "a link goes",
      step: PlannedStep(
        unit: unit(.link, "a -> b"), intents: [.disconnect(link("a", to: "b"))],
        reason: .applicationRemoved, found: .link(link("a", to: "b"))),
      told: ["link a -> b: to b (incoming-handler) -> -, application-removed"]),
    Case(
      name: "what failed is no change",
      step: PlannedStep(
        unit: unit(.actor), intents: [.run(actor("r/web:1"), instances: 3, on: host)],
        reason: .missing, found: .nothing),
      result: .failed("no such image"), told: []),
  ]

  @Test("each unit that was changed: what it was, what it is to be, and why", arguments: cases)
  func entries(_ row: Case) {
    let entries = TrailEntry.entries(of: [(row.step, row.result)])
    let told = entries.map { entry in
      let place = entry.unit.host.map { " on \($0)" } ?? ""
      return "\(entry.unit.kind.rawValue) \(entry.unit.name)\(place): \(entry.from?.text ?? "-")"
        + " -> \(entry.to?.text ?? "-"), \(entry.reason.code)"
        + (entry.isConfirmed ? "" : " (under way)")
    }
    #expect(told == row.told)
    let cause = TrailCause(revision: "abc", summary: "Change it", author: "Ada")
    for entry in entries {
      let data = JSONValue.object(entry.data(of: cause, by: "controller"))
      let text = String(decoding: data.bytes(), as: UTF8.self) + "\(entry.facts(of: cause))"
      #expect(!text.contains("secret"))
      #expect(data["commit"] == "abc" && data["author"] == "Ada" && data["by"] == "controller")
      #expect((data["host"]?.string == nil) == (entry.unit.host == nil))
    }
  }
}
