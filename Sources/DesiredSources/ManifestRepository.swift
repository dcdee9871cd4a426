package import GitSource

/// Where manifests are kept commit by commit: git, or a double of it in the memory of a test.
package protocol ManifestRepository: Sendable {
  /// What tells the repository from others.
  var identity: String { get async }
  /// The path from the root that a person means who stands in a folder.
  func path(_ text: String, standingIn folder: String?) async throws -> String
  /// Learns what is new where the repository is another one's copy, unless that was done a moment ago.
  func follow(ifOlderThan age: Duration) async throws
  /// Finds the commit that a name means.
  func resolve(_ reference: GitReference) async throws -> GitCommit
  /// Finds the commit that a name means, and may look so often until it is not the known one.
  func resolve(_ reference: GitReference, unless known: String?, tries: Int, every pause: Duration)
    async throws -> GitCommit
  /// The manifests of a commit under a folder, or the one file of that name.
  func files(at commit: GitCommit, under folder: String) async throws -> GitSelection
  /// The manifests on disk under a folder, committed or not.
  func worktreeFiles(under folder: String) async throws -> GitSelection
  /// How manifests on disk differ from those of the commit that is checked out.
  func uncommittedChanges(under folder: String, beside selection: GitSelection) async throws
    -> GitChanges
  /// Whether a commit is, or stands on, another one.
  func ancestry(of commit: String, from ancestor: String) async throws -> GitAncestry
  /// The bytes of a commit or a tag that was found with a commit.
  func object(_ id: String, of commit: String) async throws -> [UInt8]
  /// The annotated tag that a name means, where it was found to mean a commit.
  func tag(_ reference: GitReference, of commit: String) async throws -> GitTag?
  /// The commits that another one stands on, itself included, without those that are known.
  func commits(upTo head: String, from bases: [String], limit: Int) async throws -> [String]
}

extension ManifestRepository {
  package var identity: String { get async { "" } }

  package func follow(ifOlderThan age: Duration) async throws {}

  package func path(_ text: String, standingIn folder: String?) async throws -> String { text }

  package func uncommittedChanges(
    under folder: String, beside selection: GitSelection
  ) async throws -> GitChanges { GitChanges() }

  package func resolve(
    _ reference: GitReference, unless known: String?, tries: Int, every pause: Duration
  ) async throws -> GitCommit { try await resolve(reference) }

  // What keeps no objects has nothing that could be signed.

  package func object(_ id: String, of commit: String) async throws -> [UInt8] {
    throw GitError.unreadable("the object \(id.prefix(7))", detail: "no objects are kept here")
  }

  package func tag(_ reference: GitReference, of commit: String) async throws -> GitTag? { nil }

  package func commits(
    upTo head: String, from bases: [String], limit: Int
  ) async throws -> [String] {
    throw GitError.unreadable("the history of \(head.prefix(7))", detail: "none is kept here")
  }
}

/// Opens a repository of git: where it lies, or the mirror of one on another machine.
package func openRepository(_ options: SourceOptions) throws(GitError) -> any ManifestRepository {
  if let mirror = try RemoteMirror.shared(options.repository, options.remote) { return mirror }
  return try TimedMirror(path: options.repository, timeout: options.remote.timeout)
}

extension RemoteMirror: ManifestRepository {
  package func path(_ text: String, standingIn folder: String?) throws -> String {
    try pathFromRoot(text)
  }

  package func worktreeFiles(under folder: String) throws -> GitSelection {
    throw GitError.noWorktree(path: shown)
  }
}

extension TimedMirror: ManifestRepository {
  package func path(_ text: String, standingIn folder: String?) async throws -> String {
    try await read { mirror throws(GitError) in try await mirror.path(text, standingIn: folder) }
  }

  package func resolve(_ reference: GitReference) async throws -> GitCommit {
    try await read { mirror throws(GitError) in try await mirror.resolve(reference) }
  }

  package func resolve(
    _ reference: GitReference, unless known: String?, tries: Int, every pause: Duration
  ) async throws -> GitCommit {
    try await read(pauses: pause * tries * 1.1) { mirror throws(GitError) in
      try await mirror.resolve(reference, unless: known, tries: tries, every: pause)
    }
  }

  package func files(at commit: GitCommit, under folder: String) async throws -> GitSelection {
    try await read { mirror throws(GitError) in try await mirror.files(at: commit, under: folder) }
  }

  package func worktreeFiles(under folder: String) async throws -> GitSelection {
    try await read { mirror throws(GitError) in try await mirror.worktreeFiles(under: folder) }
  }

  package func uncommittedChanges(
    under folder: String, beside selection: GitSelection
  ) async throws -> GitChanges {
    try await read { mirror throws(GitError) in
      try await mirror.uncommittedChanges(under: folder, beside: selection)
    }
  }

  package func ancestry(of commit: String, from ancestor: String) async throws -> GitAncestry {
    try await read { mirror throws(GitError) in
      try await mirror.ancestry(of: commit, from: ancestor)
    }
  }

  package func object(_ id: String, of commit: String) async throws -> [UInt8] {
    try await read { mirror throws(GitError) in try await mirror.object(id, of: commit) }
  }

  package func tag(_ reference: GitReference, of commit: String) async throws -> GitTag? {
    try await read { mirror throws(GitError) in try await mirror.tag(reference, of: commit) }
  }

  package func commits(
    upTo head: String, from bases: [String], limit: Int
  ) async throws -> [String] {
    try await read { mirror throws(GitError) in
      try await mirror.commits(upTo: head, from: bases, limit: limit)
    }
  }
}
