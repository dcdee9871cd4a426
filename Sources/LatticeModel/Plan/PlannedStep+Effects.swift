extension PlannedStep {
  /// The ids that the links name which it puts.
  package var linkedIDs: Set<String> {
    var ids: Set<String> = []
    for case .putLink(let link) in commands { ids.formUnion([link.key.source, link.target]) }
    return ids
  }

  /// The id of what it starts, if it starts something.
  package var startedID: String? {
    switch commands.last {
    case .scaleActor(let launch, let instances, _)? where instances > 0: launch.id.rawValue
    case .startProvider(let launch, _)?: launch.id.rawValue
    default: nil
    }
  }
}

extension Command {
  /// Whether it may take as long as an image needs to come.
  package var isStart: Bool {
    switch self {
    case .scaleActor(_, let instances, _): instances > 0
    case .startProvider: true
    case .stopProvider, .putLink, .deleteLink, .putConfig, .deleteConfig: false
    }
  }
}
