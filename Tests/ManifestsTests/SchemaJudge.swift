import Foundation
import JSONCoding
import ReconcileTestKit
import ServiceRuntime
import Testing

/// What others make of our schemas: the library `jsonschema` of Python.
enum SchemaJudge {
  /// Holds documents against the schemas in `schemas`.
  ///
  /// - Parameter documents: The documents, each with the kind whose schema it is held against.
  /// - Returns: For each what is wrong with it, or `nil`.
  /// - Throws: An error of the process; a failed requirement where the library is missing.
  static func verdicts(on documents: [(kind: String, value: JSONValue)]) async throws -> [String?] {
    let tools = "\(repositoryRoot)/.tools"
    let library = try? FileManager.default.contentsOfDirectory(atPath: tools)
      .first { $0.hasPrefix("python-jsonschema-") }
    let path = try #require(
      library, "there is no jsonschema of Python under .tools; run 'make deps'")
    let lines = documents.map { document in
      String(
        decoding: JSONValue.array([.string(document.kind.lowercased()), document.value]).bytes(),
        as: UTF8.self)
    }
    let result = try await ChildProcess.run(
      "python3", ["-W", "ignore", "-c", program, "\(repositoryRoot)/schemas/v1"],
      environment: ProcessInfo.processInfo.environment.merging(
        ["PYTHONPATH": "\(tools)/\(path)", "PYTHONDONTWRITEBYTECODE": "1"], uniquingKeysWith: { $1 }
      ), input: Array(lines.joined(separator: "\n").utf8), deadline: .seconds(300))
    #expect(String(decoding: result.errorOutput, as: UTF8.self) == "")
    return try JSONValue(parsing: result.output).array?.map(\.string) ?? []
  }

  private static let program = """
    import json, sys
    from jsonschema import Draft202012Validator
    validators = {}
    verdicts = []
    for line in sys.stdin:
        kind, document = json.loads(line)
        if kind not in validators:
            schema = json.load(open(f"{sys.argv[1]}/{kind}.json"))
            Draft202012Validator.check_schema(schema)
            validators[kind] = Draft202012Validator(schema)
        error = next(validators[kind].iter_errors(document), None)
        verdicts.append(error and f"{error.json_path}: {error.message}"[:300])
    print(json.dumps(verdicts))
    """
}
