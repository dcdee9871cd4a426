/// Whether one commit stands on another one, as far as a repository can tell.
public enum GitAncestry: Hashable, Sendable {
  /// It is that commit, or has it among those that it stands on.
  case descends
  /// It does not stand on it: its whole history was seen.
  case unrelated
  /// Part of its history is not there: why.
  case unknown(String)
}
