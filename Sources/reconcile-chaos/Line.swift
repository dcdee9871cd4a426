/// Something that passes over a line, one way or the other.
typealias Passage = @Sendable () async -> Void

/// What a connection's packets go over.
enum Line: Sendable {
  case sound
  /// Nothing passes, and neither end has noticed; what was to pass is still to arrive, in order.
  case swallowing([Passage])
  /// Found to be broken: what was to pass is lost, and no connection can be had.
  case dead

  /// Whether what is to pass does.
  var isSound: Bool {
    if case .sound = self { return true }
    return false
  }
}
