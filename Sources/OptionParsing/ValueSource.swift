/// Where a value came from; later ones win over earlier ones.
public enum ValueSource: Hashable, Sendable {
  /// The configuration file, at a place such as `reconcile.yaml:3`.
  case file(String)
  /// An environment variable.
  case environment(String)
  /// The command line.
  case commandLine
}

extension ValueSource: CustomStringConvertible {
  /// The source in words.
  public var description: String {
    switch self {
    case .file(let position): "file \(position)"
    case .environment(let name): "environment \(name)"
    case .commandLine: "flag"
    }
  }
}
