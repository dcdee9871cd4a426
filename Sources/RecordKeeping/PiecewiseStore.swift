import JSONCoding
import NATSTransport

/// A store whose values may be larger than one message: what is too large lies in pieces under keys
/// of their own, and the key itself lists them.
///
/// There are two sets of pieces for a key. Those that the key does not list are written first, so that
/// a reader, or whoever comes after a crash, finds one value as a whole, the old or the new one. A
/// program that knows no pieces finds a newer format.
struct PiecewiseStore: KeyValueStore {
  static let version = 2
  /// What else a message has: its headers, and the subject where that counts.
  static let envelope = 1_024

  private let store: any KeyValueStore
  private let bucket: String
  private let limit: @Sendable () -> Int

  /// Puts pieces before a store.
  ///
  /// - Parameters:
  ///   - store: The store.
  ///   - bucket: Its name, for messages.
  ///   - limit: The most bytes of a message, as they are now.
  init(_ store: any KeyValueStore, bucket: String, limit: @escaping @Sendable () -> Int) {
    self.store = store
    self.bucket = bucket
    self.limit = limit
  }

  func get(_ key: String) async throws(NATSError) -> KeyValueEntry? {
    // Somebody may write it anew between the reading of the list and that of the pieces.
    for _ in 0..<3 {
      guard let entry = try await store.get(key) else { return nil }
      guard let list = entry.value.flatMap(PieceList.init) else { return entry }
      guard let value = try await whole(key, list) else { continue }
      return KeyValueEntry(value: value, revision: entry.revision)
    }
    throw .storeUnreadable(
      bucket: bucket, detail: "the pieces of \(key) do not belong together",
      remedy:
        "read it again, for somebody may be writing it; if it stays so, restore the bucket from a backup"
    )
  }

  private func whole(_ key: String, _ list: PieceList) async throws(NATSError) -> [UInt8]? {
    var value: [UInt8] = []
    for (index, revision) in list.revisions.enumerated() {
      guard let piece = try await store.get(list.key(key, index)), piece.revision == revision,
        let bytes = piece.value
      else { return nil }
      value += bytes
    }
    return value
  }

  func write(_ key: String, _ value: [UInt8]?, expecting revision: UInt64)
    async throws(NATSError) -> UInt64
  {
    let size = max(1, limit() - Self.envelope)
    guard let value, value.count > size else {
      return try await store.write(key, value, expecting: revision)
    }
    let before = try await store.get(key)
    guard before?.revision ?? 0 == revision else { throw .conflict(bucket: bucket, key: key) }
    let isFirst = before?.value.flatMap(PieceList.init)?.isFirstSet ?? false
    var list = PieceList(isFirstSet: !isFirst)
    for (index, start) in stride(from: 0, to: value.count, by: size).enumerated() {
      let name = list.key(key, index)
      let old = try await store.get(name)?.revision ?? 0
      list.revisions.append(
        try await store.write(
          name, Array(value[start..<min(start + size, value.count)]), expecting: old))
    }
    return try await store.write(key, list.bytes, expecting: revision)
  }
}

/// Which pieces a value has, by the numbers of their writes.
private struct PieceList {
  var isFirstSet: Bool
  var revisions: [UInt64] = []

  init(isFirstSet: Bool) { self.isFirstSet = isFirstSet }

  /// Reads a list; `nil` where the value is a value of its own.
  init?(_ value: [UInt8]) {
    // Keys are sorted, and no value of its own begins so.
    guard value.starts(with: Array(#"{"pieces":"#.utf8)),
      let list = try? JSONValue(parsing: value), list["version"]?.int == PiecewiseStore.version,
      let isFirst = list["set"]?.string.map({ $0 == "a" }), let numbers = list["pieces"]?.array
    else { return nil }
    let revisions = numbers.compactMap { $0.int.flatMap(UInt64.init(exactly:)) }
    guard revisions.count == numbers.count else { return nil }
    (isFirstSet, self.revisions) = (isFirst, revisions)
  }

  var bytes: [UInt8] {
    JSONValue.object([
      "version": .int(PiecewiseStore.version), "set": isFirstSet ? "a" : "b",
      "pieces": .array(revisions.map { .int(Int(clamping: $0)) }),
    ]).bytes()
  }

  func key(_ key: String, _ index: Int) -> String { "\(key).\(isFirstSet ? "a" : "b")\(index)" }
}
