import Glibc
import JSONCoding
import LatticeModel
import ServiceRuntime

/// A part of a record as it was last known to be stored.
struct JournalEntry: Hashable, Sendable {
  /// Its content.
  var value: [UInt8]
  /// The record's number of the write; 0 where an earlier program wrote it.
  var write: Int
  /// The store's number of the write.
  var revision: UInt64
}

/// What this machine knows to be stored of a lattice's records: files in the state folder that grow by a
/// line for each part that is written, and outlive a bucket that does not.
///
/// A line that is damaged is passed over: what it said is then not known. A record has its own file, by its id: records of other servers' lattices of the same name are kept
/// apart. A line is on the disk before a command is sent that relies on it. Files are written anew once
/// they are five times what they hold.
actor RecordJournal {
  /// The most bytes of a file that is read.
  private static let limit = 256 << 20
  /// How many other records of the name are looked at.
  private static let others = 16
  private let folder: String
  private let lattice: LatticeName
  private let executor = BlockingExecutor(label: "reconcile.journal")
  /// What each file held when it was read or written, and its size then: other processes write too.
  private var known: [String: (size: Int, entries: [String: JournalEntry])] = [:]

  /// Where reading and writing block.
  nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

  /// Names a journal; nothing is read or written.
  init(of lattice: LatticeName, in folder: String) {
    (self.lattice, self.folder) = (lattice, folder)
  }

  /// What is known of a record, by key; `nil` where nothing is.
  ///
  /// - Throws: `FileError` where the file cannot be read.
  func entries(of id: String) throws(FileError) -> [String: JournalEntry]? {
    let size = fileSize(path(id))
    if let known = known[id], known.size == size { return known.entries }
    guard let bytes = try readFile(path(id), limit: Self.limit) else { return nil }
    var entries: [String: JournalEntry] = [:]
    for line in bytes.split(separator: UInt8(ascii: "\n")) {
      guard let (key, entry) = Self.entry(line) else { continue }
      entries[key] = entry
    }
    known[id] = (bytes.count, entries)
    return entries
  }

  /// What is known of other records of the lattice's name, the first sixteen by id.
  func others(than id: String?) -> [(id: String, entries: [String: JournalEntry])] {
    let (head, tail) = ("\(lattice).", ".journal")
    let ids = files().filter {
      $0.hasPrefix(head) && $0.hasSuffix(tail) && $0.count > head.count + tail.count
    }.map { String($0.dropFirst(head.count).dropLast(tail.count)) }
    return ids.filter { $0 != id && Self.isID($0) }.sorted().prefix(Self.others).compactMap { id in
      guard let entries = try? entries(of: id) else { return nil }
      return (id, entries)
    }
  }

  /// The other lattice whose record this machine knows by an id.
  func otherLattice(of id: String) -> String? {
    guard Self.isID(id), fileSize(path(id)) == 0 else { return nil }
    let tail = ".\(id).journal"
    return files().first { $0.hasSuffix(tail) }.map { String($0.dropLast(tail.count)) }
  }

  /// Notes what is stored; what is known already costs nothing, the rest one sync of the file.
  func note(_ entries: [String: JournalEntry], of id: String) throws(FileError) {
    guard Self.isID(id) else { return }
    let before = try self.entries(of: id) ?? [:]
    let news = entries.filter { before[$0.key] != $0.value }.sorted { $0.key < $1.key }
    guard !news.isEmpty else { return }
    CrashPoint.reach("journal.write")
    try makeFolders(folder)
    let after = before.merging(entries) { $1 }
    let lines = news.flatMap { Self.line($0.key, $0.value) }
    let size = after.values.reduce(1 << 18) { $0 + $1.value.count }
    if fileSize(path(id)) + lines.count > 5 * size {
      try writeFile(
        after.sorted { $0.key < $1.key }.flatMap { Self.line($0.key, $0.value) }, to: path(id))
    } else {
      try append(lines, to: path(id), startsAnew: before.isEmpty)
    }
    known[id] = (fileSize(path(id)), after)
    CrashPoint.reach("journal.written")
  }

  /// The names in the folder; none where it cannot be read.
  private func files() -> [String] {
    guard let directory = opendir(folder) else { return [] }
    defer { closedir(directory) }
    var names: [String] = []
    while let file = readdir(directory) {
      names.append(
        withUnsafeBytes(of: file.pointee.d_name) { bytes in
          String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        })
    }
    return names
  }

  /// The file of a record.
  nonisolated func path(_ id: String) -> String { "\(folder)/\(lattice).\(id).journal" }

  /// Whether an id may stand in the name of a file; it is read back from a bucket.
  static func isID(_ id: String) -> Bool {
    (1...64) ~= id.utf8.count && id.utf8.allSatisfy { (48...57) ~= $0 || (97...122) ~= $0 }
  }

  private static func line(_ key: String, _ entry: JournalEntry) -> [UInt8] {
    JSONValue.object([
      "key": .string(key), "write": .int(entry.write),
      "revision": .int(Int(clamping: entry.revision)),
      "value": .string(String(decoding: entry.value, as: UTF8.self)),
    ]).bytes() + [UInt8(ascii: "\n")]
  }

  private static func entry(_ line: ArraySlice<UInt8>) -> (String, JournalEntry)? {
    guard let value = try? JSONValue(parsing: Array(line)), let key = value["key"]?.string,
      let write = value["write"]?.int, let text = value["value"]?.string
    else { return nil }
    let revision = UInt64(clamping: value["revision"]?.int ?? 0)
    return (key, JournalEntry(value: Array(text.utf8), write: write, revision: revision))
  }
}

/// The size of a file in bytes; 0 where there is none.
private func fileSize(_ path: String) -> Int {
  var status = stat()
  return stat(path, &status) == 0 ? Int(status.st_size) : 0
}

/// When a file was written last; `nil` where there is none.
func fileTime(_ path: String) -> Timestamp? {
  var status = stat()
  guard stat(path, &status) == 0 else { return nil }
  return Timestamp(
    nanoseconds: Int64(status.st_mtim.tv_sec) &* 1_000_000_000 &+ Int64(status.st_mtim.tv_nsec))
}

/// Adds bytes to the end of a file, and waits until they are on the disk.
///
/// A line that was cut off by a loss of power is ended first.
private func append(
  _ bytes: [UInt8], to path: String, startsAnew: Bool
) throws(FileError) {
  let file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
  guard file >= 0 else {
    throw FileError(path: path, detail: String(cString: strerror(errno)))
  }
  defer { close(file) }
  let bytes = [UInt8(ascii: "\n")] + bytes
  let isWritten = bytes.withUnsafeBytes { write(file, $0.baseAddress, $0.count) } == bytes.count
  guard isWritten, fsync(file) == 0 else {
    throw FileError(path: path, detail: String(cString: strerror(errno)))
  }
  guard startsAnew else { return }
  // The name of a new file is on the disk once its folder is.
  let folder = open(
    String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)]), O_RDONLY | O_CLOEXEC)
  guard folder >= 0 else { return }
  fsync(folder)
  close(folder)
}
