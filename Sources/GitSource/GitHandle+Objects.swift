import CGit2

/// Objects as they are, for whoever checks signatures.
extension GitHandle {
  /// The bytes that an id is made of; libgit2 refuses those that make another id.
  func object(_ id: String, limit: Int = 4 << 20) throws(GitError) -> [UInt8] {
    var oid = git_oid()
    do throws(GitFailure) {
      try check(git_oid_fromstr(&oid, id))
      var (size, type) = (0, GIT_OBJECT_ANY)
      try check(git_odb_read_header(&size, &type, objects.pointer, &oid))
      guard size <= limit else {
        throw GitFailure(status: -1, message: "it is larger than \(limit) bytes")
      }
      let object = try GitObject(
        git_odb_object_free, from: { git_odb_read($0, objects.pointer, &oid) })
      let count = git_odb_object_size(object.pointer)
      guard count <= limit, let bytes = git_odb_object_data(object.pointer) else { return [] }
      return Array(UnsafeRawBufferPointer(start: bytes, count: count))
    } catch {
      throw error.unreadable("the object \(id.prefix(7))")
    }
  }

  /// The annotated tag that a name means; `nil` where it means something else, or a commit on the way
  /// from one.
  func tag(_ reference: GitReference) throws(GitError) -> GitTag? {
    guard reference.steps.isEmpty else { return nil }
    let prefix = "refs/tags/"
    let candidates =
      if let versions = reference.versions {
        [prefix + (try choice(of: versions, for: reference)[0].tag)]
      } else {
        reference.candidates
      }
    for name in candidates where name.hasPrefix(prefix) {
      guard let reference = try self.reference(named: name),
        let id = git_reference_target(reference.pointer)
      else { continue }
      var (size, type) = (0, GIT_OBJECT_ANY)
      var oid = id.pointee
      guard git_odb_read_header(&size, &type, objects.pointer, &oid) == 0, type == GIT_OBJECT_TAG
      else { continue }
      return GitTag(name: String(name.dropFirst(prefix.count)), id: String(id))
    }
    return nil
  }

  /// The ids of the commits that one stands on, itself included, without those that others stand on
  /// and these; the newest first.
  func commits(
    upTo head: String, from bases: [String], limit: Int
  ) throws(GitError) -> [String] {
    guard !isShallow else {
      throw .unreadable(
        "the history of \(path)", detail: "the clone is shallow",
        remedy: "run `git fetch --unshallow`")
    }
    var ids: [String] = []
    do throws(GitFailure) {
      let walk = try GitObject(git_revwalk_free) { git_revwalk_new($0, repository.pointer) }
      var oid = git_oid()
      try check(git_oid_fromstr(&oid, head))
      try check(git_revwalk_push(walk.pointer, &oid))
      for base in bases {
        try check(git_oid_fromstr(&oid, base))
        try check(git_revwalk_hide(walk.pointer, &oid))
      }
      while true {
        guard !Task.isCancelled else { throw GitFailure(status: -1, message: "it was cancelled") }
        let status = git_revwalk_next(&oid, walk.pointer)
        if status == GIT_ITEROVER.rawValue { return ids }
        try check(status)
        guard ids.count < limit else { break }
        ids.append(String(&oid))
      }
    } catch {
      throw error.unreadable("the history of commit \(head.prefix(7))")
    }
    throw .limitExceeded("more than \(limit) commits lie before \(head.prefix(7))")
  }
}
