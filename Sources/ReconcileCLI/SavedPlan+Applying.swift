import ConfigurationModel
import DesiredSources
import OptionParsing
import ReconcileLoop

extension SavedPlan {
  /// What says what is planned, which is the file's to say.
  static let ownOptions = [
    RepositoryOptions.path.name, RepositoryOptions.overlays.name, RepositoryOptions.prune.name,
    RepositoryOptions.allowNonFastForward.name, WorktreeOptions.worktree.name,
    SelectionOptions.app.name,
  ]

  /// Has a plan made again, of its commit, and something done with it.
  ///
  /// The repository and the way to the lattice are the command line's to say, what is planned the
  /// file's; an environment variable says it for no plan in particular, and gives way. Where the
  /// reference means another commit by now, one that declares the same will do.
  ///
  /// - Parameters:
  ///   - configuration: What the command line says.
  ///   - context: What the command runs in; a reference that was given wins over that of the plan.
  ///   - work: Plans, and has `check` look at it before anything is sent.
  /// - Returns: What the work returns.
  /// - Throws: `SavedPlanError.contradiction` where the command line says what the file does, `.stale`
  ///   where the reference means what declares something else; what the work throws.
  func planned(
    _ configuration: PassConfiguration, in context: CommandContext,
    work: (Reconciliation) async throws -> PassReport
  ) async throws -> PassReport {
    let pinned = try pinned(configuration, in: context)
    let isGiven = context.sources[RepositoryOptions.reference.name] != nil
    let reconciliation = Reconciliation(pinned)
    let successor = try await reconciliation.successor(
      under: isGiven ? configuration.source.reference : reference)
    if let successor {
      var anew = pinned
      anew.source.reference = successor
      try check(try await Reconciliation(anew).dryRun(), successor: successor)
    }
    return try await work(reconciliation)
  }

  private func pinned(
    _ configuration: PassConfiguration, in context: CommandContext
  ) throws(SavedPlanError) -> PassConfiguration {
    for name in Self.ownOptions where context.sources[name] == .commandLine {
      throw .contradiction(name)
    }
    let name = LatticeOptions.name.name
    guard context.sources[name] == nil || configuration.lattice == lattice else {
      throw .contradiction(name)
    }
    return pinning(configuration)
  }
}
