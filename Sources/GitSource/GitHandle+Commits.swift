import CGit2
import TextForms

extension GitHandle {
  /// The commit that a name means.
  func resolve(_ reference: GitReference) throws(GitError) -> GitCommit {
    let name = reference.description
    if name.utf8.count == 40, reference.isHexadecimal {
      guard let commit = try commit(prefix: name) else { throw notFound(reference) }
      return commit
    }
    var found: [(name: String, commit: GitCommit)] = []
    for candidate in reference.candidates {
      guard let commit = try commit(named: candidate) else { continue }
      if !found.contains(where: { $0.commit == commit }) { found.append((candidate, commit)) }
    }
    guard found.count <= 1 else {
      throw .ambiguousReference(name, candidates: found.map(\.name))
    }
    if let only = found.first { return only.commit }
    if reference.isHexadecimal, let commit = try commit(prefix: name) { return commit }
    throw notFound(reference)
  }

  /// Whether the repository has a commit with this full id.
  func commitExists(_ id: String) -> Bool {
    guard let commit = try? commit(prefix: id) else { return false }
    return commit.id == id
  }

  /// Whether `ancestor` is `commit` itself or one that it stands on.
  func isDescendant(_ commit: String, of ancestor: String) throws(GitError) -> Bool {
    guard commit != ancestor else { return true }
    var (descendant, base) = (git_oid(), git_oid())
    do throws(GitFailure) {
      try check(git_oid_fromstr(&descendant, commit))
      try check(git_oid_fromstr(&base, ancestor))
      let status = git_graph_descendant_of(repository.pointer, &descendant, &base)
      try check(status)
      return status == 1
    } catch {
      throw error.unreadable("the history of \(commit)")
    }
  }

  /// The commit that a full reference name leads to; `nil` if there is no such reference.
  private func commit(named name: String) throws(GitError) -> GitCommit? {
    do throws(GitFailure) {
      let reference = try GitObject(git_reference_free) {
        git_reference_lookup($0, repository.pointer, name)
      }
      let commit = try GitObject(git_object_free) {
        git_reference_peel($0, reference.pointer, GIT_OBJECT_COMMIT)
      }
      return GitCommit(commit.pointer)
    } catch {
      if isMissing(name) { return nil }
      throw error.unreadable("\"\(name)\"")
    }
  }

  /// Whether a failed lookup means that there is no such reference, rather than a broken object.
  private func isMissing(_ name: String) -> Bool {
    var id = git_oid()
    return git_reference_name_to_id(&id, repository.pointer, name) < 0
  }

  /// The commit whose id begins with these digits.
  private func commit(prefix: String) throws(GitError) -> GitCommit? {
    var id = git_oid()
    guard git_oid_fromstrn(&id, prefix, prefix.utf8.count) == 0 else { return nil }
    do throws(GitFailure) {
      var full = git_oid()
      try check(git_odb_exists_prefix(&full, objects.pointer, &id, prefix.utf8.count))
      let object = try GitObject(git_object_free) {
        git_object_lookup($0, repository.pointer, &full, GIT_OBJECT_ANY)
      }
      let commit = try GitObject(git_object_free) {
        git_object_peel($0, object.pointer, GIT_OBJECT_COMMIT)
      }
      return GitCommit(commit.pointer)
    } catch {
      switch error.status {
      case GIT_EAMBIGUOUS.rawValue:
        throw .ambiguousReference(prefix, candidates: ["several ids begin so"])
      case GIT_ENOTFOUND.rawValue, GIT_EPEEL.rawValue, GIT_EINVALIDSPEC.rawValue: return nil
      default: throw error.unreadable("the commit \(prefix)")
      }
    }
  }

  /// The error for a name that means nothing here, with the nearest one that does.
  private func notFound(_ reference: GitReference) -> GitError {
    let known = knownNames()
    let isUnborn = git_repository_head_unborn(repository.pointer) == 1
    if known.isEmpty, isUnborn { return .noCommit(path: path) }
    let name = reference.description
    return .referenceNotFound(
      name, nearest: nearestWord(to: name, in: known), known: Array(known.prefix(8)))
  }

  /// Branches, then tags, then branches of remotes, each sorted, as a person would name them.
  private func knownNames() -> [String] {
    var list = git_strarray()
    guard git_reference_list(&list, repository.pointer) == 0 else { return [] }
    defer { git_strarray_dispose(&list) }
    let names = (0..<list.count).compactMap { list.strings[$0].map { String(cString: $0) } }
    return ["refs/heads/", "refs/tags/", "refs/remotes/"].flatMap { prefix in
      names.filter { $0.hasPrefix(prefix) }.map { String($0.dropFirst(prefix.count)) }.sorted()
    }
  }
}

extension GitCommit {
  /// Copies what is known of a commit.
  fileprivate init(_ commit: OpaquePointer) {
    func text(_ id: UnsafePointer<git_oid>?) -> String { id.map { String($0) } ?? "" }
    id = text(git_commit_id(commit))
    tree = text(git_commit_tree_id(commit))
    authorTime = git_commit_author(commit)?.pointee.when.time ?? 0
    committerTime = git_commit_time(commit)
    summary = git_commit_summary(commit).map { String(cString: $0) } ?? ""
    parents = (0..<git_commit_parentcount(commit)).map { text(git_commit_parent_id(commit, $0)) }
  }
}
