import Diagnostics
import LatticeModel
import TextForms
import YAMLTree

/// The configs that one application of wadm declares where they are used.
struct WadmConfigs {
  let application: ApplicationName
  let findings: Findings
  private(set) var declared: [ConfigSpec] = []
  /// What is known of each: where it stands among them, its name as written, and whether a link
  /// declares it.
  private var known: [ConfigName: (index: Int, written: String, isOfLink: Bool)] = [:]

  init(application: ApplicationName, findings: Findings) {
    self.application = application
    self.findings = findings
  }

  /// The names in the lattice of a list of configs.
  ///
  /// One with entries is the application's own, and
  /// named after it; another is somebody else's, and has its name in the lattice.
  mutating func names(of readers: [ObjectReader], ofLink isOfLink: Bool) -> [ConfigName] {
    readers.compactMap { reader in
      let name = reader[WadmConfigFields.name]
      let values = reader[WadmConfigFields.properties]
      guard let name else { return nil }
      guard reader.has(WadmConfigFields.properties) else {
        return isConfigName(name) ? ConfigName(name) : refuse(name, reader)
      }
      guard let token = LatticeNames.token(name) else { return refuse(name, reader) }
      guard let values else { return nil }
      let config = ConfigName(LatticeNames.join(application.rawValue, token))
      let spec = ConfigSpec(name: config, values: values, origin: reader.position)
      declare(spec, name, isOfLink)
      return config
    }
  }

  private mutating func declare(_ spec: ConfigSpec, _ name: String, _ isOfLink: Bool) {
    guard let earlier = known[spec.name] else {
      known[spec.name] = (declared.count, name, isOfLink)
      declared.append(spec)
      return
    }
    let first = declared[earlier.index]
    guard first.values != spec.values || isOfLink && earlier.isOfLink else { return }
    // Those of links are read when those of all components are.
    let places = [first.origin, spec.origin].sorted()
    findings.add(
      .declaredTwice,
      name == earlier.written
        ? "config '\(excerpt(name))' is declared twice in \(application)"
        : "the configs '\(excerpt(earlier.written))' and '\(excerpt(name))' become one name here",
      remedy: "give one of them another name; the other is at \(places[0])", at: places[1])
  }

  private func refuse(_ name: String, _ reader: ObjectReader) -> ConfigName? {
    findings.add(
      .invalidName, "'\(excerpt(name))' is no name for the config",
      remedy: "write letters, digits, '-' and '_', a letter or digit first",
      at: (reader.node["name"] ?? reader.node).position(findings.path))
    return nil
  }
}
