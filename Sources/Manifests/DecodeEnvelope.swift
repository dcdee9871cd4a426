import YAMLTree

/// Decodes what every kind of document has; its `spec` is read by whoever knows the kind.
func decodeEnvelope(
  _ root: YAMLNode, _ kind: ManifestKind, _ findings: Findings
) -> (name: String?, spec: YAMLNode?) {
  let fields = DocumentFields.of(kind)
  guard let reader = ObjectReader(root, fields.noun, fields.table, findings) else {
    return (nil, nil)
  }
  let metadata = reader[fields.metadata].flatMap {
    ObjectReader($0, fields.metadataNoun, MetadataFields.table, findings)
  }
  _ = metadata?[MetadataFields.annotations]
  _ = metadata?[MetadataFields.labels]
  return (metadata?[MetadataFields.name], reader[fields.spec])
}
