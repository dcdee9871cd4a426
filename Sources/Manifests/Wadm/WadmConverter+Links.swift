import Diagnostics
import LatticeModel
import YAMLTree

extension WadmConverter {
  func addLinks(to lines: inout YAMLLines) {
    let traits = Dictionary(
      components.flatMap { $0["traits"]?.elements ?? .empty }.compactMap { trait in
        trait["properties"].map { ($0.mark, trait) }
      }, uniquingKeysWith: { first, _ in first })
    for (number, link) in manifest.links.enumerated() {
      if number == 0 { lines.add(1, "links:", line: nil) }
      let place = YAMLMark(line: link.origin.line, column: link.origin.column)
      let first = traits[place]?.mark.line ?? place.line
      let node = traits[place]?["properties"]
      func line(of key: StaticString) -> Int { node?.key(key)?.mark.line ?? place.line }
      lines.keep(within: first...max(first, node?.lines.upperBound ?? first))
      lines.beginItem()
      lines.add(3, "source: \(written(link.source))", line: first)
      lines.add(3, "target: \(written(link.target))", line: line(of: "target"))
      let called = ["namespace", "package", "interfaces"] as [StaticString]
      if let interface = link.interface {
        lines.add(
          3, "interface: \(interface.contract)/\(interface.interfaces.joined(separator: ","))",
          line: called.map(line).max())
      }
      if let contract = link.contract {
        lines.add(3, "contract: \(writtenText("\(contract)"))", line: line(of: "target"))
      }
      if link.name != "default" {
        lines.add(3, "name: \(writtenText(link.name))", line: line(of: "name"))
      }
      if !link.values.isEmpty, let key = node?.key("values"), let values = node?["values"] {
        lines.add(3, key, values)
      }
      self.add(
        link.sourceConfig, "sourceConfig", "sourceSecrets", line: line(of: "source"), to: &lines)
      self.add(
        link.targetConfig, "targetConfig", "targetSecrets", line: line(of: "target"), to: &lines)
    }
  }

  private func written(_ end: LinkManifest.End) -> String {
    guard let application = end.application else { return writtenText(end.name) }
    return
      "{application: \(writtenText(application.rawValue)), name: \(writtenText(end.name))}"
  }
}
