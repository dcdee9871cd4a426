import JSONCoding
import LatticeModel
import YAMLTree

/// What may stand as a value: how it is read, and how an editor is told of it.
struct Form<Value>: Sendable {
  /// Reads the value of a key, or reports what is wrong with it.
  typealias Reading =
    @Sendable (_ value: YAMLNode, _ key: StaticString, _ reader: ObjectReader) -> Value?

  /// The JSON Schema of a value.
  let schema: Schema
  /// The tables that the schema refers to.
  let tables: [ObjectTable]
  let read: Reading
  /// Whether a value that is left blank is read too, unlike null.
  private(set) var takesBlank = false
  /// Reports what is wrong with a value that nobody reads, down to its last field.
  let check: @Sendable (_ value: YAMLNode, _ key: StaticString, _ reader: ObjectReader) -> Void

  /// Creates a form whose findings all come up where it is read.
  init(_ schema: Schema, tables: [ObjectTable] = [], read: @escaping Reading) {
    self.init(schema, tables: tables, read: read) { _ = read($0, $1, $2) }
  }

  private init(
    _ schema: Schema, tables: [ObjectTable], read: @escaping Reading,
    check: @escaping @Sendable (YAMLNode, StaticString, ObjectReader) -> Void
  ) {
    self.schema = schema
    self.tables = tables
    self.read = read
    self.check = check
  }
}

extension Form {
  /// The same, where a value that is left blank stands for one; null does not.
  func orBlank(_ value: @escaping @autoclosure @Sendable () -> Value) -> Form {
    var form = Form(schema, tables: tables) { node, key, reader in
      node.isNull ? value() : self.read(node, key, reader)
    }
    form.takesBlank = true
    return form
  }
}

// MARK: One value

extension Form where Value == String {
  /// Any scalar but null, as it is written.
  static let text = Form(JSONSchema.text) { value, key, reader in
    reader.text(value, key.description)
  }

  /// A text that is none of YAML's numbers or booleans.
  static let string = Form(["type": "string"]) { value, key, reader in
    reader.string(value, key.description)
  }

  static let name = Form(JSONSchema.spelling(JSONSchema.dnsLabel)) { value, key, reader in
    reader.name(value, key)
  }

  static let token = Form(JSONSchema.spelling(JSONSchema.token)) { value, key, reader in
    reader.token(value, key)
  }

  /// The name of a config: a token, or one of others with full stops.
  static let configName = Form(JSONSchema.spelling(JSONSchema.configName)) { value, key, reader in
    reader.configName(value, key)
  }

  /// A time of day, `HH:MM`.
  static let timeOfDay = Form(JSONSchema.text(matching: JSONSchema.timeOfDay)) {
    value, key, reader in
    reader.text(value, key, "a time from 00:00 to 23:59, such as 02:00") { isTimeOfDay($0) }
  }

  /// A name of the time zone database, or `UTC`.
  static let timeZone = Form(
    ["type": ["string", "boolean"], "pattern": .string(JSONSchema.timeZone)]
  ) { value, key, reader in
    reader.text(value, key, "a time zone, such as Europe/Oslo or UTC") { isTimeZone($0) }
  }

  /// A subject of NATS, with wildcards or not.
  static let subject = Form(JSONSchema.spelling(JSONSchema.subject)) { value, key, reader in
    reader.text(value, key, "tokens with dots between, such as orders.* or orders.>") {
      isSubjectPattern($0)
    }
  }

  /// One word of a few.
  static func word(_ words: String...) -> Form {
    Form(["enum": .array(words.map { .string($0) })]) { value, key, reader in
      reader.word(value, key, of: words)
    }
  }
}

extension Form where Value == Contract {
  static let contract = Form(JSONSchema.text(matching: JSONSchema.contract)) {
    value, key, reader in
    reader.contract(value, key)
  }
}

extension Form where Value == ImageReference {
  static let image = Form(
    ["type": JSONSchema.scalarTypes, "pattern": .string(JSONSchema.image)]
  ) { value, _, reader in reader.image(value) }
}

extension Form where Value == Bool {
  static let boolean = Form(["type": "boolean"]) { value, key, reader in reader.bool(value, key) }
}

extension Form where Value == Int {
  static func whole(_ range: ClosedRange<Int>) -> Form {
    Form(
      [
        "type": "integer", "minimum": .int(range.lowerBound), "maximum": .int(range.upperBound),
      ]
    ) { value, key, reader in reader.int(value, key, in: range) }
  }

  /// Thousandths of a processor, more than 0.
  static let cpu = Form(JSONSchema.quantity(JSONSchema.cpu, "number")) { value, key, reader in
    reader.cpu(value, key)
  }

  /// Bytes, more than 0.
  static let bytes = Form(JSONSchema.quantity(JSONSchema.bytes, "integer")) { value, key, reader in
    reader.bytes(value, key)
  }
}

extension Form where Value == Duration {
  /// A time of more than 0, or of 0 where that means something.
  static func duration(orZero: Bool = false) -> Form {
    Form(JSONSchema.text(matching: JSONSchema.duration(orZero: orZero))) { value, key, reader in
      reader.duration(value, key, orZero: orZero)
    }
  }

  /// A time with a least one, because a shorter one does harm; the schema does not say that.
  static func duration(atLeast least: Duration) -> Form {
    Form(JSONSchema.text(matching: JSONSchema.duration(orZero: false))) { value, key, reader in
      reader.duration(value, key, atLeast: least)
    }
  }
}

// MARK: Several values

extension Form {
  static func list<Element>(of element: Form<Element>) -> Form where Value == [Element] {
    Form(
      ["type": "array", "items": .object(element.schema)], tables: element.tables,
      read: { value, key, reader in
        reader.list(value, key)?.compactMap { element.read($0, key, reader) }
      },
      check: { value, key, reader in
        reader.list(value, key)?.forEach { element.check($0, key, reader) }
      })
  }
}

extension Form where Value == [String] {
  /// A list of texts, none of them empty.
  static let texts = Form(
    ["type": "array", "items": ["type": JSONSchema.scalarTypes, "minLength": 1]]
  ) { value, key, reader in reader.texts(value, key) }
}

extension Form where Value == [String: String] {
  /// The entries of a config.
  static let entries = Form(
    ["type": "object", "additionalProperties": .object(JSONSchema.text)]
  ) { value, key, reader in reader.configEntries(value, key) }

  /// A mapping of texts.
  static let plainEntries = Form(
    ["type": "object", "additionalProperties": .object(JSONSchema.text)]
  ) { value, key, reader in reader.entries(value, key) }

  /// A mapping of texts, of which numbers and booleans are none.
  static let strings = Form(
    ["type": "object", "additionalProperties": ["type": "string"]]
  ) { value, key, reader in reader.entries(value, key, of: .strings) }

  /// The entries of a config, of which numbers and booleans are none.
  static let configStrings = Form(
    ["type": "object", "additionalProperties": ["type": "string"]]
  ) { value, key, reader in reader.configEntries(value, key, of: .strings) }

  /// A mapping of texts, its keys by the rule of the Open Application Model.
  static let labels = labels(of: .scalars, JSONSchema.text)

  /// The same, where a key without a value has an empty text.
  static let labelsOrNull = labels(of: .scalarsOrNull, JSONSchema.orNull(JSONSchema.text))

  private static func labels(of texts: ObjectReader.Texts, _ schema: Schema) -> Form {
    Form(
      [
        "type": "object", "propertyNames": ["pattern": .string(JSONSchema.labelKey)],
        "additionalProperties": .object(schema),
      ]
    ) { value, key, reader in reader.labels(value, key, of: texts) }
  }
}

extension Form where Value == ObjectReader {
  /// A mapping with the fields of a table.
  static func object(_ table: ObjectTable) -> Form {
    object(table) { ObjectReader($0, at: $1, of: $2, table) }
  }

  /// A mapping with the fields of a table, as one of a list: "the actor".
  static func element(_ table: ObjectTable) -> Form {
    object(table) { value, _, reader in ObjectReader(value, table.noun, table, reader.findings) }
  }

  private static func object(_ table: ObjectTable, _ read: @escaping Reading) -> Form {
    Form(table.reference, tables: [table], read: read) { value, key, reader in
      read(value, key, reader)?.checkAll(table)
    }
  }
}

extension Form where Value == [ObjectReader] {
  /// A list of mappings with the fields of a table.
  static func objects(_ table: ObjectTable) -> Form { .list(of: .element(table)) }
}

extension Form where Value == YAMLNode {
  /// One value of a few; they are held against what is written by whoever reads it.
  static func constant(_ text: String) -> Form {
    Form(["const": .string(text)]) { value, _, _ in value }
  }

  /// Anything but null.
  static let anything = Form(["not": ["type": "null"]]) { value, _, _ in value }

  /// A mapping that whoever reads it opens with a table.
  static func mapping(_ table: ObjectTable) -> Form {
    Form(table.reference, tables: [table]) { value, _, _ in value }
  }

  /// A mapping of any keys to values of one form, which whoever reads it reads.
  static func mapping<Element>(of element: Form<Element>) -> Form {
    Form(
      ["type": "object", "additionalProperties": .object(element.schema)],
      tables: element.tables,
      read: { value, key, reader in reader.mapping(value, key) },
      check: { value, key, reader in
        for entry in reader.mapping(value, key)?.entries ?? .empty {
          element.check(entry.value, key, reader)
        }
      })
  }

  /// One of two forms; whoever reads it tells them apart.
  static func either<One, Other>(_ one: Form<One>, _ other: Form<Other>) -> Form {
    Form(
      ["anyOf": [.object(one.schema), .object(other.schema)]], tables: one.tables + other.tables
    ) { value, _, _ in value }
  }
}
