public import Diagnostics

/// What a plan found under a unit, and will want to find again before it sends a command.
public enum Found: Hashable, Sendable {
  /// Nothing.
  case nothing
  /// An instance set.
  case actor(image: ImageReference, instances: Int, ownership: Ownership)
  /// A provider.
  case provider(image: ImageReference, ownership: Ownership)
  /// A link under the same key.
  indirect case link(LinkDefinition)
  /// A config's entries.
  case config([String: String])
}

/// What one changed unit needs: one intent, or several in order of which each follows the
/// confirmation of the one before (disconnect, keep what the link names, connect).
///
/// A plan passes on thousands of them again and again: copies share what they hold until one of them
/// is changed.
public struct PlannedStep: Hashable, Sendable {
  /// What a step holds, in one piece.
  private struct Content: Hashable, Sendable {
    var unit: UnitKey
    var intents: [Intent]
    var reason: Reason
    var found: Found
    var origin: SourcePosition?
    var user: ConfigUser?
    var alongside: [UnitChange]
    var startTimeout: Duration
  }

  private var content: Shared<Content>

  /// The unit that it changes.
  public var unit: UnitKey {
    get { content.value.unit }
    set { content.value.unit = newValue }
  }
  /// What is wanted, in order.
  public var intents: [Intent] {
    get { content.value.intents }
    set { content.value.intents = newValue }
  }
  /// Why.
  public var reason: Reason {
    get { content.value.reason }
    set { content.value.reason = newValue }
  }
  /// What the plan found there.
  public var found: Found {
    get { content.value.found }
    set { content.value.found = newValue }
  }
  /// Where the manifest asks for it, if a manifest does.
  public var origin: SourcePosition? {
    get { content.value.origin }
    set { content.value.origin = newValue }
  }
  /// Whom a config serves, for the record.
  public var user: ConfigUser? {
    get { content.value.user }
    set { content.value.user = newValue }
  }
  /// What else it changes: the configs of a link, and the other links that name them.
  public var alongside: [UnitChange] {
    get { content.value.alongside }
    set { content.value.alongside = newValue }
  }
  /// How long a start that its host has accepted is waited for before it is sent again.
  public var startTimeout: Duration {
    get { content.value.startTimeout }
    set { content.value.startTimeout = newValue }
  }

  /// Creates a step.
  ///
  /// - Parameters:
  ///   - unit: The unit that it changes.
  ///   - intents: What is wanted, in order.
  ///   - reason: Why.
  ///   - found: What the plan found there.
  ///   - origin: Where the manifest asks for it.
  ///   - user: Whom a config serves, for the record.
  ///   - alongside: What else it changes.
  ///   - startTimeout: How long an accepted start is waited for.
  public init(
    unit: UnitKey, intents: [Intent], reason: Reason, found: Found,
    origin: SourcePosition? = nil, user: ConfigUser? = nil, alongside: [UnitChange] = [],
    startTimeout: Duration = .seconds(600)
  ) {
    content = Shared(
      Content(
        unit: unit, intents: intents, reason: reason, found: found, origin: origin, user: user,
        alongside: alongside, startTimeout: startTimeout))
  }

  /// Whether it only takes something away.
  public var isRemoval: Bool { intents.allSatisfy(\.isRemoval) }

  /// Whether it takes something away and puts something in its place.
  public var replaces: Bool { !isRemoval && intents.contains(where: \.takesAway) }

  /// Whether it stops, shrinks or deletes something, if only for a moment.
  public var takesAway: Bool {
    if case .countChanged(let from, let to) = reason { return to < from }
    return intents.contains(where: \.takesAway)
  }

  /// Whether it stops, shrinks or deletes something for good.
  public var onlyTakesAway: Bool { takesAway && !replaces }

  /// Whether it takes links away for a moment and brings them back.
  public var replacesLinks: Bool { unit.kind == .link && replaces }

  /// Why, for a person, without a full stop; with what its being carried out means for calls.
  public var sentence: String {
    replacesLinks
      ? "replaced, \(reason.sentence); calls over it fail for a moment" : reason.sentence
  }

  /// Every unit that it changes, its own first.
  public var changes: [UnitChange] {
    [UnitChange(unit: unit, reason: reason, found: found, origin: origin, user: user)] + alongside
  }
}

/// What a step does to one unit.
public struct UnitChange: Hashable, Sendable {
  /// The unit.
  public var unit: UnitKey
  /// Why it changes.
  public var reason: Reason
  /// What the plan found there.
  public var found: Found
  /// Where the manifest asks for it, if a manifest does.
  public var origin: SourcePosition?
  /// Whom a config serves, for the record.
  public var user: ConfigUser?

  /// Creates an entry.
  ///
  /// - Parameters:
  ///   - unit: The unit.
  ///   - reason: Why it changes.
  ///   - found: What the plan found there.
  ///   - origin: Where the manifest asks for it.
  ///   - user: Whom a config serves, for the record.
  public init(
    unit: UnitKey, reason: Reason, found: Found, origin: SourcePosition? = nil,
    user: ConfigUser? = nil
  ) {
    self.unit = unit
    self.reason = reason
    self.found = found
    self.origin = origin
    self.user = user
  }
}

/// A step that a guard holds back.
public struct HeldStep: Hashable, Sendable {
  /// What would be done; its intents are empty where nothing could be worked out.
  public var step: PlannedStep
  /// The rule that holds it.
  public var rule: GuardRule
  /// What the rule saw, for a person.
  public var detail: String
  /// What the reader can do.
  public var remedy: String

  /// Creates a held step.
  ///
  /// - Parameters:
  ///   - step: What would be done.
  ///   - rule: The rule that holds it.
  ///   - detail: What the rule saw, for a person.
  ///   - remedy: What the reader can do.
  public init(step: PlannedStep, rule: GuardRule, detail: String, remedy: String) {
    self.step = step
    self.rule = rule
    self.detail = detail
    self.remedy = remedy
  }
}

/// Something of ours that no manifest asks for and that stays because prune is off.
public struct LeftUnit: Hashable, Sendable {
  /// The unit.
  public var unit: UnitKey
  /// Why nothing asks for it.
  public var reason: Reason

  /// Creates an entry.
  ///
  /// - Parameters:
  ///   - unit: The unit.
  ///   - reason: Why nothing asks for it.
  public init(unit: UnitKey, reason: Reason) {
    self.unit = unit
    self.reason = reason
  }
}

/// Something of others that has a declared id, key or name.
public struct UnownedUnit: Hashable, Sendable {
  /// The unit as the manifest declares it.
  public var unit: UnitKey
  /// The manager that its annotations name, if any.
  public var manager: String?
  /// Whether it equals what is declared, and so counts as satisfied.
  public var isEqual: Bool

  /// Creates an entry.
  ///
  /// - Parameters:
  ///   - unit: The unit as the manifest declares it.
  ///   - manager: The manager that its annotations name, if any.
  ///   - isEqual: Whether it equals what is declared.
  public init(unit: UnitKey, manager: String?, isEqual: Bool) {
    self.unit = unit
    self.manager = manager
    self.isEqual = isEqual
  }
}

/// Instances that run and that a server which serves its own host alone does not reach.
public struct Unreached: Hashable, Sendable {
  /// The application that declares the link.
  public var application: ApplicationName
  /// The server's name.
  public var server: String
  /// The actor's name.
  public var actor: String
  /// How many instances are not reached.
  public var missed: Int
  /// How many there are.
  public var total: Int
  /// Why not, with both places.
  public var reason: String
  /// Where the manifest declares the link.
  public var origin: SourcePosition

  /// Creates an entry.
  ///
  /// - Parameters:
  ///   - application: The application that declares the link.
  ///   - server: The server's name.
  ///   - actor: The actor's name.
  ///   - missed: How many instances are not reached.
  ///   - total: How many there are.
  ///   - reason: Why not, with both places.
  ///   - origin: Where the manifest declares the link.
  public init(
    application: ApplicationName, server: String, actor: String, missed: Int, total: Int,
    reason: String, origin: SourcePosition
  ) {
    self.application = application
    self.server = server
    self.actor = actor
    self.missed = missed
    self.total = total
    self.reason = reason
    self.origin = origin
  }

  /// What is not reached and why, for a person, without a full stop.
  public var sentence: String {
    "\(missed) of \(total) instances of actor \(actor) are not reached by \(server): \(reason)"
  }
}

/// Instances that no host can take.
public struct Unplaceable: Hashable, Sendable {
  /// The application.
  public var application: ApplicationName
  /// Whether an actor or a provider.
  public var kind: UnitKind
  /// The actor's or provider's name.
  public var name: String
  /// The rule that wants them, or `nil` where there are no rules.
  public var rule: String?
  /// How many cannot be placed.
  public var missing: Int
  /// How many are wanted in all.
  public var wanted: Int
  /// Why not, grouped, such as "no host with zone=west".
  public var reasons: [String]
  /// Where the manifest asks for them.
  public var origin: SourcePosition

  /// Creates an entry.
  ///
  /// - Parameters:
  ///   - application: The application.
  ///   - kind: Whether an actor or a provider.
  ///   - name: The actor's or provider's name.
  ///   - rule: The rule that wants them.
  ///   - missing: How many cannot be placed.
  ///   - wanted: How many are wanted in all.
  ///   - reasons: Why not, grouped.
  ///   - origin: Where the manifest asks for them.
  public init(
    application: ApplicationName, kind: UnitKind, name: String, rule: String?, missing: Int,
    wanted: Int, reasons: [String], origin: SourcePosition
  ) {
    self.application = application
    self.kind = kind
    self.name = name
    self.rule = rule
    self.missing = missing
    self.wanted = wanted
    self.reasons = reasons
    self.origin = origin
  }
}
