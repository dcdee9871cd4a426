import ConfigurationModel
import GitSource
import JSONCoding
import OptionParsing

extension SourcedConfiguration {
  /// The configuration as a file, each value with its source; it can be read back, but for a
  /// password that was given by a flag.
  var text: String {
    let repositories = configuration.repositories.enumerated().map { index, repository in
      entry(RepositoryOptions.ofFile, repository, .repository(index))
    }
    let lattices = configuration.lattices.enumerated().map { index, lattice in
      entry(LatticeOptions.ofFile, lattice, .lattice(index))
    }
    return lines(ProcessOptions.all, configuration, .process).joined()
      + "repositories:\n" + repositories.joined() + "lattices:\n" + lattices.joined()
  }

  private func entry<Values>(
    _ options: [OptionSpec<Values>], _ values: Values, _ owner: ConfigurationPlace.Owner
  ) -> String {
    let lines = lines(options, values, owner)
    return lines.enumerated().map { ($0 == 0 ? "  - " : "    ") + $1 }.joined()
  }

  private func lines<Values>(
    _ options: [OptionSpec<Values>], _ values: Values, _ owner: ConfigurationPlace.Owner
  ) -> [String] {
    var lines: [String] = []
    var group = ""
    for option in options {
      guard let key = option.info.fileKey else { continue }
      let parts = key.split(separator: ".").map(String.init)
      if parts.count > 1, parts[0] != group { lines.append("\(parts[0]):\n") }
      group = parts.count > 1 ? parts[0] : ""
      let source = sources[ConfigurationPlace(owner, key)]
      let setting =
        (parts.count > 1 ? "  " : "") + "\(parts[parts.count - 1]): "
        + value(option, values, source)
      let margin = String(repeating: " ", count: max(2, 36 - setting.count))
      lines.append("\(setting)\(margin)# \(source?.description ?? "default")\n")
    }
    return lines
  }

  private func value<Values>(
    _ option: OptionSpec<Values>, _ values: Values, _ source: ValueSource?
  ) -> String {
    guard let text = option.text(in: values) else { return "null" }
    let isPlace = option.info.fileKey.map(RemoteOptions.secretKeys.contains) ?? false
    if option.info.isSecret, !isPlace {
      guard case .environment(let name)? = source else { return "\"***\"" }
      return "env:\(name)"
    }
    let texts = option.info.isList ? text.split(separator: ",").map(String.init) : [text]
    var shown = texts.map { withoutSecret($0) ?? $0 }
    if shown != texts, case .environment(let name)? = source { shown = ["env:\(name)"] }
    let scalars = shown.map(scalar)
    return option.info.isList ? "[\(scalars.joined(separator: ", "))]" : scalars[0]
  }
}

/// A text as a scalar of YAML; in quotes unless it needs none.
private func scalar(_ text: String) -> String {
  let isPlain =
    text.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "/"),
        UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: ":"):
        true
      default: false
      }
    } && text.first.map { $0.isLetter || $0.isNumber || $0 == "/" || $0 == "." } == true
    && !text.hasSuffix(":") && text.lowercased() != "null"
  return isPlain
    ? text : String(decoding: JSONValue.string(text).bytes(isPretty: false), as: UTF8.self)
}
