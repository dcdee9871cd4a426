import JSONCoding
import YAMLTree

/// A rule of a spread.
enum RuleFields {
  static let name = Field("name", .token, need: .required, "Its name, unique in the spread")
  static let weight = Field(
    "weight", .whole(0...4_294_967_295),
    "Its share of the instances, in parts of the sum of weights"
  ).or(100)
  static let requirements = Field(
    "requirements", .requirements, "What a host must meet: labels, or a list with operators")
  static let preferred = Field(
    "preferred", .requirements, "What a host should meet: it is taken first")
  static let maxPerHost = Field(
    "maxPerHost", .whole(1...4_294_967_295), "How many instances a host runs at most")

  static let table = ObjectTable(
    "rule",
    [
      name, weight, requirements, preferred, maxPerHost,
      Field(
        "maxSkew", .whole(0...4_294_967_295), effect: .none,
        "How far the numbers on two hosts may differ"),
      Field(
        "whenUnsatisfiable", .word("hold", "spill"), effect: .none,
        "Whether instances without a place wait, or go elsewhere"),
    ])
}

/// A requirement with an operator.
enum RequirementFields {
  static let key = Field("key", .text, need: .required, "The label of a host")
  static let test = Field(
    "operator", .word("In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt"), need: .required,
    "What its value must be")
  static let values = Field(
    "values", .texts,
    "What it is held against: several for In and NotIn, one whole number for Gt "
      + "and Lt, none for the others")

  static let table = ObjectTable(
    "requirement",
    rules: [
      JSONSchema.rule(
        where: "operator", isOneOf: ["In", "NotIn"], "values",
        is: ["type": "array", "minItems": 1], required: true),
      JSONSchema.rule(
        where: "operator", isOneOf: ["Gt", "Lt"], "values",
        is: [
          "type": "array", "minItems": 1, "maxItems": 1,
          "items": [
            "type": ["string", "integer"], "pattern": .string(JSONSchema.wholeNumber),
          ],
        ], required: true),
      JSONSchema.rule(
        where: "operator", isOneOf: ["Exists", "DoesNotExist"], "values", is: ["maxItems": 0],
        required: false),
    ], [key, test, values])
}
