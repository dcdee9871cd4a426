import Diagnostics
import LatticeModel
import TextForms
import YAMLTree

/// What the traits of a component say, by their types.
///
/// wadm tells them apart by what is in them and passes over what does not fit its type. Here that is an
/// error, and the trait is read as what it was meant to be, so that nothing else is said for it.
struct WadmTraits {
  /// How many run, and where.
  struct Scale {
    var instances: Int
    var perHost = false
    var spread: [SpreadConstraint] = []
  }

  /// The first scaler.
  private(set) var scale: Scale?
  /// The trait of the first scaler.
  private(set) var scaler: YAMLNode?
  private(set) var links: [ObjectReader] = []
  /// Whether something that cannot be read may have been a scaler.
  private(set) var isUncertain = false

  private static let scalers = ["spreadscaler", "daemonscaler"]
  /// The type of a link: another one in manifests for hosts before 1.0.
  private let link: String

  /// Whether a type is one that only wadm has.
  static func isType(_ text: String) -> Bool { (["link", "linkdef"] + scalers).contains(text) }

  /// Reads the traits of a component.
  ///
  /// - Parameters:
  ///   - component: The component.
  ///   - isOfActorEra: Whether its links are those of manifests for hosts before 1.0.
  init(of component: ObjectReader, isOfActorEra: Bool = false) {
    link = isOfActorEra ? "linkdef" : "link"
    let readers = component[WadmComponentFields.traits] ?? []
    let written = component.node[WadmComponentFields.traits.key]
    isUncertain =
      component.isMeant(WadmComponentFields.traits)
      || written.map { !$0.isNull && ($0.kind != .sequence || $0.count != readers.count) } ?? false
    let hasScaler = readers.contains { Self.scalers.contains($0.node["type"]?.text ?? "") }
    for reader in readers { add(reader, hasScaler: hasScaler) }
  }

  private mutating func add(_ reader: ObjectReader, hasScaler: Bool) {
    let type = reader[WadmTraitFields.type]
    let properties = reader[WadmTraitFields.properties]
    guard let type, let properties else {
      if type != link { isUncertain = true }
      return
    }
    let shape = shape(of: properties)
    var word = types.contains(type) ? type : word(meantBy: type)
    if let shape, let known = word {
      if (known == link) != (shape.type == link) { word = shape.type }
    } else if let shape, shape.isWhole, shape.type == link || !hasScaler {
      // With anything else in it, or beside a scaler, it may be of somebody else's making.
      word = shape.type
    }
    if word != type {
      addWrong(type, word, reader, hasScaler: hasScaler)
      // Of one with nothing in it no more is to be said.
      if properties.count == 0 {
        isUncertain = isUncertain || word != nil
        return
      }
    }
    switch word {
    case nil: return
    case link: addLink(properties, reader.findings)
    case let scaler:
      let scale = decodeScale(properties, perHost: scaler == "daemonscaler", reader.findings)
      if self.scaler != nil, word == type { addSecond(reader) }
      self.scaler = self.scaler ?? reader.node
      self.scale = self.scale ?? scale ?? Scale(instances: 1)
    }
  }

  /// The type that what stands in a trait is of, and whether nothing else stands in it; `nil` where
  /// that cannot be told.
  private func shape(of properties: YAMLNode) -> (type: String, isWhole: Bool)? {
    func has(_ keys: [StaticString]) -> Bool { keys.contains { properties[$0] != nil } }
    let isLink = has(["target", "namespace", "package", "interfaces"])
    let isScaler = has(["instances", "replicas", "spread"])
    guard isLink != isScaler else { return nil }
    let table = isLink ? linkTable : WadmScalerFields.table
    return (
      isLink ? link : "spreadscaler", properties.keys(besides: table.keys).isEmpty
    )
  }

  private var types: [String] { [link] + Self.scalers }

  private var linkTable: ObjectTable {
    link == "link" ? WadmLinkFields.table : ActorEraFields.linkTable
  }

  private func word(meantBy type: String) -> String? {
    type == "link" || type == "linkdef" ? link : nearestWord(to: type, in: types)
  }

  private func addWrong(
    _ type: String, _ word: String?, _ reader: ObjectReader, hasScaler: Bool
  ) {
    let isKnown = types.contains(type)
    let what = word == link ? "a link" : "a scaler"
    let isSecond = word != nil && word != link && hasScaler
    let remedy =
      isSecond
      ? "remove it: the component has a scaler"
      : word.map { "write '\($0)'" } ?? "remove it"
    reader.findings.add(
      .invalidValue, word == nil ? .warning : .error,
      isKnown
        ? "the trait of type '\(type)' is \(what) by what stands in it"
        : "there is no trait of type '\(excerpt(type))', so nothing comes of it",
      remedy: remedy,
      at: (reader.node["type"] ?? reader.node).position(reader.findings.path))
  }

  private mutating func addLink(_ node: YAMLNode, _ findings: Findings) {
    let called: [StaticString] = ["namespace", "package", "interfaces"]
    let words = called.map(\.description)
    let saysWhat =
      called.contains { node[$0] != nil }
      || node.entries.contains { nearestWord(to: $0.key.text, in: words) != nil }
    guard node.kind != .mapping || saysWhat || link != "link" else {
      let hasValues = ["values", "config"].contains { node.value(forKey: $0) != nil }
      return findings.add(
        .missingKey, "the link does not say what is called",
        remedy: "write namespace, package and interfaces, such as wasi, keyvalue and [store]"
          + (hasValues ? ", and \(WadmLinkFields.placeOfValues)" : ""),
        at: node.position(findings.path))
    }
    ObjectReader(node, linkTable.noun, linkTable, findings).map { links.append($0) }
  }

  private func addSecond(_ reader: ObjectReader) {
    reader.findings.add(
      .declaredTwice, "the component has two scalers, each of which would undo what the other does",
      remedy: "keep one, with the rules of both", at: reader.position)
  }
}
