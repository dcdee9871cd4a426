import ConfigurationModel
import DesiredSources
import Diagnostics
import Foundation
import JSONCoding
import LatticeModel
import Planning
import ReconcileTestKit
import Testing

@testable import ReconcileCLI
@testable import ReconcileLoop

@Suite("Saved plans")
struct SavedPlanTests {
  private static let commit = String(repeating: "5ce4", count: 10)

  private static func scene(_ name: String) throws -> PassReport {
    try #require(Scene.all.first { $0.name == name }).report
  }

  /// The contents of a file, as anybody may have changed them.
  private static func contents(
    _ report: PassReport, changing path: [String] = [], to value: JSONValue? = nil
  ) throws -> [UInt8] {
    var configuration = PassConfiguration()
    configuration.applications = ["shop"]
    configuration.prune = true
    let text = SavedPlan.contents(report, configuration, exit: .changesPending)
    let whole = String(decoding: text, as: UTF8.self).replacing("\"5ce4e5\"", with: "\"\(commit)\"")
    let json = try JSONValue(parsing: Array(whole.utf8))
    return json.changed(path[...], to: value).bytes()
  }

  private static func read(_ bytes: [UInt8]) throws -> SavedPlan {
    let folder = FileManager.default.temporaryDirectory.path + "/\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { removeFolder(folder) }
    let path = folder + "/plan.json"
    try Data(bytes).write(to: URL(fileURLWithPath: path))
    return try SavedPlan(reading: path)
  }

  @Test("what is read is what was written, and holds as long as the same would be done")
  func roundTrip() throws {
    let report = try Self.scene("configs-changed")
    let saved = try Self.read(try Self.contents(report))
    #expect(saved.id == report.planID && saved.commit == Self.commit && saved.lattice == "default")
    #expect(saved.applications == ["shop"] && saved.prune && saved.reference == "HEAD")
    #expect(saved.changes.count == report.plan.steps.count)
    try saved.check(report)
    #expect(saved.differences(from: report.plan).isEmpty == false)
    var elsewhere = PassConfiguration()
    elsewhere.source.path = "elsewhere"
    elsewhere.source.standing = "/tmp"
    let pinned = saved.pinning(elsewhere)
    #expect(pinned.source.path == "manifests" && pinned.source.standing == nil)
    #expect(pinned.source.reference == Self.commit && pinned.prune)
  }

  @Test("no value of a config or a link is in the file")
  func values() throws {
    let secret = "value-that-nobody-may-see"
    let scene = try #require(Scene.all.first { $0.name == "configs-changed" })
    var other = scene
    other.now = scene.now.map {
      $0.replacing("debug", with: secret).replacing("\"81\"", with: "\"\(secret)\"")
    }
    let text = String(decoding: try Self.contents(other.report), as: UTF8.self)
    #expect(text.contains("shop-web") && !text.contains(secret))
  }

  @Test(
    "what is no saved plan is refused with the reason",
    arguments: [
      (["schema"], "reconcile.error/2", "its schema is reconcile.error/2"),
      (["schema"], nil, "its schema is none"),
      (["saved"], nil, "printed, not saved"),
      (["saved", "version"], 2, "its version is not 1"),
      (["saved", "prune"], "yes", "prune is missing or neither true nor false"),
      (["saved", "applications"], "shop", "applications is missing or no list"),
      (["saved", "reference"], .string(String(repeating: "x", count: 5_000)), "reference is"),
      (["result", "plan_id"], "sha256:12", "plan_id is none"),
      (["result", "source", "commit"], "main", "commit is no full id"),
      (["result", "lattice"], "a.b", "lattice is no name"),
      (["result", "changes"], [["kind": "cluster"]], "a change has no unit"),
      (
        ["result", "changes"],
        [
          ["application": "a", "kind": "link", "name": "b"],
          ["application": "a", "kind": "link", "name": "b"],
        ], "two changes are of a  link b"
      ),
    ] as [([String], JSONValue?, String)])
  func malformed(_ path: [String], _ value: JSONValue?, _ words: String) throws {
    let bytes = try Self.contents(try Self.scene("scaled"), changing: path, to: value)
    let error = #expect(throws: SavedPlanError.self) { try Self.read(bytes) }
    #expect(error?.sentence.contains(words) == true, "\(String(describing: error))")
  }

  @Test("a file that is missing, too large or no JSON is refused")
  func unreadable() throws {
    #expect(throws: SavedPlanError.self) { try SavedPlan(reading: "/nowhere/plan.json") }
    let large = [UInt8](repeating: 0x20, count: SavedPlan.limit + 1)
    let error = #expect(throws: SavedPlanError.self) { try Self.read(large) }
    #expect(error?.sentence.contains("larger than") == true)
    for text in ["", "{", "[]", String(repeating: "[", count: 10_000)] {
      #expect(throws: SavedPlanError.self) { try Self.read(Array(text.utf8)) }
    }
  }

  @Test(
    "what is different is named",
    arguments: [
      ("pruned", "scaled", "gone: shop  actor main on NALPHA: declared, not there"),
      ("scaled", "pruned", "new: shop  actor main on NALPHA: declared, not there"),
      ("image-changed", "scaled", "other: shop  actor web on NALPHA: image example.com/web:1"),
    ])
  func differences(_ before: String, _ after: String, _ words: String) throws {
    let saved = try Self.read(try Self.contents(try Self.scene(before)))
    let error = #expect(throws: SavedPlanError.self) { try saved.check(try Self.scene(after)) }
    let told = error?.diagnostics.map(\.message) ?? []
    #expect(told.first?.hasSuffix("is stale, nothing was sent") == true)
    #expect(told.contains { $0.hasPrefix(words) }, "\(told)")
    #expect(error.map(ExitStatus.init) == .stale)
  }

  @Test("another value under the same change makes it stale, and what may differ is named")
  func beforeValues() throws {
    let scene = try #require(Scene.all.first { $0.name == "configs-changed" })
    var other = scene
    other.now = scene.now.map { $0.replacing("debug", with: "trace") }
    let saved = try Self.read(try Self.contents(scene.report))
    let error = #expect(throws: SavedPlanError.self) { try saved.check(other.report) }
    let told = error?.diagnostics.map(\.message) ?? []
    #expect(told.contains { $0.contains("config shop-web") && $0.hasPrefix("another") }, "\(told)")
  }

  @Test("a commit that declares something else is named, and few of many differences are told")
  func many() throws {
    let saved = try Self.read(try Self.contents(try Self.scene("scaled")))
    let error = #expect(throws: SavedPlanError.self) {
      try saved.check(try Self.scene("scaled"), successor: "beef" + Self.commit.dropFirst(4))
    }
    #expect(error?.diagnostics.dropFirst().first?.message == "commit moved from 5ce45ce to beef5ce")
    let long = SavedPlanError.stale(id: saved.id, differences: (0..<90).map { "gone: \($0)" })
    #expect(long.diagnostics.count == 32 && long.diagnostics.last?.message == "and 60 more")
  }

  @Test("what is left of a begun step is the plan's, another step is not")
  func beyond() throws {
    let plan = try Self.scene("image-changed").plan
    var rest = plan
    for stage in rest.stages.indices {
      for step in rest.stages[stage].steps.indices {
        rest.stages[stage].steps[step].intents =
          rest.stages[stage].steps[step].intents.map(\.outcome)
      }
    }
    #expect(!rest.goes(beyond: plan) && !plan.goes(beyond: plan))
    rest.stages.removeLast()
    #expect(!rest.goes(beyond: plan))
    #expect(try Self.scene("scaled").plan.goes(beyond: plan))
  }
}

extension JSONValue {
  /// The value with another one at a place, or none.
  fileprivate func changed(_ path: ArraySlice<String>, to value: JSONValue?) -> JSONValue {
    guard let key = path.first, case .object(var members) = self else { return self }
    members[key] = path.count == 1 ? value : members[key]?.changed(path.dropFirst(), to: value)
    return .object(members)
  }
}
