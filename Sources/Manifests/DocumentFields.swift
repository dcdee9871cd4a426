import YAMLTree

/// The fields of a document: what every kind has, around the `spec` of its own.
struct DocumentFields: Sendable {
  let metadata = Field(
    "metadata", .mapping(MetadataFields.table), need: .required, "What it is called")
  let spec: Field<YAMLNode>
  let table: ObjectTable
  /// What they and their metadata are called in findings.
  let noun: String
  let metadataNoun: String

  private init(_ kind: ManifestKind, _ spec: Form<YAMLNode>, _ meaning: String) {
    noun = kind == .application ? "the application" : "the \(kind.rawValue)"
    metadataNoun = "metadata of \(noun)"
    self.spec = Field("spec", spec, need: .required, meaning)
    table = ObjectTable(
      "document", hasHelperKeys: true,
      [
        Field(
          "apiVersion", .constant(ownVersion.description), need: .required,
          "The version of this form"),
        Field("kind", .constant(kind.rawValue), need: .required, "What the document declares"),
        metadata, self.spec,
      ])
  }

  /// The fields of a document of a kind.
  static func of(_ kind: ManifestKind) -> DocumentFields {
    switch kind {
    case .application: application
    case .policy: policy
    case .hostProfile: hostProfile
    case .lattice: lattice
    case .stream: stream
    }
  }

  private static let application = DocumentFields(
    .application, .mapping(ApplicationFields.table), "What runs, and what may call what")
  private static let policy = DocumentFields(
    .policy, .mapping(PolicyFields.table), "What is allowed, and to whom that applies")
  private static let hostProfile = DocumentFields(
    .hostProfile, .mapping(HostProfileFields.table), "What hosts have, and what is moved off them")
  private static let lattice = DocumentFields(
    .lattice, .mapping(LatticeFields.table), "How a lattice is watched and commanded")
  private static let stream = DocumentFields(
    .stream, .mapping(StreamFields.table), "A stream of JetStream and who reads it")
}

/// What a document is called.
enum MetadataFields {
  static let name = Field(
    "name", .name, need: .required,
    "Its name, unique in the lattice: lower-case letters, digits and '-', at most 63")
  static let annotations = Field("annotations", .labels, "For people and other tools")
  static let labels = Field("labels", .labels, "For people and other tools")

  static let table = ObjectTable("metadata", [name, annotations, labels])
}
