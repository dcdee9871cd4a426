import ConfigurationModel
import DesiredSources
import JSONCoding
import LatticeDialects
import LatticeModel
import PlanExecution
import Planning
import ReconcileLoop
import ServiceRuntime
import TextForms

/// A plan that was kept in a file: what it was, and what is needed to plan it again.
///
/// The file is the result of the pass in JSON, which holds no value of a config, and beside it
/// `saved`, what the plan was made with. It is checked as anybody's input.
struct SavedPlan: Hashable {
  /// The form of `saved`.
  static let version = 1
  /// The most bytes that are read of a file; a change takes about a thousand.
  static let limit = 32 << 20

  /// The plan's id, in hexadecimal.
  var id: String
  /// The full id of the commit that was read.
  var commit: String
  /// What the reference was called that meant the commit.
  var reference: String
  /// The path, and the paths of what is laid over it, from the root of the repository.
  var path: String
  var overlays: [String] = []
  var lattice: LatticeName
  /// The applications that it was confined to; all where there is none.
  var applications: [String] = []
  var prune = false
  var allowsNonFastForward = false
  /// What was to be done, by unit, as it stands in JSON.
  var changes: [UnitKey: JSONValue] = [:]
}

extension SavedPlan {
  /// Reads a file.
  ///
  /// - Parameter path: The file.
  /// - Throws: `SavedPlanError.file` where it cannot be read, `.malformed` where it is no plan.
  init(reading path: String) throws(SavedPlanError) {
    let bytes: [UInt8]?
    do throws(FileError) {
      bytes = try readFile(path, limit: Self.limit)
    } catch {
      throw .file(path: path, detail: error.detail, isWritten: false)
    }
    guard let bytes else {
      throw .file(path: path, detail: "there is no such file", isWritten: false)
    }
    let json: JSONValue
    do throws(JSONError) {
      json = try JSONValue(parsing: bytes)
    } catch {
      throw .malformed(path: path, detail: "it is no JSON at byte \(error.offset)")
    }
    try self.init(json, from: path)
  }

  init(_ json: JSONValue, from file: String) throws(SavedPlanError) {
    func malformed(_ detail: String) -> SavedPlanError { .malformed(path: file, detail: detail) }
    let schema = json["schema"]?.string ?? "none"
    guard schema == planSchema else {
      throw malformed("its schema is \(excerpt(schema)), not \(planSchema)")
    }
    guard let saved = json["saved"], let result = json["result"] else {
      throw malformed("it was printed, not saved with --out")
    }
    guard saved["version"]?.int == Self.version else {
      throw malformed("its version is not \(Self.version)")
    }
    func text(_ value: JSONValue?, _ name: String) throws(SavedPlanError) -> String {
      guard let text = value?.string, text.utf8.count <= 4_096 else {
        throw malformed("\(name) is missing or no text")
      }
      return text
    }
    func texts(_ value: JSONValue?, _ name: String) throws(SavedPlanError) -> [String] {
      guard let values = value?.array, values.count <= 10_000 else {
        throw malformed("\(name) is missing or no list")
      }
      var texts: [String] = []
      for value in values { texts.append(try text(value, name)) }
      return texts
    }
    func flag(_ name: String) throws(SavedPlanError) -> Bool {
      guard let flag = saved[name]?.bool else {
        throw malformed("\(name) is missing or neither true nor false")
      }
      return flag
    }
    let source = result["source"]
    id = try text(result["plan_id"], "plan_id")
    commit = try text(source?["commit"], "commit")
    guard id.hasPrefix("sha256:"), id.utf8.count == 71 else { throw malformed("plan_id is none") }
    id.removeFirst(7)
    guard [40, 64].contains(commit.utf8.count), commit.allSatisfy(\.isHexDigit) else {
      throw malformed("commit is no full id")
    }
    reference = try text(saved["reference"], "reference")
    path = try text(saved["path"], "path")
    overlays = try texts(source?["overlays"], "overlays")
    lattice = LatticeName(try text(result["lattice"], "lattice"))
    guard lattice.isValid else { throw malformed("lattice is no name for one") }
    applications = try texts(saved["applications"], "applications")
    prune = try flag("prune")
    allowsNonFastForward = try flag("allow_non_fast_forward")
    guard let changes = result["changes"]?.array else { throw malformed("changes are missing") }
    for change in changes {
      guard let unit = UnitKey(json: change) else { throw malformed("a change has no unit") }
      guard self.changes.updateValue(change, forKey: unit) == nil else {
        throw malformed("two changes are of \(name(unit))")
      }
    }
  }
}

extension SavedPlan {
  /// Returns the contents of a file.
  ///
  /// - Parameters:
  ///   - report: What was planned.
  ///   - configuration: What it was planned with.
  ///   - exit: How the command ends.
  /// - Returns: One JSON object, ended by a line feed.
  static func contents(
    _ report: PassReport, _ configuration: PassConfiguration, exit: ExitStatus
  ) -> [UInt8] {
    var members = passObject(report, exit: exit)
    members["saved"] = [
      "version": .int(version), "reference": .string(configuration.source.reference),
      "path": .string(report.source.scope.path),
      "applications": .array(configuration.applications.map(JSONValue.string)),
      "prune": .bool(configuration.prune),
      "allow_non_fast_forward": .bool(configuration.source.allowsNonFastForward),
    ]
    return Array(line(members, isPretty: true).utf8)
  }

  /// Writes a plan to a file that only this user may read.
  ///
  /// - Parameters:
  ///   - report: What was planned.
  ///   - configuration: What it was planned with.
  ///   - exit: How the command ends.
  ///   - path: The file; what was there is replaced.
  /// - Throws: `SavedPlanError.worktree` for a plan of no commit, `.file` where it cannot be written.
  static func save(
    _ report: PassReport, _ configuration: PassConfiguration, exit: ExitStatus, to path: String
  ) throws(SavedPlanError) {
    guard !configuration.source.readsWorktree else { throw .worktree }
    do throws(FileError) {
      try writeFile(contents(report, configuration, exit: exit), to: path)
    } catch {
      throw .file(path: path, detail: error.detail, isWritten: true)
    }
  }

  /// What is to be planned again: the commit and the scope of the file, the rest as it is.
  func pinning(_ configuration: PassConfiguration) -> PassConfiguration {
    var pinned = configuration
    pinned.source.reference = commit
    (pinned.source.path, pinned.source.standing) = (path, nil)
    (pinned.source.overlays, pinned.source.overlayStanding) = (overlays, nil)
    pinned.source.allowsNonFastForward = allowsNonFastForward
    pinned.lattice = lattice
    pinned.applications = applications
    pinned.prune = prune
    return pinned
  }

  /// Refuses a plan that is no longer what would be done.
  ///
  /// - Parameters:
  ///   - report: What would be done now.
  ///   - successor: The commit that declares something else by now.
  /// - Throws: `SavedPlanError.stale` with what is different.
  func check(_ report: PassReport, successor: String? = nil) throws(SavedPlanError) {
    guard report.planID != id || successor != nil else { return }
    let move = successor.map { "commit moved from \(commit.prefix(7)) to \($0.prefix(7))" }
    throw .stale(
      id: id,
      differences: (move.map { [$0] } ?? []) + differences(from: report.plan, by: report.dialect))
  }

  /// What a plan does otherwise than this one did, a sentence each; never empty where ids differ.
  func differences(
    from plan: Plan, by dialect: any LatticeDialect = commandedDialect
  ) -> [String] {
    var now: [UnitKey: JSONValue] = [:]
    for step in plan.steps { now[step.unit] = .object(change(step, in: plan.lattice, by: dialect)) }
    let units = Set(changes.keys).union(now.keys).sorted()
    let sentences = units.compactMap { unit -> String? in
      switch (changes[unit], now[unit]) {
      case (let old?, nil): "gone: \(name(unit)): \(old["detail"]?.string ?? "")"
      case (nil, let new?): "new: \(name(unit)): \(new["detail"]?.string ?? "")"
      case (let old?, let new?) where old["detail"] != new["detail"]:
        "other: \(name(unit)): \(old["detail"]?.string ?? "") -> \(new["detail"]?.string ?? "")"
      case (let old?, let new?) where !old.isAlike(new): "other: \(name(unit)): other requests"
      default: nil
      }
    }
    guard sentences.isEmpty, !units.isEmpty else { return sentences }
    let kept = units.filter { $0.host == nil }
    return [
      "another thing is there than was, or comes to be, under one of these: "
        + named((kept.isEmpty ? units : kept).map { name($0) }, upTo: 10)
    ]
  }
}

extension JSONValue {
  /// Whether two changes come to the same; a place in a file is nothing that is done.
  fileprivate func isAlike(_ other: JSONValue) -> Bool {
    ["intents", "requests", "reason"].allSatisfy { self[$0] == other[$0] }
  }
}

extension UnitKey {
  /// The unit of a change in JSON, if that has one.
  fileprivate init?(json: JSONValue) {
    guard let application = json["application"]?.string, let name = json["name"]?.string,
      let kind = json["kind"]?.string.flatMap(UnitKind.init(rawValue:))
    else { return nil }
    self.init(
      application: ApplicationName(application), kind: kind, name: name,
      host: json["host"]?.string.map { HostID($0) })
  }
}
