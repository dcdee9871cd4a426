import CGit2
import Glibc

extension GitHandle {
  /// The files of a commit under a path, read from its tree.
  func files(
    at commit: GitCommit, under folder: String, into builder: consuming SelectionBuilder
  ) throws(GitError) -> GitSelection {
    var path = try RepositoryPath(folder)
    let root = try tree(of: commit)
    if let (base, pattern) = path.asPattern, !has(path, root.pointer) {
      builder.take(only: pattern)
      path = base
    }
    for depth in path.components.indices {
      let folder = path.components[..<depth].joined(separator: "/")
      let name = folder.isEmpty ? IgnoreRules.fileName : "\(folder)/\(IgnoreRules.fileName)"
      do throws(GitFailure) {
        let entry = try GitObject(git_tree_entry_free) {
          git_tree_entry_bypath($0, root.pointer, name)
        }
        takeRules(entry.pointer, of: folder, &builder)
      } catch {
        guard error.isNotFound else {
          builder.refuse(name, reason(for: error))
          continue
        }
      }
    }
    if path.isRoot {
      try walk(root.pointer, "", 1, &builder)
    } else {
      let place = "commit \(commit.id.prefix(12))"
      let entry = try entry(path, in: root.pointer, place)
      try read(
        entry.pointer, entryName(entry.pointer), path.description, 1, &builder, isNamed: true)
    }
    return builder.sorted()
  }

  private func tree(of commit: GitCommit) throws(GitError) -> GitObject {
    do throws(GitFailure) {
      var id = git_oid()
      try check(git_oid_fromstr(&id, commit.tree))
      return try GitObject(git_tree_free) { git_tree_lookup($0, repository.pointer, &id) }
    } catch {
      throw error.unreadable("the tree of commit \(commit.id)", remedy(for: error))
    }
  }

  /// Whether there is a file or folder of just this path.
  private func has(_ path: RepositoryPath, _ tree: OpaquePointer) -> Bool {
    var entry: OpaquePointer?
    defer { git_tree_entry_free(entry) }
    return git_tree_entry_bypath(&entry, tree, path.description) == 0
  }

  private func entry(
    _ path: RepositoryPath, in tree: OpaquePointer, _ place: String
  ) throws(GitError) -> GitObject {
    do throws(GitFailure) {
      return try GitObject(git_tree_entry_free) {
        git_tree_entry_bypath($0, tree, path.description)
      }
    } catch {
      guard error.isNotFound else {
        throw error.unreadable("\(path.description) in \(place)", remedy(for: error))
      }
      throw .pathNotFound(path.description, where: place)
    }
  }

  private func walk(
    _ tree: OpaquePointer, _ prefix: String, _ depth: Int, _ builder: inout SelectionBuilder
  ) throws(GitError) {
    guard depth <= builder.limits.depth else {
      throw .limitExceeded("the folder \(prefix) lies more than \(builder.limits.depth) deep")
    }
    if let entry = git_tree_entry_byname(tree, IgnoreRules.fileName) {
      takeRules(entry, of: prefix, &builder)
    }
    for index in 0..<git_tree_entrycount(tree) {
      try builder.visit()
      guard let entry = git_tree_entry_byindex(tree, index) else { continue }
      let name = entryName(entry)
      guard name != IgnoreRules.nameBytes else { continue }
      try read(entry, name, pathOfEntry(name, in: prefix), depth, &builder)
    }
  }

  /// Takes in what the `.reconcileignore` of a folder leaves out; one that cannot be read might leave
  /// out anything.
  private func takeRules(
    _ entry: OpaquePointer, of folder: String, _ builder: inout SelectionBuilder
  ) {
    let path = folder.isEmpty ? IgnoreRules.fileName : "\(folder)/\(IgnoreRules.fileName)"
    guard git_tree_entry_filemode(entry) != GIT_FILEMODE_LINK else {
      return builder.refuse(path, .symbolicLink)
    }
    guard git_tree_entry_type(entry) == GIT_OBJECT_BLOB, let id = git_tree_entry_id(entry)
    else { return }
    do throws(GitFailure) {
      switch try blob(id, limit: builder.limits.fileBytes) {
      case .bytes(let bytes): builder.ignore(by: bytes, in: folder)
      case .tooLarge(let size):
        builder.refuse(path, .tooLarge(size, limit: builder.limits.fileBytes))
      }
    } catch {
      builder.refuse(path, reason(for: error))
    }
  }

  /// Takes in one entry; one that is named by the caller is read whatever its ending.
  private func read(
    _ entry: OpaquePointer, _ bytes: [UInt8], _ path: String, _ depth: Int,
    _ builder: inout SelectionBuilder, isNamed: Bool = false
  ) throws(GitError) {
    let mode = git_tree_entry_filemode(entry)
    let isFolder = mode == GIT_FILEMODE_TREE
    let mayLead = isFolder || mode == GIT_FILEMODE_LINK || mode == GIT_FILEMODE_COMMIT
    guard isNamed || builder.isAskedFor(path, isFolder: isFolder, mayLead: mayLead) else { return }
    switch mode {
    case GIT_FILEMODE_TREE:
      guard !isOddName(bytes) else { return builder.refuse(path, .oddName) }
      try descend(into: entry, path, depth, &builder)
    case GIT_FILEMODE_LINK:
      if isNamed || builder.mayLeadToFiles(bytes) { builder.refuse(path, .symbolicLink) }
    case GIT_FILEMODE_COMMIT: builder.refuse(path, .submodule)
    default:
      guard isNamed || builder.isSelected(bytes) else { return pass(entry, path, &builder) }
      guard !isOddName(bytes) else { return builder.refuse(path, .oddName) }
      try readBlob(git_tree_entry_id(entry), path, &builder)
    }
  }

  /// Passes over a file for its ending, and remembers it where it looks like a manifest.
  private func pass(
    _ entry: OpaquePointer, _ path: String, _ builder: inout SelectionBuilder
  ) {
    guard builder.mayLook(), let id = git_tree_entry_id(entry),
      case .bytes(let bytes)? = try? blob(id, limit: SelectionBuilder.lookBytes)
    else { return }
    builder.pass(path, bytes)
  }

  private func descend(
    into entry: OpaquePointer, _ path: String, _ depth: Int, _ builder: inout SelectionBuilder
  ) throws(GitError) {
    let tree: GitObject
    do throws(GitFailure) {
      tree = try GitObject(git_tree_free) {
        git_tree_lookup($0, repository.pointer, git_tree_entry_id(entry))
      }
    } catch {
      return builder.refuse(path, reason(for: error))
    }
    try walk(tree.pointer, path, depth + 1, &builder)
  }

  private func readBlob(
    _ id: UnsafePointer<git_oid>, _ path: String, _ builder: inout SelectionBuilder
  ) throws(GitError) {
    let name = String(id)
    if !builder.known.isEmpty, let bytes = builder.known[name] {
      return try builder.add(GitFile(path: path, blob: name, bytes: bytes))
    }
    let contents: BlobContents
    do throws(GitFailure) {
      contents = try blob(id, limit: builder.limits.fileBytes)
    } catch {
      return builder.refuse(path, reason(for: error))
    }
    switch contents {
    case .tooLarge(let size):
      builder.refuse(path, .tooLarge(size, limit: builder.limits.fileBytes))
    case .bytes(let bytes): try builder.add(GitFile(path: path, blob: name, bytes: bytes))
    }
  }

  // MARK: What is missing

  static let partialRemedy =
    "run `git fetch --refetch --no-filter` there, or name a repository that was cloned whole"

  private func reason(for failure: GitFailure) -> GitRefusal.Reason {
    remedy(for: failure) == nil ? .unreadable(failure.message) : .notFetched
  }

  private func remedy(for failure: GitFailure) -> String? {
    let isMissing = failure.status == GIT_ENOTFOUND.rawValue && failure.isAboutObjects
    return isMissing && isPartial ? Self.partialRemedy : nil
  }

  /// Whether the clone may have left objects behind, to be fetched when they are asked for.
  var isPartial: Bool {
    let names = FileDescriptor.folder(at: folders.common + "objects/pack")?.names() ?? []
    let ending = Array(".promisor".utf8)
    return names.contains { $0.count > ending.count && $0.suffix(ending.count) == ending[...] }
  }

  private enum BlobContents {
    case tooLarge(Int)
    case bytes([UInt8])
  }

  /// The bytes of a blob; one that is too large is not unpacked.
  private func blob(
    _ id: UnsafePointer<git_oid>, limit: Int
  ) throws(GitFailure) -> BlobContents {
    let object: GitObject
    do throws(GitFailure) {
      // Beside the bytes there is what libgit2 remembers of packs.
      object = try GitRuntime.object(id, in: objects, within: max(limit, 1 << 20) + 4096)
    } catch {
      var (size, type) = (0, GIT_OBJECT_INVALID)
      try check(git_odb_read_header(&size, &type, objects.pointer, id))
      guard type == GIT_OBJECT_BLOB else { throw Self.noFile(id) }
      guard size <= limit else { return .tooLarge(size) }
      object = try GitObject(git_odb_object_free) { git_odb_read($0, objects.pointer, id) }
    }
    guard git_odb_object_type(object.pointer) == GIT_OBJECT_BLOB else { throw Self.noFile(id) }
    let size = git_odb_object_size(object.pointer)
    guard size <= limit else { return .tooLarge(size) }
    let bytes = UnsafeRawBufferPointer(start: git_odb_object_data(object.pointer), count: size)
    return .bytes(Array(bytes))
  }

  private static func noFile(_ id: UnsafePointer<git_oid>) -> GitFailure {
    GitFailure(status: -1, message: "the object \(String(id)) is no file")
  }
}

/// The name of an entry in its folder; it need not be UTF-8.
private func entryName(_ entry: OpaquePointer) -> [UInt8] {
  guard let name = git_tree_entry_name(entry) else { return [] }
  let length = strlen(name)
  return name.withMemoryRebound(to: UInt8.self, capacity: length) {
    Array(UnsafeBufferPointer(start: $0, count: length))
  }
}

/// The path of an entry from the root; names that are no UTF-8 are shown as well as they can be.
private func pathOfEntry(_ name: [UInt8], in folder: String) -> String {
  guard !folder.isEmpty else { return String(decoding: name, as: UTF8.self) }
  var path = folder
  path.reserveCapacity(folder.utf8.count + 1 + name.count)
  path += "/"
  path += String(decoding: name, as: UTF8.self)
  return path
}
