import JSONCoding
import TextForms
import YAMLTree

/// Whether a field must be there.
enum Need: Sendable {
  /// It may be absent; null counts as absent, with a warning.
  case optional
  /// It may be absent, but not null: without its value it would mean something else.
  case notNull
  /// It must be there.
  case required
}

/// What comes of a field.
enum Effect: Sendable {
  /// The decoder reads it.
  case acts
  /// Its form is checked where its mapping is opened, with the warning that nothing comes of it
  /// yet.
  case none
  /// What it names is looked up; else as `none`, but read by the decoder.
  case lookedUp
}

/// One key of a mapping, and what may stand there.
///
/// A class, as are tables: to hand one on is then one reference to count, and not one for each part
/// of it, which threads that decode at once would get in one another's way with.
final class Field<Value>: Sendable {
  let key: StaticString
  let form: Form<Value>
  let need: Need
  let effect: Effect
  /// What to do meanwhile about what has no effect yet.
  let remedy: String?
  /// What it means, for editors; without a full stop.
  let meaning: String

  init(
    _ key: StaticString, _ form: Form<Value>, need: Need = .optional, effect: Effect = .acts,
    remedy: String? = nil, _ meaning: String
  ) {
    self.key = key
    self.form = form
    self.need = need
    self.effect = effect
    self.remedy = remedy
    self.meaning = meaning
  }
}

/// A field with the value that stands in where it is absent.
struct FieldWithDefault<Value: Sendable>: Sendable {
  let field: Field<Value>
  let value: Value
  fileprivate let json: JSONValue
}

extension Field<Int> {
  func or(_ value: Int) -> FieldWithDefault<Int> {
    FieldWithDefault(field: self, value: value, json: .int(value))
  }
}

extension Field<Bool> {
  func or(_ value: Bool) -> FieldWithDefault<Bool> {
    FieldWithDefault(field: self, value: value, json: .bool(value))
  }
}

extension Field<String> {
  func or(_ value: String) -> FieldWithDefault<String> {
    FieldWithDefault(field: self, value: value, json: .string(value))
  }
}

extension Field<Duration> {
  func or(_ value: Duration) -> FieldWithDefault<Duration> {
    FieldWithDefault(field: self, value: value, json: .string(formatDuration(value)))
  }
}

/// What a table knows of a field, whatever its value is.
struct FieldRow: Sendable {
  let key: StaticString
  let need: Need
  let effect: Effect
  let schema: Schema
  let tables: [ObjectTable]
  /// Checks the field of a mapping whose decoder does not read it.
  let check: @Sendable (ObjectReader) -> Void
}

/// A field as it stands in a table.
protocol TableField: Sendable {
  var row: FieldRow { get }
}

extension Field: TableField {
  var row: FieldRow { row(default: nil) }

  fileprivate func row(default value: JSONValue?) -> FieldRow {
    var schema = need == .optional ? JSONSchema.orNull(form.schema) : form.schema
    schema["description"] = .string(meaning + (effect == .acts ? "" : " (not acted on yet)") + ".")
    if let value { schema["default"] = value }
    return FieldRow(
      key: key, need: need, effect: effect, schema: schema, tables: form.tables
    ) { reader in
      reader.withValue(of: self) { self.form.check($0, self.key, reader) }
    }
  }
}

extension FieldWithDefault: TableField {
  var row: FieldRow { field.row(default: json) }
}

/// What becomes of a key that a mapping's table does not have.
enum UnknownKeys: Sendable {
  /// An error.
  case refused
  /// A warning.
  case passedOver
  /// A warning, or an error where it is nearly a key that is known.
  case passedOverIfFar
}

/// What is meant by a key that a table does not have, and that is not nearly one of its own.
enum KeyHint: Sendable {
  /// Another word for a key of the table.
  case word(StaticString)
  /// It does nothing here; a remedy says where it is to be written.
  case elsewhere(String)
}

/// All fields of one kind of mapping.
final class ObjectTable: Sendable {
  /// What one is called, such as `actor`; its name among the definitions of a schema.
  let name: String
  /// What one of a list is called in findings, such as `the actor`.
  let noun: String
  let rows: [FieldRow]
  /// The keys of the rows.
  let keys: [StaticString]
  /// Those of them that somebody reads: each key of each mapping is held against these first.
  private let readKeys: [StaticString]
  /// The rows that are checked as soon as a mapping is opened, since nobody reads them; none of them
  /// must be there.
  private let unread: [FieldRow]
  /// Whether keys that begin with `x-` are passed over, as places for what YAML anchors name.
  let hasHelperKeys: Bool
  let unknownKeys: UnknownKeys
  /// What is meant by some of the keys that it does not have; each of them is an error.
  let hints: [String: KeyHint]
  /// What a schema says beyond the fields.
  let rules: [JSONValue]

  init(
    _ name: String, hasHelperKeys: Bool = false, unknownKeys: UnknownKeys = .refused,
    hints: [String: KeyHint] = [:], rules: [JSONValue] = [], _ fields: [any TableField]
  ) {
    self.name = name
    self.hasHelperKeys = hasHelperKeys
    self.unknownKeys = unknownKeys
    self.hints = hints
    self.rules = rules
    noun = "the \(name)"
    rows = fields.map(\.row)
    keys = rows.map(\.key)
    unread = rows.filter { $0.effect == .none }
    readKeys = rows.filter { $0.effect != .none }.map(\.key)
  }

  /// The keys of a mapping that nobody reads: those that are neither of a field nor passed over, and
  /// the rows of the others.
  func unread(of mapping: YAMLNode) -> (unknown: [YAMLNode], rows: [FieldRow]) {
    let others = mapping.keys(besides: readKeys)
    guard !others.isEmpty else { return ([], []) }
    let unknown = mapping.keys(besides: keys).filter { key in
      !hasHelperKeys || !key.withBytes { $0.starts(with: "x-".utf8) }
    }
    return (unknown, unread)
  }
}
