/// Reading from the mirror; costs no network where there is one.
extension RemoteMirror {
  /// What tells the repository from others: its address.
  public nonisolated var identity: String { GitHandle.identity(of: shown) }

  /// Finds the path from the root of the repository that a person means; where they stand counts for
  /// nothing.
  ///
  /// - Parameter text: The path as written.
  /// - Returns: The path, empty for the root.
  /// - Throws: `GitError.invalidPath` where it leads out of the repository.
  public nonisolated func pathFromRoot(_ text: String) throws(GitError) -> String {
    try RepositoryPath(text).description
  }

  /// Finds the commit that a name means in the mirror.
  ///
  /// - Parameter reference: A branch, a tag, a commit id or the beginning of one, or `HEAD`, which is
  ///   the repository's main branch.
  /// - Returns: The commit.
  /// - Throws: `GitError` if there is none, or several.
  public func resolve(_ reference: GitReference) async throws(GitError) -> GitCommit {
    try await reading { mirror throws(GitError) in try await mirror.resolve(reference) }
  }

  /// Reads the files of a commit under a path, as `GitMirror` does.
  ///
  /// - Parameters:
  ///   - commit: The commit.
  ///   - folder: A folder from the root of the repository, or one file.
  /// - Returns: The files, and what was refused.
  /// - Throws: `GitError`.
  public func files(
    at commit: GitCommit, under folder: String
  ) async throws(GitError) -> GitSelection {
    try await reading { mirror throws(GitError) in
      try await mirror.files(at: commit, under: folder)
    }
  }

  /// Tells whether a commit stands on another one, as `GitMirror` does.
  ///
  /// - Parameters:
  ///   - commit: The full id of the later commit.
  ///   - ancestor: The full id of the earlier commit.
  /// - Returns: Whether it does.
  /// - Throws: `GitError` if the later commit is not there.
  public func ancestry(
    of commit: String, from ancestor: String
  ) async throws(GitError) -> GitAncestry {
    try await reading { mirror throws(GitError) in
      try await mirror.ancestry(of: commit, from: ancestor)
    }
  }

  /// Reads an object as it is, as `GitMirror` does.
  ///
  /// - Parameters:
  ///   - id: The full id of the object.
  ///   - commit: The full id of the commit that it was found with.
  /// - Returns: The bytes.
  /// - Throws: `GitError`.
  public func object(_ id: String, of commit: String) async throws(GitError) -> [UInt8] {
    try await reading { mirror throws(GitError) in try await mirror.object(id, of: commit) }
  }

  /// Finds the annotated tag that a name means, as `GitMirror` does.
  ///
  /// - Parameters:
  ///   - reference: The name.
  ///   - commit: The full id of the commit that it was found to mean.
  /// - Returns: The tag, if the name means one.
  /// - Throws: `GitError`.
  public func tag(_ reference: GitReference, of commit: String) async throws(GitError) -> GitTag? {
    try await reading { mirror throws(GitError) in try await mirror.tag(reference, of: commit) }
  }

  /// Lists the commits that lie between some and another one, as `GitMirror` does.
  ///
  /// - Parameters:
  ///   - head: The full id of the later commit.
  ///   - bases: The full ids of those that are known.
  ///   - limit: How many there may be.
  /// - Returns: The full ids.
  /// - Throws: `GitError`.
  public func commits(
    upTo head: String, from bases: [String], limit: Int
  ) async throws(GitError) -> [String] {
    try await reading { mirror throws(GitError) in
      try await mirror.commits(upTo: head, from: bases, limit: limit)
    }
  }

  private func reading<Value: Sendable>(
    _ body: @escaping @Sendable (GitMirror) async throws(GitError) -> Value
  ) async throws(GitError) -> Value {
    do throws(GitError) {
      return try await opened().read(body)
    } catch {
      switch error {
      case .unreadable, .unsupportedRepository, .notARepository:
        noteDamage()
      default: break
      }
      throw error
    }
  }
}
