import LatticeModel

/// What one unit of a workload on one host looks like, beside what is wanted there.
struct UnitFacts {
  /// How many instances run; 0 where there is no set.
  var running: Int
  /// How many are wanted here.
  var wanted: Int
  /// Whether the set is ours.
  var isOwned: Bool
  /// Whether the image is the declared one.
  var hasImage: Bool
  /// Whether it was started with the declared configs and limits.
  var hasLaunch: Bool
}

/// What a unit is, and what is done about it.
enum Classification: Hashable {
  /// As declared.
  case equal
  /// Somebody else's, and as declared: counts as satisfied.
  case satisfiedByOthers
  /// Declared and not there: start it.
  case missing
  /// Wanted nowhere on this host any more: stop it.
  case notWantedHere
  /// Runs another image: it is replaced.
  case otherImage
  /// Was started with other configs or limits: it is replaced.
  case otherLaunch
  /// Runs fewer or more than wanted: one scale.
  case otherCount
}

/// The rules that tell what a unit is; the first that holds decides.
///
/// A host that is told another number may keep the code that it has, so another image or launch is a
/// replacement. Counts come last: what is replaced is brought up with the wanted count anyway.
enum UnitRules {
  /// One row: when it holds, and what the unit then is.
  struct Row: Sendable {
    var sentence: String
    var holds: @Sendable (UnitFacts) -> Bool
    var means: Classification
  }

  static let table: [Row] = [
    Row(
      sentence: "it does not run and is wanted here",
      holds: { $0.running == 0 }, means: .missing),
    Row(
      sentence: "it runs for somebody else, who alone may change it",
      holds: { !$0.isOwned }, means: .satisfiedByOthers),
    Row(
      sentence: "it runs and is not wanted on this host",
      holds: { $0.wanted == 0 }, means: .notWantedHere),
    Row(
      sentence: "it runs another image",
      holds: { !$0.hasImage }, means: .otherImage),
    Row(
      sentence: "it was started with other configs or limits",
      holds: { !$0.hasLaunch }, means: .otherLaunch),
    Row(
      sentence: "it runs in another number",
      holds: { $0.running != $0.wanted }, means: .otherCount),
  ]

  /// What a unit is that runs, is wanted, or both; where no row holds, it is as declared.
  static func classify(_ facts: UnitFacts) -> Classification {
    table.first { $0.holds(facts) }?.means ?? .equal
  }
}
