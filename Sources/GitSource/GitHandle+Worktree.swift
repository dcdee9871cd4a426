import CGit2
import Glibc

extension GitHandle {
  /// The files on disk under a path.
  ///
  /// Nothing but folders and plain files inside the work tree is opened: each step is taken from
  /// the folder before it and follows no link.
  func worktreeFiles(
    under folder: String, into builder: consuming SelectionBuilder
  ) throws(GitError) -> GitSelection {
    var path = try RepositoryPath(folder)
    guard let worktree else { throw .noWorktree(path: self.path) }
    if let (base, pattern) = path.asPattern, !exists(worktree + path.description) {
      builder.take(only: pattern)
      path = base
    }
    guard var place = FileDescriptor.folder(at: worktree) else {
      throw .pathNotFound(worktree, where: "the file system")
    }
    for (depth, name) in path.components.enumerated() {
      takeRules(of: place, path.components[..<depth].joined(separator: "/"), &builder)
      guard depth < path.components.count - 1 else { break }
      guard let inner = FileDescriptor.folder(name, in: place) else {
        throw .pathNotFound(path.description, where: worktree)
      }
      place = inner
    }
    if let last = path.components.last {
      guard place.kind(of: last) != nil else {
        throw .pathNotFound(path.description, where: worktree)
      }
      try take(last, path.description, in: place, 1, &builder, isNamed: true)
    } else {
      try list(place, "", 1, &builder)
    }
    var selection = builder.sorted()
    let found = Set(selection.files.map(\.path) + selection.refused.map(\.path))
    let seen = selection
    selection.absent = try absentFiles(under: path, builder).filter {
      !found.contains($0) && !seen.rules.leavesOut(file: $0)
        && seen.isAskedFor($0, mayLead: false)
    }
    return selection
  }

  private func exists(_ path: String) -> Bool {
    var status = stat()
    return lstat(path, &status) == 0
  }

  /// The files that a sparse work tree leaves out; where the index cannot say so, all that the
  /// commit has.
  private func absentFiles(
    under path: RepositoryPath, _ builder: borrowing SelectionBuilder
  ) throws(GitError) -> [String] {
    do throws(GitFailure) {
      return try indexEntries(under: path, builder).filter(\.isLeftOut).map(\.path)
    } catch {
      guard let head = try? resolve(.head) else { return [] }
      let selection = try? files(
        at: head, under: path.description, into: builder.emptied)
      return selection?.files.map(\.path) ?? []
    }
  }

  private func list(
    _ folder: borrowing FileDescriptor, _ prefix: String, _ depth: Int,
    _ builder: inout SelectionBuilder
  ) throws(GitError) {
    guard depth <= builder.limits.depth else {
      throw .limitExceeded("the folder \(prefix) lies more than \(builder.limits.depth) deep")
    }
    takeRules(of: folder, prefix, &builder)
    guard let names = folder.names() else {
      return builder.refuse(prefix, .unreadableOnDisk(lastSystemError))
    }
    for bytes in names where bytes != Array(".git".utf8) && bytes != IgnoreRules.nameBytes {
      try builder.visit()
      let name = String(decoding: bytes, as: UTF8.self)
      let path = prefix.isEmpty ? name : "\(prefix)/\(name)"
      if String(validating: bytes, as: UTF8.self) == nil {
        if builder.mayLeadToFiles(bytes) { builder.refuse(path, .oddName) }
      } else if !isIgnored(path) {
        try take(name, path, in: folder, depth, &builder)
      }
    }
  }

  /// Takes in what the `.reconcileignore` of a folder leaves out; one that cannot be read might leave
  /// out anything.
  private func takeRules(
    of folder: borrowing FileDescriptor, _ prefix: String, _ builder: inout SelectionBuilder
  ) {
    let path = prefix.isEmpty ? IgnoreRules.fileName : "\(prefix)/\(IgnoreRules.fileName)"
    let limit = builder.limits.fileBytes
    switch folder.kind(of: IgnoreRules.fileName) {
    case .link?: return builder.refuse(path, .symbolicLink)
    case nil, .folder?, .other?: return
    case .file?: break
    }
    guard let file = FileDescriptor.file(IgnoreRules.fileName, in: folder),
      let bytes = file.read(limit + 1)
    else { return builder.refuse(path, .unreadableOnDisk(lastSystemError)) }
    guard bytes.count <= limit else {
      return builder.refuse(path, .tooLarge(max(file.size, bytes.count), limit: limit))
    }
    builder.ignore(by: bytes, in: prefix)
  }

  /// Takes in one file or folder; one that is named by the caller is read whatever its ending.
  private func take(
    _ name: String, _ path: String, in folder: borrowing FileDescriptor, _ depth: Int,
    _ builder: inout SelectionBuilder, isNamed: Bool = false
  ) throws(GitError) {
    let bytes = Array(name.utf8)
    let kind = folder.kind(of: name)
    let mayLead = kind == .folder || kind == .link
    guard isNamed || builder.isAskedFor(path, isFolder: kind == .folder, mayLead: mayLead)
    else { return }
    switch kind {
    case nil: builder.refuse(path, .unreadableOnDisk("it went away"))
    case .folder:
      guard !isOddName(bytes) else { return builder.refuse(path, .oddName) }
      guard let inner = FileDescriptor.folder(name, in: folder) else {
        return builder.refuse(path, .unreadableOnDisk(lastSystemError))
      }
      guard inner.kind(of: ".git") == nil else { return builder.refuse(path, .submodule) }
      try list(inner, path, depth + 1, &builder)
    case .link:
      if isNamed || builder.mayLeadToFiles(bytes) { builder.refuse(path, .symbolicLink) }
    case .file:
      guard isNamed || builder.isSelected(bytes) else {
        return pass(name, path, in: folder, &builder)
      }
      guard !isOddName(bytes) else { return builder.refuse(path, .oddName) }
      try readFile(name, path, in: folder, &builder)
    case .other:
      if isNamed || builder.isSelected(bytes) { builder.refuse(path, .notAFile) }
    }
  }

  /// Passes over a file for its ending, and remembers it where it looks like a manifest.
  private func pass(
    _ name: String, _ path: String, in folder: borrowing FileDescriptor,
    _ builder: inout SelectionBuilder
  ) {
    let limit = SelectionBuilder.lookBytes
    guard builder.mayLook(), let file = FileDescriptor.file(name, in: folder), file.size <= limit,
      let bytes = file.read(limit)
    else { return }
    builder.pass(path, bytes)
  }

  private func readFile(
    _ name: String, _ path: String, in folder: borrowing FileDescriptor,
    _ builder: inout SelectionBuilder
  ) throws(GitError) {
    let limit = builder.limits.fileBytes
    guard let file = FileDescriptor.file(name, in: folder), let bytes = file.read(limit + 1) else {
      return builder.refuse(path, .unreadableOnDisk(lastSystemError))
    }
    guard bytes.count <= limit else {
      return builder.refuse(path, .tooLarge(max(file.size, bytes.count), limit: limit))
    }
    var id = git_oid()
    git_odb_hash(&id, bytes, bytes.count, GIT_OBJECT_BLOB)
    try builder.add(GitFile(path: path, blob: String(&id), bytes: bytes))
  }

  /// Whether git is told to ignore a path of which it tracks nothing.
  func isIgnored(_ path: String) -> Bool {
    var ignored: Int32 = 0
    guard git_ignore_path_is_ignored(&ignored, repository.pointer, path) == 0, ignored == 1 else {
      return false
    }
    guard let index = try? index() else { return !isInHead(path) }
    let isTracked =
      git_index_get_bypath(index.pointer, path, 0) != nil
      || git_index_find_prefix(nil, index.pointer, path + "/") == 0
    return !isTracked
  }

  /// Whether the commit that is checked out has a path; asked where the index cannot be read.
  private func isInHead(_ path: String) -> Bool {
    let found = try? GitObject(git_object_free) {
      git_revparse_single($0, repository.pointer, "HEAD:" + path)
    }
    return found != nil
  }
}
