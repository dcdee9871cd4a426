import Diagnostics
import LatticeModel
import TextForms
import YAMLTree

/// Components of other applications.
extension WadmDecoder {
  /// The component that another one stands for; `nil` where it cannot be told.
  func decodeShared(
    _ properties: ObjectReader, _ traits: WadmTraits, _ kind: LinkManifest.End.Kind
  ) -> LinkManifest.End? {
    if let image = properties.node[WadmPropertyFields.image.key], !image.isNull {
      findings.add(
        .invalidValue, "the component has both 'image' and 'application'",
        remedy: "keep 'image' where it runs here, 'application' where another one runs it",
        at: image.position(findings.path))
      return nil
    }
    if let node = properties.node[WadmPropertyFields.application.key], node.kind == .scalar {
      findings.add(
        .wrongType, "'application' of the component is \(describe(node)), not a mapping",
        remedy:
          "write application: {name: \(excerpt(node.text)), component: …}, with its name there",
        at: node.position(findings.path))
      return nil
    }
    guard let shared = properties[WadmPropertyFields.application] else { return nil }
    let application = shared[WadmPropertyFields.sharedApplication]
    let component = shared[WadmPropertyFields.sharedComponent]
    guard let application, let component else { return nil }
    checkShared(properties, traits)
    return LinkManifest.End(
      application: ApplicationName(LatticeNames.label(application) ?? application),
      name: LatticeNames.label(component) ?? component, kind: kind, position: shared.position)
  }

  /// Reports what only the application says that declares the component.
  private func checkShared(_ properties: ObjectReader, _ traits: WadmTraits) {
    func refuse(_ key: String, _ node: YAMLNode) {
      findings.add(
        .invalidValue, "a component of another application has \(key) here",
        remedy: "remove it: the application that declares the component says that",
        at: node.position(findings.path))
    }
    for key in [WadmPropertyFields.config.key, WadmPropertyFields.secrets.key] {
      if let value = properties.node[key], value.kind == .sequence, value.count > 0 {
        refuse("\(key)", value)
      }
    }
    if let scaler = traits.scaler { refuse("a scaler", scaler) }
  }
}
