import JSONCoding

/// The JSON Schema of a kind of documents, for editors; made of the tables that the decoder reads by.
///
/// It says what one document must be. What holds between two of its parts, such as that names
/// differ and that what is named exists, only the decoder says.
public struct ManifestSchema: Sendable {
  /// The schemas of all kinds.
  public static let all = ManifestKind.allCases.map { ManifestSchema(of: $0) }

  private let table: ObjectTable
  /// The kind of the documents, such as `Application`.
  public let kind: String

  private init(of kind: ManifestKind) {
    self.kind = kind.rawValue
    table = DocumentFields.of(kind).table
  }

  /// The file that it lies in, from the root of the repository.
  public var path: String { "schemas/\(file)" }

  /// The schema as JSON with sorted keys, a line feed at its end.
  public var text: String {
    var schema = table.schema
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["$id"] = .string("https://reconcile.dev/schemas/\(file)")
    schema["title"] = .string(kind)
    let definitions = table.definitions
    if !definitions.isEmpty { schema["$defs"] = .object(definitions) }
    let bytes = JSONValue.object(schema).bytes(isPretty: true)
    return String(decoding: bytes, as: UTF8.self) + "\n"
  }

  private var file: String { "v1/\(kind.lowercased()).json" }
}

extension ObjectTable {
  /// Refers to the schema of its mappings.
  var reference: Schema { ["$ref": .string("#/$defs/\(name)")] }

  /// The schema of its mappings.
  fileprivate var schema: Schema {
    let required = rows.filter { $0.need == .required }
    var schema: Schema = [
      "type": "object", "additionalProperties": false,
      "properties": .object(
        Dictionary(
          rows.map { ($0.key.description, .object($0.schema)) }, uniquingKeysWith: { $1 })),
    ]
    if !required.isEmpty {
      schema["required"] = .array(required.map { .string($0.key.description) })
    }
    if hasHelperKeys { schema["patternProperties"] = ["^x-": true] }
    if !rules.isEmpty { schema["allOf"] = .array(rules) }
    return schema
  }

  /// The schemas of all tables that its own refers to, near or far, by name.
  fileprivate var definitions: Schema {
    var definitions: Schema = [:]
    var open = [self]
    while let table = open.popLast() {
      for next in table.rows.flatMap(\.tables) where definitions[next.name] == nil {
        definitions[next.name] = .object(next.schema)
        open.append(next)
      }
    }
    return definitions
  }
}
