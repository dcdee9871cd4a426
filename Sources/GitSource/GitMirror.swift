import ServiceRuntime
import TextForms

/// A repository that manifests are read from.
///
/// It is read where it lies, through its commits: no work tree is needed and nothing is written.
/// The calls block on the disk, so they run on a thread of their own. A person's or the system's
/// git configuration has no influence. Where the path leads to another repository by the next look,
/// as a link may, that one is read from then on.
///
/// ## Usage
/// ```swift
/// let mirror = try GitMirror(path: ".")
/// let commit = try await mirror.resolve(.head)
/// let selection = try await mirror.files(at: commit, under: "manifests")
/// ```
public actor GitMirror {
  private let executor = BlockingExecutor(label: "reconcile.git")
  private var handle: GitHandle
  /// The repository that the path led to at the look before, for whoever still reads it.
  private var former: GitHandle?
  private let limits: GitLimits
  /// What told the repository from others when it was opened.
  nonisolated let firstIdentity: String
  /// The contents of the last selection of each path, so that the next commit reads only what changed.
  private var known: [String: [String: [UInt8]]] = [:]
  /// What is certain about two commits stays so.
  private var ancestries: [[String]: GitAncestry] = [:]

  /// The executor of its own.
  public nonisolated var unownedExecutor: UnownedSerialExecutor {
    executor.asUnownedSerialExecutor()
  }

  /// Opens a repository: a bare one, or the one that a folder lies in.
  ///
  /// - Parameters:
  ///   - path: A bare repository, or any folder of a work tree; no file system is crossed. It may be
  ///     written as an address of `file://`.
  ///   - limits: How much is read before it is refused.
  /// - Throws: `GitError` if there is no repository, or it cannot be opened, or it is on another
  ///   machine.
  public init(path: String, limits: GitLimits = .init()) throws(GitError) {
    guard case .folder(let folder) = try RepositoryAddress(path) else {
      throw .unreadableAddress(
        withoutCredentials(path), why: "a folder is wanted here", remedy: "name a folder")
    }
    self.limits = limits
    handle = try GitHandle(opening: folder)
    firstIdentity = handle.identity
  }

  /// Opens a bare repository that must be at a path itself, and in no folder above it.
  init(path: String, isOpenedThere: Bool) throws(GitError) {
    limits = GitLimits()
    handle = try GitHandle(opening: path, isThere: isOpenedThere)
    firstIdentity = handle.identity
  }

  /// What tells the repository from others: where it was cloned from, without the name or password
  /// of whoever did, else its folder.
  public var identity: String { handle.identity }

  /// Finds the path from the root of the repository that a person means.
  ///
  /// - Parameters:
  ///   - text: The path as written.
  ///   - folder: The folder that they stand in; outside of the work tree it counts for nothing.
  /// - Returns: The path, empty for the root.
  /// - Throws: `GitError.invalidPath` where it leads out of the repository.
  public func path(_ text: String, standingIn folder: String?) throws(GitError) -> String {
    try handle.path(text, standingIn: folder)
  }

  /// Finds the commit that a name means.
  ///
  /// - Parameter reference: A branch, a tag, a commit id or the beginning of one, or `HEAD`.
  /// - Returns: The commit.
  /// - Throws: `GitError` if there is none, or several.
  public func resolve(_ reference: GitReference) throws(GitError) -> GitCommit {
    if handle.isCurrent {
      former = nil
    } else {
      let next = try GitHandle(reopening: handle)
      (former, handle) = (handle, next)
    }
    return try handle.resolve(reference)
  }

  /// Looks again and again until a name means another commit, without leaving this actor's thread.
  ///
  /// - Parameters:
  ///   - reference: A branch, a tag, a commit id or the beginning of one, or `HEAD`.
  ///   - known: The id of the commit that it meant before, if any.
  ///   - tries: How often to look at most.
  ///   - pause: How long to wait between two looks, with a tenth of jitter.
  /// - Returns: The commit that it means now.
  /// - Throws: `GitError` if there is none, or several.
  public func resolve(
    _ reference: GitReference, unless known: String?, tries: Int, every pause: Duration
  ) async throws(GitError) -> GitCommit {
    var commit = try resolve(reference)
    for _ in 1..<max(1, tries) where commit.id == known {
      try? await Task.sleep(for: pause * Double.random(in: 0.9...1.1))
      commit = try resolve(reference)
    }
    return commit
  }

  /// Reads the files of a commit under a path.
  ///
  /// Files that were in the last selection are not read again.
  ///
  /// - Parameters:
  ///   - commit: The commit.
  ///   - folder: A folder from the root of the repository, empty for the root; or one file, which
  ///     is read whatever its ending.
  ///   - suffixes: The endings of the file names that are read.
  /// - Returns: The files, and what was refused; both empty if nothing has such an ending.
  /// - Throws: `GitError` if there is no such path, a limit is passed, or the task is cancelled.
  public func files(
    at commit: GitCommit, under folder: String,
    suffixes: [String] = GitSelection.manifestSuffixes
  ) throws(GitError) -> GitSelection {
    let builder = SelectionBuilder(suffixes: suffixes, limits: limits, known: known[folder] ?? [:])
    let handle = handle(of: commit.id)
    let selection = try handle.files(at: commit, under: folder, into: builder)
    // A reading has a path or a few; those of single files, as last good forms are read, go again.
    if known[folder] == nil, known.count >= 32 { known = [:] }
    var contents = [String: [UInt8]](minimumCapacity: selection.files.count)
    for file in selection.files { contents[file.blob] = file.bytes }
    known[folder] = contents
    return selection
  }

  /// Reads the files on disk under a path, committed or not.
  ///
  /// Ignored files are left out, as a commit would leave them out. No link is followed.
  ///
  /// - Parameters:
  ///   - folder: A folder from the root of the repository, empty for the root; or one file.
  ///   - suffixes: The endings of the file names that are read.
  /// - Returns: The files, and what was refused.
  /// - Throws: `GitError` if there is no work tree or no such path, a limit is passed, or the task
  ///   is cancelled.
  public func worktreeFiles(
    under folder: String, suffixes: [String] = GitSelection.manifestSuffixes
  ) throws(GitError) -> GitSelection {
    let builder = SelectionBuilder(suffixes: suffixes, limits: limits)
    return try handle.worktreeFiles(under: folder, into: builder)
  }

  /// Tells how manifests on disk differ from those of the commit that is checked out; costs a `stat`
  /// a file, and reads none.
  ///
  /// - Parameters:
  ///   - folder: A folder from the root of the repository, empty for the root; or one file.
  ///   - selection: What was read of that commit there.
  ///   - suffixes: The endings of the file names that are read.
  /// - Returns: The paths of files that differ or may; none for a bare repository.
  /// - Throws: `GitError` if the index cannot be read, a limit is passed, or the task is cancelled.
  public func uncommittedChanges(
    under folder: String, beside selection: GitSelection,
    suffixes: [String] = GitSelection.manifestSuffixes
  ) throws(GitError) -> GitChanges {
    try handle.uncommittedChanges(
      under: folder, beside: selection, SelectionBuilder(suffixes: suffixes, limits: limits))
  }

  /// The repository that a commit was found in; somebody may have looked anew since.
  private func handle(of commit: String) -> GitHandle {
    handle.commitExists(commit) ? handle : former ?? handle
  }

  /// Reads an object as it is, 4 MiB at most.
  ///
  /// - Parameters:
  ///   - id: The full id of the object.
  ///   - commit: The full id of the commit that it was found with.
  /// - Returns: The bytes that the id is made of, without their kind and number.
  /// - Throws: `GitError` where it is not there, or is another than its id says.
  public func object(_ id: String, of commit: String) throws(GitError) -> [UInt8] {
    try handle(of: commit).object(id)
  }

  /// Finds the annotated tag that a name means.
  ///
  /// - Parameters:
  ///   - reference: The name.
  ///   - commit: The full id of the commit that it was found to mean.
  /// - Returns: The tag; `nil` where the name means something else.
  /// - Throws: `GitError` where a reference cannot be read.
  public func tag(_ reference: GitReference, of commit: String) throws(GitError) -> GitTag? {
    try handle(of: commit).tag(reference)
  }

  /// Lists the commits that lie between some and another one.
  ///
  /// - Parameters:
  ///   - head: The full id of the later commit.
  ///   - bases: The full ids of those that are known, with all that they stand on.
  ///   - limit: How many there may be.
  /// - Returns: The full ids, `head` among them unless it is known, the newest first.
  /// - Throws: `GitError.limitExceeded` where there are more, `GitError` where history cannot be read.
  public func commits(
    upTo head: String, from bases: [String], limit: Int
  ) throws(GitError) -> [String] {
    try handle(of: head).commits(upTo: head, from: bases, limit: limit)
  }

  /// Returns whether the repository has a commit.
  ///
  /// - Parameter id: The full id.
  /// - Returns: Whether there is a commit with this id.
  public func commitExists(_ id: String) -> Bool { handle.commitExists(id) }

  /// Tells whether a commit stands on another one.
  ///
  /// Costs a look at the whole history where it does not; that is remembered.
  ///
  /// - Parameters:
  ///   - commit: The full id of the later commit.
  ///   - ancestor: The full id of the earlier commit; it need not be there.
  /// - Returns: Whether `ancestor` is `commit` itself or among those that it stands on.
  /// - Throws: `GitError` if the later commit is not there, or the task is cancelled.
  public func ancestry(of commit: String, from ancestor: String) throws(GitError) -> GitAncestry {
    let key = [commit, ancestor]
    if let known = ancestries[key] { return known }
    let ancestry = try handle.ancestry(of: commit, from: ancestor)
    if case .unknown = ancestry { return ancestry }
    if ancestries.count >= 100 { ancestries = [:] }
    ancestries[key] = ancestry
    return ancestry
  }
}
