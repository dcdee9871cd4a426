import JSONCoding

/// The members of a JSON Schema.
typealias Schema = [String: JSONValue]

/// Parts of JSON Schema 2020-12, as exact as the decoder is.
///
/// A schema sees values, not how they are written: of `1.0` and `1`, or `0x1F` and `31`, it cannot
/// tell which stands there.
enum JSONSchema {
  static let scalarTypes: JSONValue = ["string", "number", "boolean"]

  /// A text; a number or boolean is taken as it is written.
  static let text: Schema = ["type": scalarTypes]

  /// A text that no number or boolean can be.
  static func text(matching pattern: String) -> Schema {
    ["type": "string", "pattern": .string(pattern)]
  }

  /// A text of letters and digits, which a whole number or a boolean may be too.
  static func spelling(_ pattern: String) -> Schema {
    ["type": ["string", "integer", "boolean"], "pattern": .string(pattern), "minimum": 0]
  }

  /// A number with a unit, or a number of a type.
  static func quantity(_ pattern: String, _ type: String) -> Schema {
    ["type": ["string", .string(type)], "pattern": .string(pattern), "exclusiveMinimum": 0]
  }

  /// A schema that takes null too.
  static func orNull(_ schema: Schema) -> Schema {
    var schema = schema
    if let types = schema["type"] {
      schema["type"] = .array((types.array ?? [types]) + ["null"])
    } else if let words = schema["enum"]?.array {
      schema["enum"] = .array(words + [.null])
    } else if let forms = schema["anyOf"]?.array {
      schema["anyOf"] = .array(forms + [["type": "null"]])
    } else {
      schema = ["anyOf": [.object(schema), ["type": "null"]]]
    }
    return schema
  }

  // MARK: Rules between fields

  /// A rule for a mapping: it has two of three keys, with values.
  static func exactlyTwo(of one: String, _ two: String, _ three: String) -> [JSONValue] {
    let pairs = [(one, two), (one, three), (two, three)]
    return [
      ["anyOf": .array(pairs.map { ["allOf": [has($0), has($1)]] })],
      ["not": ["allOf": [has(one), has(two), has(three)]]],
    ]
  }

  /// A rule for a mapping: it has one of two keys, with a value, or both.
  static func oneAtLeast(of one: String, _ other: String) -> JSONValue {
    ["anyOf": [has(one), has(other)]]
  }

  /// A rule for a mapping: where a key has one of some words, the list under another key is such.
  static func rule(
    where key: String, isOneOf words: [JSONValue], _ other: String, is schema: Schema,
    required: Bool
  ) -> JSONValue {
    [
      "if": ["properties": .object([key: ["enum": .array(words)]]), "required": [.string(key)]],
      "then": [
        "properties": .object([other: .object(schema)]),
        "required": required ? [.string(other)] : [],
      ],
    ]
  }

  /// A rule for a mapping: where a flag is true there is no value of a key, else there is one.
  static func either(_ flag: String, or key: String) -> JSONValue {
    let has: JSONValue = ["required": [.string(key)]]
    return [
      "if": ["properties": .object([flag: ["const": true]]), "required": [.string(flag)]],
      "then": ["not": has], "else": has,
    ]
  }

  /// A rule for a mapping: where a flag is not true, a key is as a schema says.
  static func unless(_ flag: String, _ key: String, is schema: Schema) -> JSONValue {
    [
      "if": ["properties": .object([flag: ["const": true]]), "required": [.string(flag)]],
      "then": true, "else": ["properties": .object([key: .object(schema)])],
    ]
  }

  private static func has(_ key: String) -> JSONValue {
    ["properties": .object([key: ["not": ["type": "null"]]]), "required": [.string(key)]]
  }

  // MARK: Patterns

  static let dnsLabel = "^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$"
  static let token = "^[A-Za-z0-9][-A-Za-z0-9_]{0,199}$"
  static let configName = "^(?=.{1,200}$)[A-Za-z0-9][-A-Za-z0-9_]*(\\.[A-Za-z0-9][-A-Za-z0-9_]*)*$"
  static let contract = "^\(word)(:\(word))+$"
  static let interface = "^\(word):\(word)/ *\(word) *(, *\(word) *)*(@[^\\n]*)?$"
  static let wholeNumber = "^[-+]?[0-9]+$"
  static let image = "^(?!.*(\\{\\{|\\$\\{|<)) *[^\\u0000-\\u0020\\u007f]+ *$"
  static let labelKey =
    "^((?=[^/]{1,253}/)\(labelPart)(\\.\(labelPart))*/)?"
    + "[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$"
  static let cpu = "^(?=.*[1-9])([0-9]+m|[0-9]+(\\.[0-9]{1,3}0{0,15})?)$"
  static let bytes =
    "^(?=.*[1-9])[0-9]+((\\.[0-9]{1,18})?(Ki|Mi|Gi|Ti|k|K|M|G|T)|(\\.0{1,18})?)$"

  static let timeOfDay = "^([01][0-9]|2[0-3]):[0-5][0-9]$"
  static let timeZone = "^[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+)*$"
  static let subject =
    "^(>|([^ .*>\\u0000-\\u001f\\u007f]+|\\*)(\\.([^ .*>\\u0000-\\u001f\\u007f]+|\\*))*(\\.>)?)$"

  static func duration(orZero: Bool) -> String {
    "^\(orZero ? "" : "(?=.*[1-9])")([0-9]+(\\.[0-9]{1,18})?(h|m|s|ms|us|ns))+$"
  }

  private static let word = "[A-Za-z0-9][-A-Za-z0-9_]*"
  private static let labelPart = "[A-Za-z]([-A-Za-z0-9]{0,61}[A-Za-z0-9])?"
}
