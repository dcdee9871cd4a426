import Diagnostics
import Testing

@testable import Manifests

/// A manifest of wadm, with everything that is found in it.
struct WadmCase: Sendable, CustomTestStringConvertible {
  var testDescription: String
  private var text: String
  private var findings: String

  init(_ name: String, _ text: String, _ findings: String) {
    (testDescription, self.text, self.findings) = (name, text, findings)
  }

  func check(at place: SourceLocation = #_sourceLocation) {
    let found = resolved(text).diagnostics.map { "\($0.description.dropFirst("0.yaml:".count))" }
    #expect(found.joined(separator: "\n") == findings, sourceLocation: place)
  }
}

extension WadmCase {
  static let scaler = "{type: spreadscaler, properties: {instances: 1}}"

  static func manifest(
    name: String = "shop", metadata: String = "annotations: {}",
    properties: String = "image: r/a:1", traits: String = scaler, more: String = ""
  ) -> String {
    WadmTests.manifest(
      name: name, metadata: metadata, properties: properties, traits: traits, more: more)
  }

  /// A scaler, and a link that says something.
  static func linked(_ properties: String) -> String {
    scaler + ", {type: link, properties: {\(properties)}}"
  }

  /// A scaler, and a sound link with more in it.
  static func link(_ more: String = "") -> String {
    linked("target: {name: kv}, namespace: wasi, package: keyvalue, interfaces: [store]" + more)
  }
}
