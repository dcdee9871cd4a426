extension PlannedStep {
  /// The ids that the links name which it stores.
  package var linkedIDs: Set<String> {
    var ids: Set<String> = []
    for case .connect(let link) in intents { ids.formUnion([link.key.source, link.target]) }
    return ids
  }

  /// The id of what it starts, if it starts something.
  package var startedID: String? { intents.last?.launch?.id }

  /// What is wanted in the end.
  package var outcome: Intent? { intents.last?.outcome }
}
