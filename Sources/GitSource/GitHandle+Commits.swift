import CGit2
import TextForms

extension GitHandle {
  /// The commit that a name means.
  func resolve(_ reference: GitReference) throws(GitError) -> GitCommit {
    var commit = try base(of: reference)
    for step in reference.steps {
      switch step {
      case .ancestor(let count):
        for _ in 0..<count { commit = try parent(1, of: commit, for: reference) }
      case .parent(let number): commit = try parent(number, of: commit, for: reference)
      }
    }
    return commit
  }

  private func parent(
    _ number: Int, of commit: GitCommit, for reference: GitReference
  ) throws(GitError) -> GitCommit {
    guard commit.parents.count >= number else {
      throw .noSuchParent(reference.description, of: commit.id)
    }
    let id = commit.parents[number - 1]
    if let parent = try self.commit(prefix: id) { return parent }
    throw .unreadable(
      "the parent \(id.prefix(7)) of commit \(commit.id.prefix(7))",
      detail: isShallow ? "the clone is shallow and ends before it" : "it is not there",
      remedy: isShallow ? "run `git fetch --unshallow`, or clone with a greater --depth" : nil)
  }

  /// The commit that a name means, before any step from there.
  private func base(of reference: GitReference) throws(GitError) -> GitCommit {
    if let versions = reference.versions { return try commit(of: versions, for: reference) }
    let name = reference.name
    if name.utf8.count == 40, let id = reference.digits {
      guard let commit = try commit(prefix: id) else { throw notFound(reference) }
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
    if let id = reference.digits, let commit = try commit(prefix: id) { return commit }
    throw notFound(reference)
  }

  /// Whether the repository has a commit with this full id.
  func commitExists(_ id: String) -> Bool {
    guard let commit = try? commit(prefix: id) else { return false }
    return commit.id == id
  }

  /// Whether `commit` is `ancestor` or stands on it.
  ///
  /// A commit names its parents itself, so these need not be there. Where history ends before it
  /// began, what is not found in it may lie beyond.
  func ancestry(of commit: String, from ancestor: String) throws(GitError) -> GitAncestry {
    guard commit != ancestor else { return .descends }
    guard let start = try self.commit(prefix: commit) else {
      throw .unreadable("the commit \(commit)", detail: "it is not there")
    }
    if start.parents.contains(ancestor) { return .descends }
    guard !isShallow, commitExists(ancestor) else { return try walk(from: start, to: ancestor) }
    var (descendant, base) = (git_oid(), git_oid())
    do throws(GitFailure) {
      try check(git_oid_fromstr(&descendant, commit))
      try check(git_oid_fromstr(&base, ancestor))
      let status = git_graph_descendant_of(repository.pointer, &descendant, &base)
      try check(status)
      return status == 1 ? .descends : .unrelated
    } catch {
      return .unknown("its history cannot be read: \(error.message)")
    }
  }

  /// Whether history was cut off when the repository was cloned or fetched.
  var isShallow: Bool { git_repository_is_shallow(repository.pointer) == 1 }

  /// Looks at every commit that another one stands on, as far as they are there; libgit2's own walk
  /// ends in an error where a clone is shallow.
  private func walk(from start: GitCommit, to ancestor: String) throws(GitError) -> GitAncestry {
    var (seen, queue, next, end) = (Set([start.id]), start.parents, 0, nil as String?)
    while next < queue.count {
      guard !Task.isCancelled else { throw .cancelled }
      let id = queue[next]
      next += 1
      guard id != ancestor else { return .descends }
      guard seen.insert(id).inserted else { continue }
      guard let commit = try? commit(prefix: id) else {
        end = end ?? id
        continue
      }
      queue += commit.parents
    }
    guard let end else { return .unrelated }
    return .unknown(
      isShallow
        ? "the clone is shallow and ends before commit \(end.prefix(7))"
        : "commit \(end.prefix(7)) of its history cannot be read")
  }

  /// The commit that a full reference name leads to; `nil` if there is no such reference.
  private func commit(named name: String) throws(GitError) -> GitCommit? {
    guard let reference = try reference(named: name) else { return nil }
    do throws(GitFailure) {
      let commit = try GitObject(git_object_free) {
        git_reference_peel($0, reference.pointer, GIT_OBJECT_COMMIT)
      }
      return GitCommit(commit.pointer)
    } catch {
      if error.isOtherKind, let kind = kind(of: reference) { throw .notACommit(name, kind: kind) }
      if let target = try endOfWay(from: name) {
        let known = knownNames()
        // An empty repository's HEAD leads to a branch that is not there yet.
        if name == "HEAD", known.isEmpty { return nil }
        throw .danglingReference(name, target: target, known: Array(known.prefix(8)))
      }
      throw error.unreadable("\"\(name)\"")
    }
  }

  /// The reference of a full name; `nil` if there is none.
  func reference(named name: String) throws(GitError) -> GitObject? {
    do throws(GitFailure) {
      return try GitObject(git_reference_free) {
        git_reference_lookup($0, repository.pointer, name)
      }
    } catch {
      if let damage = damage(behind: name) { throw damage }
      guard error.isNotFound else {
        throw damage ?? error.unreadable(name, GitHandle.referenceRemedy)
      }
      return nil
    }
  }

  /// What a reference that leads to no commit leads to.
  private func kind(of reference: borrowing GitObject) -> String? {
    guard
      let object = try? GitObject(
        git_object_free, from: { git_reference_peel($0, reference.pointer, GIT_OBJECT_ANY) })
    else { return nil }
    return Self.kind(of: object.pointer)
  }

  /// The kind of an object that no commit stands behind; that of a tag is what it stands for.
  private static func kind(of object: OpaquePointer) -> String? {
    var type = git_object_type(object)
    if let peeled = try? GitObject(
      git_object_free, from: { git_object_peel($0, object, GIT_OBJECT_ANY) })
    {
      type = git_object_type(peeled.pointer)
    }
    return git_object_type2string(type).map { String(cString: $0) }
  }

  /// The commit whose id begins with these digits.
  private func commit(prefix: String) throws(GitError) -> GitCommit? {
    var id = git_oid()
    guard git_oid_fromstrn(&id, prefix, prefix.utf8.count) == 0 else { return nil }
    let other: String
    do throws(GitFailure) {
      var full = git_oid()
      try check(git_odb_exists_prefix(&full, objects.pointer, &id, prefix.utf8.count))
      let object = try GitObject(git_object_free) {
        git_object_lookup($0, repository.pointer, &full, GIT_OBJECT_ANY)
      }
      do throws(GitFailure) {
        let commit = try GitObject(git_object_free) {
          git_object_peel($0, object.pointer, GIT_OBJECT_COMMIT)
        }
        return GitCommit(commit.pointer)
      } catch {
        guard error.isOtherKind, let kind = Self.kind(of: object.pointer) else { throw error }
        other = kind
      }
    } catch {
      switch error.status {
      case GIT_EAMBIGUOUS.rawValue:
        throw .ambiguousReference(prefix, candidates: ["several ids begin so"])
      case GIT_ENOTFOUND.rawValue: return nil
      default: throw error.unreadable("the commit \(prefix)")
      }
    }
    throw .notACommit(prefix, kind: other)
  }

  /// The error for a name that means nothing here, with the nearest one that does.
  private func notFound(_ reference: GitReference) -> GitError {
    if let damage { return damage }
    let known = knownNames()
    let isUnborn = git_repository_head_unborn(repository.pointer) == 1
    if known.isEmpty, isUnborn {
      return hadCommits
        ? broken("the references of \(path)", "none is left, though there were commits")
        : .noCommit(path: path)
    }
    let name = reference.description
    return .referenceNotFound(
      name, nearest: nearestWord(to: name, in: known.filter { $0 != name }),
      known: Array(known.prefix(8)))
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
    author = git_commit_author(commit)?.pointee.name.map { String(cString: $0) } ?? ""
    parents = (0..<git_commit_parentcount(commit)).map { text(git_commit_parent_id(commit, $0)) }
  }
}
