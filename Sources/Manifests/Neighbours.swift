import Diagnostics
import TextForms
import YAMLTree

/// Documents of other tools that lie among ours: they freeze nothing and hold nothing.
///
/// A document is another tool's by an `apiVersion` of a group that is not, and is not nearly, one that
/// is read here. What might be a slip in one of ours is damage, and protects what it declares.
enum Neighbours {
  /// What another tool's document calls itself, or `nil` where it is ours or may have been meant so.
  static func name(of root: YAMLNode) -> String? {
    guard let version = root["apiVersion"], version.kind == .scalar, !version.isNull,
      !version.hasText(ownVersion)
    else { return nil }
    let kind = root["kind"]
    guard kind.map({ $0.kind == .scalar }) ?? true else { return nil }
    let name = [version.text, kind?.text ?? ""].filter { !$0.isEmpty }.map { excerpt($0) }
      .joined(separator: " ")
    switch group(of: version.text) {
    case .foreign: return name
    case .core: return isLikeOurs(root) ? nil : name
    case .wadm: return isOfKubeVela(root) ? name : nil
    case .ours: return nil
    }
  }

  /// Whether a text that is no YAML is another tool's, such as a template of a chart.
  ///
  /// Nobody knows what documents it would hold, so every `apiVersion` in it has to be another group's,
  /// none may be missing, and nothing in it may be like our groups.
  static func own(_ bytes: [UInt8]) -> Bool {
    let text = String(decoding: bytes, as: UTF8.self)
    let lines = text.split(whereSeparator: \.isNewline)
    func values(of key: String) -> [String] {
      lines.filter { $0.hasPrefix("\(key):") }.map {
        let value = $0.dropFirst(key.count + 1).prefix { $0 != "#" }
        return String(value.filter { !" \t\"'".contains($0) })
      }
    }
    let versions = values(of: "apiVersion")
    let kinds = values(of: "kind")
    let isAllTheirs = versions.allSatisfy { version in
      switch group(of: version) {
      case .foreign: true
      case .core: !kinds.contains { nearestWord(to: $0, in: ManifestKind.names) != nil }
      case .ours, .wadm: false
      }
    }
    return isAllTheirs && !versions.isEmpty && kinds.count <= versions.count
      && !["reconcil", "oam.dev"].contains { text.lowercased().contains($0) }
  }

  /// Whether a text that is no YAML is a template of a chart, whatever comes of it.
  ///
  /// It lies under `templates` and has places that Helm fills in; nobody but Helm can read it.
  static func isTemplate(_ bytes: [UInt8], at path: String) -> Bool {
    guard path.split(separator: "/").dropLast().contains("templates") else { return false }
    let text = String(decoding: bytes, as: UTF8.self)
    return text.contains("{{")
      && [".Release", ".Values", ".Chart", ".Capabilities", ".Files", "include ", "template "]
        .contains { text.contains($0) }
  }

  /// A list at the top of a document in which nothing is like a manifest, such as a patch of a
  /// kustomization.
  static func isList(_ root: YAMLNode) -> Bool {
    root.kind == .sequence
      && root.elements.allSatisfy { !isManifest($0) && manifestClue(in: $0) == nil }
  }

  /// The list of a `List` of Kubernetes in which some document is, or may be meant as, one of ours.
  static func itemsLikeOurs(_ root: YAMLNode) -> YAMLNode? {
    guard root["kind"]?.hasText("List") ?? false, let items = root["items"] else { return nil }
    let isLikeOurs = items.elements.contains { $0["apiVersion"] != nil && name(of: $0) == nil }
    return isLikeOurs ? items : nil
  }

  private enum Group {
    case ours, wadm, core, foreign
  }

  private static let groups = ["reconcile.dev", "core.oam.dev"]

  /// Whose an `apiVersion` is.
  private static func group(of version: String) -> Group {
    let parts = version.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2, parts.allSatisfy({ !$0.isEmpty }) else {
      return isCoreVersion(version) ? .core : .ours
    }
    if parts[0] == "core.oam.dev" { return .wadm }
    let name = String(parts[0])
    let isNear = nearestWord(to: name, in: groups + ["reconcile", "oam.dev"]) != nil
    return isNear ? .ours : .foreign
  }

  /// Whether a version has the form of those without a group, such as `v1` or `v2beta1`.
  private static func isCoreVersion(_ version: String) -> Bool {
    guard version.hasPrefix("v"), version.count > 1, version.count <= 16 else { return false }
    return version.dropFirst().utf8.allSatisfy {
      (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
        || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0)
    }
  }

  /// Whether a document without a group may have lost it: its kind is nearly ours, or it has none and
  /// a spec like ours.
  private static func isLikeOurs(_ root: YAMLNode) -> Bool {
    guard let kind = root["kind"] else { return root["spec"] != nil }
    if nearestWord(to: kind.text, in: ManifestKind.names) != nil { return true }
    let spec = root["spec"]
    return spec?["actors"] != nil || spec?["providers"] != nil
  }

  /// The types of components that wadm knows.
  private static let types: Set = ["actor", "component", "capability"]

  /// Those of KubeVela that come with it.
  private static let typesOfKubeVela: Set = [
    "webservice", "worker", "task", "cron-task", "daemon", "statefulset", "k8s-objects",
    "ref-objects", "raw", "helm", "kustomize", "config",
  ]

  /// Whether a document of wadm's group is one of KubeVela, which shares it.
  private static func isOfKubeVela(_ root: YAMLNode) -> Bool {
    guard let kind = root["kind"] else { return false }
    let spec = root["spec"]
    let components = Array(spec?["components"]?.elements ?? .empty)
    // A kind of wadm that is misspelt has components too.
    guard mayBe(kind.text, ["Application"]) else {
      return components.allSatisfy { $0["componentName"] != nil }
    }
    if components.isEmpty {
      return spec?["workflow"] != nil && spec?["components"]?.kind == .sequence
    }
    return components.allSatisfy(isForeign)
  }

  /// Whether an application of wadm has components of KubeVela among its own.
  static func isMixed(_ root: YAMLNode) -> Bool {
    let components = Array(root["spec"]?["components"]?.elements ?? .empty)
    return components.contains { types.contains($0["type"]?.text ?? "") }
      && components.contains { typesOfKubeVela.contains($0["type"]?.text ?? "") && isForeign($0) }
  }

  /// Whether a component is none of wadm: by a type that is not, and is not nearly, one of its own,
  /// and by no trait that only wadm has.
  private static func isForeign(_ component: YAMLNode) -> Bool {
    guard let type = component["type"], type.scalarType == .string,
      !mayBe(type.text, types)
    else { return false }
    return !(component["traits"]?.elements ?? .empty).contains {
      WadmTraits.isType($0["type"]?.text ?? "")
    }
  }

  /// Whether a word is nearly one of some, or the beginning of one: its text may be cut off.
  private static func mayBe(_ word: String, _ words: Set<String>) -> Bool {
    nearestWord(to: word, in: words) != nil || words.contains { $0.hasPrefix(word) }
  }
}

/// The documents of one file that are passed over, counted by what they call themselves.
struct SkippedDocuments: Hashable, Sendable {
  /// Where the first of them stands.
  private(set) var first: SourcePosition?
  private(set) var counts: [String: Int] = [:]

  mutating func add(_ name: String, at place: SourcePosition) {
    first = first ?? place
    // Each name is a line of somebody else's; nobody reads a thousand of them.
    let known = counts.count < 100 || counts[name] != nil ? name : "other"
    counts[known, default: 0] += 1
  }

  /// One note a folder.
  static func notes(of files: [SkippedDocuments]) -> [Diagnostic] {
    var folders: [String: SkippedDocuments] = [:]
    for file in files {
      guard let first = file.first else { continue }
      let folder = first.path.split(separator: "/").dropLast().joined(separator: "/")
      var all = folders[folder] ?? SkippedDocuments()
      all.first = min(all.first ?? first, first)
      all.counts.merge(file.counts) { $0 + $1 }
      folders[folder] = all
    }
    return folders.values.compactMap(\.note)
  }

  private var note: Diagnostic? {
    guard let first else { return nil }
    let sorted = counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
    let names = sorted.prefix(5).map { $0.value == 1 ? $0.key : "\($0.key) (\($0.value))" }
    let more = sorted.count > 5 ? ", and \(sorted.count - 5) more" : ""
    let total = counts.values.reduce(0, +)
    let subject =
      total == 1 ? "one document in this folder is" : "\(total) documents in this folder are"
    return Diagnostic(
      ManifestCode.documentSkipped.code, .note,
      "\(subject) no manifest of ours: \(names.joined(separator: ", "))\(more)", at: first)
  }
}
