import Diagnostics
import JSONCoding

/// A finding as a workflow command of GitHub.
func githubLine(_ diagnostic: Diagnostic) -> String {
  let level =
    switch diagnostic.severity {
    case .error: "error"
    case .warning: "warning"
    case .note: "notice"
    }
  let place = diagnostic.location.map { place in
    "file=\(escaped(place.path, alsoIn: ":,")),line=\(place.line),col=\(place.column),"
  }
  let text = diagnostic.message + (diagnostic.remedy.map { "; \($0)" } ?? "")
  return "::\(level) \(place ?? "")title=\(diagnostic.code)::\(escaped(text, alsoIn: ""))\n"
}

/// A text in which what would end a workflow command is written as its code.
private func escaped(_ text: String, alsoIn others: String) -> String {
  var escaped = ""
  for scalar in text.unicodeScalars {
    if scalar == "%" || scalar == "\r" || scalar == "\n" || others.unicodeScalars.contains(scalar) {
      let code = String(scalar.value, radix: 16, uppercase: true)
      escaped += "%" + (code.count < 2 ? "0" : "") + code
    } else {
      escaped.unicodeScalars.append(scalar)
    }
  }
  return escaped
}

/// Findings as one log of SARIF 2.1.0 (OASIS, March 2020): a rule a code, a result a finding.
///
/// Paths are from the root of the repository, columns count characters.
func sarif(_ diagnostics: [Diagnostic]) -> [String: JSONValue] {
  let codes = Set(diagnostics.map { "\($0.code)" }).sorted()
  let rules = codes.map { JSONValue.object(["id": .string($0)]) }
  let results = diagnostics.map { diagnostic -> JSONValue in
    var result: [String: JSONValue] = [
      "ruleId": .string("\(diagnostic.code)"),
      "level": .string(diagnostic.severity.rawValue),
      "message": [
        "text": .string(diagnostic.message + (diagnostic.remedy.map { "; \($0)" } ?? ""))
      ],
    ]
    if let place = diagnostic.location {
      result["locations"] = [
        [
          "physicalLocation": [
            "artifactLocation": [
              "uri": .string(percentEncoded(place.path)), "uriBaseId": "%SRCROOT%",
            ],
            "region": ["startLine": .int(place.line), "startColumn": .int(place.column)],
          ]
        ]
      ]
    }
    return .object(result)
  }
  return [
    "$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0",
    "runs": [
      [
        "tool": [
          "driver": [
            "name": "reconcile", "version": .string(ReconcileCommand.version),
            "rules": .array(rules),
          ]
        ],
        "columnKind": "unicodeCodePoints", "results": .array(results),
      ]
    ],
  ]
}

/// A path as a relative URI (RFC 3986): all but letters, digits and `-._~/` as their bytes.
private func percentEncoded(_ path: String) -> String {
  path.utf8.reduce(into: "") { encoded, byte in
    let scalar = Unicode.Scalar(byte)
    let isPlain =
      scalar.isASCII && (scalar.properties.isAlphabetic || scalar.properties.numericType != nil)
      || "-._~/".unicodeScalars.contains(scalar)
    let code = String(byte, radix: 16, uppercase: true)
    encoded += isPlain ? String(scalar) : "%" + (code.count < 2 ? "0" : "") + code
  }
}
