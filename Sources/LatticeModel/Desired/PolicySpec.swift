public import Diagnostics

/// What may run and be called, as an operator rules it.
///
/// An absent list allows everything, an empty one nothing; what is denied is never allowed.
public struct PolicySpec: Hashable, Sendable {
  /// Its name, unique among the policies of its lattice.
  public var name: PolicyName
  /// The contracts and interfaces that may be linked.
  public var contracts = AllowanceRule()
  /// The images that may run, as globs.
  public var images = AllowanceRule()
  /// Whether an image must be named by its digest.
  public var requiresDigest = false
  /// The public keys that may have signed what runs.
  public var issuers = AllowanceRule()
  /// The places that may be reached over the network.
  public var network = AllowanceRule()
  /// The most bytes that one instance of an actor may ask for.
  public var maxMemory: Int?
  /// The most instances that one actor may ask for.
  public var maxInstances: Int?
  /// The applications that it governs, as globs, or `nil` for all.
  public var applications: [String]?
  /// The hosts that it governs, as globs, or `nil` for all.
  public var hosts: [String]?
  /// Where it is declared.
  public var origin: SourcePosition

  /// Creates a policy that allows everything.
  ///
  /// - Parameters:
  ///   - name: Its name.
  ///   - origin: Where it is declared.
  public init(name: PolicyName, origin: SourcePosition) {
    self.name = name
    self.origin = origin
  }
}

/// Two lists that part what is allowed from what is not.
public struct AllowanceRule: Hashable, Sendable {
  /// What is allowed, or `nil` where everything is.
  public var allow: [String]?
  /// What is not allowed, whatever `allow` says.
  public var deny: [String]

  /// Creates a rule.
  ///
  /// - Parameters:
  ///   - allow: What is allowed, or `nil` where everything is.
  ///   - deny: What is not allowed, whatever `allow` says.
  public init(allow: [String]? = nil, deny: [String] = []) {
    self.allow = allow
    self.deny = deny
  }
}
