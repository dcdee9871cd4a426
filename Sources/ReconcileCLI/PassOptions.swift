import ConfigurationModel
import DesiredSources
import LatticeModel
import OptionParsing
import ReconcileLoop

/// What both a pass and its dry run take.
struct PassOptions: OptionGroup {
  var target = TargetOptions()
  var worktree = WorktreeOptions()
  var selection = SelectionOptions()
  var forgotten: [String] = []

  static let options =
    including(\.target, TargetOptions.planning) + including(\.worktree) + including(\.selection)
    + [
      OptionSpec<Self>(
        \.forgotten, "forget-host", section: "Lattice", value: "id", "This host is gone for good")
    ]

  /// The configuration of the pass.
  ///
  /// - Throws: `LoopError.invalidLattice`.
  func configuration(in context: CommandContext) throws -> PassConfiguration {
    var configuration = try target.configuration(in: context)
    configuration.source.readsWorktree = worktree.isRead
    configuration.applications = selection.applications
    configuration.forgotten = Set(forgotten.map { HostID($0) })
    return configuration
  }
}
