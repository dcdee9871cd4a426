import CGit2
import Glibc

/// What is known of the files on disk beside those of the commit that is checked out.
public struct GitChanges: Hashable, Sendable {
  /// The paths of files that are certainly not as committed: new, staged or of another size; sorted.
  public var changed: [String]
  /// The paths of committed files that are gone from disk, or are to be gone from the next commit;
  /// sorted.
  public var deleted: [String]
  /// The paths of files of the same size that were written since; whether they differ is not known
  /// without reading them; sorted.
  public var touched: [String]

  /// Creates a value.
  ///
  /// - Parameters:
  ///   - changed: The paths of files that are certainly not as committed.
  ///   - deleted: The paths of committed files that are gone.
  ///   - touched: The paths of files that may not be.
  public init(changed: [String] = [], deleted: [String] = [], touched: [String] = []) {
    self.changed = changed
    self.deleted = deleted
    self.touched = touched
  }
}

/// What the index says of a file.
struct IndexEntry {
  var path: String
  var blob: String
  /// Whether the file is not to be looked for on disk.
  var isLeftOut: Bool
  /// Whether its owner vouches that it is unchanged.
  var isVouchedFor: Bool
  private var size: UInt32
  private var time: (seconds: Int32, nanoseconds: UInt32)

  fileprivate init(_ entry: git_index_entry, _ path: String) {
    var id = entry.id
    self.path = path
    blob = String(&id)
    isLeftOut = entry.flags_extended & UInt16(GIT_INDEX_ENTRY_SKIP_WORKTREE.rawValue) != 0
    isVouchedFor = entry.flags & UInt16(GIT_INDEX_ENTRY_VALID.rawValue) != 0
    size = entry.file_size
    time = (entry.mtime.seconds, entry.mtime.nanoseconds)
  }

  fileprivate func hasSize(_ status: stat) -> Bool {
    size == UInt32(truncatingIfNeeded: status.st_size)
  }

  fileprivate func hasTime(_ status: stat) -> Bool {
    time.seconds == Int32(truncatingIfNeeded: status.st_mtim.tv_sec)
      && (time.nanoseconds == 0
        || time.nanoseconds == UInt32(truncatingIfNeeded: status.st_mtim.tv_nsec))
  }
}

extension GitHandle {
  /// How the files on disk differ from a selection of the commit that is checked out; costs a `stat`
  /// a file, and reads none.
  func uncommittedChanges(
    under folder: String, beside selection: GitSelection,
    _ builder: consuming SelectionBuilder
  ) throws(GitError) -> GitChanges {
    let named = try RepositoryPath(folder)
    let path = selection.pattern == nil ? named : named.asPattern?.base ?? named
    guard let worktree else { return GitChanges() }
    let entries: [IndexEntry]
    do throws(GitFailure) {
      entries = try indexEntries(under: path, builder)
    } catch {
      throw error.unreadable(
        "the index of \(self.path)", "`git status` says more there, and `git reset` writes it anew")
    }
    let committed = Dictionary(selection.files.map { ($0.path, $0.blob) }) { first, _ in first }
    let refused = Set(selection.refused.map(\.path))
    var deleted = Set(committed.keys)
    var (changed, touched) = (Set<String>(), Set<String>())
    for entry in entries where !refused.contains(entry.path) {
      var status = stat()
      deleted.remove(entry.path)
      if entry.blob != committed[entry.path] {
        changed.insert(entry.path)
      } else if entry.isLeftOut || entry.isVouchedFor {
        continue
      } else if lstat(worktree + entry.path, &status) != 0 {
        deleted.insert(entry.path)
      } else if status.st_mode & S_IFMT != S_IFREG || !entry.hasSize(status) {
        changed.insert(entry.path)
      } else if !entry.hasTime(status) {
        touched.insert(entry.path)
      }
    }
    let known = Set(entries.map(\.path)).union(deleted)
    if let place = FileDescriptor.folder(at: worktree + path.description) {
      try addNew(in: place, path.description, besides: known, &builder, to: &changed)
    }
    func isRead(_ path: String) -> Bool {
      !selection.rules.leavesOut(file: path) && selection.isAskedFor(path, mayLead: false)
    }
    return GitChanges(
      changed: sorted(changed.filter(isRead)), deleted: sorted(deleted.filter(isRead)),
      touched: sorted(touched.filter(isRead)))
  }

  /// The entries of the index that a selection may read.
  func indexEntries(
    under path: RepositoryPath, _ builder: borrowing SelectionBuilder
  ) throws(GitFailure) -> [IndexEntry] {
    let index = try index()
    let prefix = path.isRoot ? "" : path.description + "/"
    var entries: [IndexEntry] = []
    for number in 0..<git_index_entrycount(index.pointer) {
      guard let entry = git_index_get_byindex(index.pointer, number)?.pointee else { continue }
      let name = String(cString: entry.path)
      let isNamed = name == path.description
      guard isNamed || name.hasPrefix(prefix) && builder.isSelected(Array(name.utf8)) else {
        continue
      }
      entries.append(IndexEntry(entry, name))
    }
    return entries
  }

  /// The index as it is on disk now; where there is none, nothing is known of what lies there.
  func index() throws(GitFailure) -> GitObject {
    guard let file = FileDescriptor.file(at: folders.own + "index") else {
      throw GitFailure(status: -1, message: errno == ENOENT ? "there is none" : lastSystemError)
    }
    guard file.size > 0 else { throw GitFailure(status: -1, message: "it is empty") }
    let index = try GitObject(git_index_free) { git_repository_index($0, repository.pointer) }
    try check(git_index_read(index.pointer, 0))
    return index
  }

  /// Adds the files that git does not know.
  private func addNew(
    in folder: borrowing FileDescriptor, _ prefix: String, besides known: Set<String>,
    _ builder: inout SelectionBuilder, to changed: inout Set<String>
  ) throws(GitError) {
    for bytes in folder.names() ?? [] where bytes != Array(".git".utf8) {
      try builder.visit()
      guard let name = String(validating: bytes, as: UTF8.self) else { continue }
      let path = prefix.isEmpty ? name : "\(prefix)/\(name)"
      switch folder.kind(of: name) {
      case .folder?:
        guard !isIgnored(path), let inner = FileDescriptor.folder(name, in: folder),
          inner.kind(of: ".git") == nil
        else { continue }
        try addNew(in: inner, path, besides: known, &builder, to: &changed)
      case .file?:
        guard builder.isSelected(bytes), !known.contains(path), !isIgnored(path) else { continue }
        changed.insert(path)
      case .link?, .other?, nil: break
      }
    }
  }
}

private func sorted(_ paths: Set<String>) -> [String] {
  paths.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
}
