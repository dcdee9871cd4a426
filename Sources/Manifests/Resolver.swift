import Diagnostics
import LatticeModel
import TextForms

/// Where a part of an application stands: among its actors, or among its providers.
struct PartPlace {
  var actor: Int?
  var provider: Int?
}

/// Looks for what is wrong between applications, and freezes those that it concerns.
struct Resolver {
  let lastGood: [ApplicationName: ApplicationManifest]
  /// The applications that stand in their last good form.
  private(set) var replaced: Set<ApplicationName>
  private(set) var manifests: [ApplicationManifest] = []
  private(set) var diagnostics: [Diagnostic] = []
  /// The same applications in the same order, once ids stand for the names at the ends of links.
  var resolved: [ApplicationSpec] = []
  /// Where each of them stands, in both.
  private(set) var positions: [ApplicationName: Int] = [:]
  /// Where the parts of an application with many of them stand among its actors or providers, by name.
  var partPlaces: [Int: [String: PartPlace]] = [:]
  let knownPolicies: Set<PolicyName>
  private(set) var policies: [PolicySpec]
  private var places: [ApplicationName: SourcePosition] = [:]
  private var suggestions: [String: String?] = [:]
  var words = WordSearch()

  init(
    _ files: [DecodedFile], lastGood: [ApplicationName: ApplicationManifest],
    replacing bad: Set<ApplicationName> = []
  ) {
    self.lastGood = lastGood
    replaced = bad
    policies = files.all { $0.policies }
    knownPolicies = Set(policies.map(\.name)).union(files.all { $0.unreadPolicies })
    take(files)
  }

  /// The applications that nothing was found against.
  var sound: [ApplicationSpec] {
    places.isEmpty ? resolved : resolved.filter { !isFrozen($0.name) }
  }

  /// The applications that something was found against.
  var frozen: [FrozenApplication] {
    places.map { FrozenApplication(name: $0.key, origin: $0.value) }
  }

  /// The frozen applications that have a last good form not yet tried.
  var replaceable: Set<ApplicationName> {
    Set(places.keys.filter { lastGood[$0] != nil && !replaced.contains($0) })
  }

  mutating func run() {
    let twice = reportDuplicates(policies.map { ($0.name.rawValue, $0.origin) }, "policy")
    policies.removeAll { twice.contains($0.name.rawValue) }
    rejectClashingIDs()
    resolveLinks()
    rejectClashingNames()
    checkServers()
    checkDaemons()
    checkPolicies()
    checkDependencies()
  }

  // MARK: Which form of which application

  /// Takes each application in its current form, or, where that is bad, in its last good one.
  private mutating func take(_ files: [DecodedFile]) {
    manifests = inOrder(files)
    let unread = files.all { $0.frozen }
    let places =
      manifests.map { ($0.application.name.rawValue, $0.application.origin) }
      + unread.map { ($0.name.rawValue, $0.origin) }
    let twice = reportDuplicates(places, "application")
    replaced.formUnion(unread.map(\.name).filter { lastGood[$0] != nil })
    if !lastGood.isEmpty {
      let named = Set(places.map(\.0))
      replaced.formUnion(lastGood.keys.filter { !named.contains($0.rawValue) })
    }
    replaced.formUnion(twice.map { ApplicationName($0) }.filter { lastGood[$0] != nil })
    for entry in unread where !replaced.contains(entry.name) { freeze(entry.name, entry.origin) }
    if !twice.isEmpty || !replaced.isEmpty {
      for application in manifests.map(\.application)
      where twice.contains(application.name.rawValue) && !replaced.contains(application.name) {
        freeze(application.name, application.origin)
      }
      manifests.removeAll { manifest in
        let name = manifest.application.name
        return twice.contains(name.rawValue) || replaced.contains(name)
      }
      manifests += replaced.compactMap { lastGood[$0] }
      manifests.sort { $0.application.stands(before: $1.application) }
    }
    positions.reserveCapacity(manifests.count)
    for position in manifests.indices { positions[manifests[position].application.name] = position }
  }

  /// An application with its links resolved, by its name.
  func application(_ name: ApplicationName) -> ApplicationSpec? {
    positions[name].map { resolved[$0] }
  }

  /// Reports every name that is declared again, and returns these names.
  private mutating func reportDuplicates(
    _ declared: [(String, SourcePosition)], _ what: String
  ) -> Set<String> {
    var once: Set<String> = []
    var twice: Set<String> = []
    once.reserveCapacity(declared.count)
    for (name, _) in declared where !once.insert(name).inserted { twice.insert(name) }
    var first: [String: SourcePosition] = [:]
    for (name, place) in declared.filter({ twice.contains($0.0) }).sorted(by: { $0 < $1 }) {
      guard let earlier = first[name] else {
        first[name] = place
        continue
      }
      add(
        .declaredTwice, "\(what) '\(name)' is declared twice",
        remedy: "give one of them another name; the other is at \(earlier)", at: place)
    }
    return twice
  }

  // MARK: Findings

  mutating func add(
    _ code: ManifestCode, _ message: String, remedy: String, at place: SourcePosition
  ) {
    add(code, .error, message, remedy: remedy, at: place)
  }

  mutating func add(
    _ code: ManifestCode, _ severity: Severity, _ message: String, remedy: String,
    at place: SourcePosition
  ) {
    diagnostics.append(Diagnostic(code.code, severity, message, remedy: remedy, at: place))
  }

  func isFrozen(_ name: ApplicationName) -> Bool { places[name] != nil }

  mutating func freeze(_ name: ApplicationName, _ origin: SourcePosition) {
    places[name] = min(places[name] ?? origin, origin)
  }

  /// Freezes both sides of a clash; one in its last good form was there first and stays.
  mutating func freeze(_ one: ApplicationSpec, against other: ApplicationSpec) {
    for (mine, theirs) in [(one, other), (other, one)]
    where mine.heldAt == nil || theirs.heldAt != nil {
      freeze(mine.name, mine.origin)
    }
  }

  /// The application that a name most likely stands for.
  ///
  /// When a shared application goes, many ask for the same name; a repository made to ask for
  /// many names is not worth the time.
  ///
  /// Never the one that asks: it means another.
  mutating func suggestion(for name: String, to asking: ApplicationName) -> String? {
    let key = "\(asking) \(name)"
    if let known = suggestions[key] { return known }
    guard !words.isSpent else { return nil }
    let nearest = words.nearest(
      to: name,
      in: (manifests.map(\.application.name) + places.keys).filter { $0 != asking }
        .map(\.rawValue).sorted())
    suggestions[key] = .some(nearest)
    return nearest
  }
}

/// The applications of all files in their order; they are large, so their places are sorted.
private func inOrder(_ files: [DecodedFile]) -> [ApplicationManifest] {
  var order: [(name: ApplicationName, file: Int, document: Int)] = []
  order.reserveCapacity(files.count)
  for file in files.indices {
    for document in files[file].applications.indices {
      order.append((files[file].applications[document].application.name, file, document))
    }
  }
  order.sort { left, right in
    guard left.name == right.name else { return left.name < right.name }
    return files[left.file].applications[left.document].application.origin
      < files[right.file].applications[right.document].application.origin
  }
  return order.map { files[$0.file].applications[$0.document] }
}

extension ApplicationSpec {
  fileprivate func stands(before other: ApplicationSpec) -> Bool {
    name == other.name ? origin < other.origin : name < other.name
  }
}

extension [DecodedFile] {
  /// What all files have of something; most have nothing.
  func all<Part>(_ list: (DecodedFile) -> [Part]) -> [Part] {
    var all: [Part] = []
    for file in indices { all += list(self[file]) }
    return all
  }
}
