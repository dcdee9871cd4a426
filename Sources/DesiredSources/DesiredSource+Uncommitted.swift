import GitSource
import LatticeModel

extension DesiredSource {
  /// The manifests of the commit that is checked out; where it has none, it is told whether some lie
  /// on disk.
  ///
  /// - Throws: `SourceError.uncommitted` where that is so, else what reading a commit throws.
  func committed(at commit: GitCommit, under path: String) async throws -> GitSelection {
    do {
      let selection = try await selection(at: commit, under: path)
      let isEmpty =
        selection.files.isEmpty && selection.refused.isEmpty && selection.ignored.isEmpty
      if isEmpty { try await tellUncommitted(at: commit, under: path) }
      return selection
    } catch let error as GitError {
      if case .pathNotFound = error { try await tellUncommitted(at: commit, under: path) }
      throw error
    }
  }

  private func tellUncommitted(at commit: GitCommit, under path: String) async throws {
    let files = (try? await mirror.worktreeFiles(under: path))?.files ?? []
    guard !files.isEmpty else { return }
    throw SourceError.uncommitted(
      path: path, revision: Revision(commit.id).short, files: files.map(\.path))
  }
}
