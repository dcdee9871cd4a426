/// What the hosts of a lattice can do, as far as a plan depends on it.
public struct HostAbilities: Hashable, Sendable {
  /// Whether something else takes the place of what runs without a gap.
  public var swapsInPlace: Bool
  /// Whether they keep links and configs apart from what runs.
  public var keepsStores: Bool
  /// By what they link.
  public var linkage: Linkage

  /// Creates abilities, unless said otherwise those that a plan was always made for: what is replaced
  /// is away for a moment, and links and configs are stored, the links by interface.
  ///
  /// - Parameters:
  ///   - swapsInPlace: Whether replacing leaves no gap.
  ///   - keepsStores: Whether links and configs are kept apart from what runs.
  ///   - linkage: By what they link.
  public init(
    swapsInPlace: Bool = false, keepsStores: Bool = true, linkage: Linkage = .interface
  ) {
    self.swapsInPlace = swapsInPlace
    self.keepsStores = keepsStores
    self.linkage = linkage
  }
}
