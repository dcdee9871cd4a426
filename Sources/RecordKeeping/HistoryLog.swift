public import LatticeModel
import NATSTransport
import ServiceRuntime

/// What was done to a lattice, entry by entry: appended to, and the oldest forgotten beyond 240 or so.
///
/// Nothing is decided by it: a history that cannot be written or read stops no pass.
public actor HistoryLog {
  /// The key that is written to, as it was read or written last.
  private struct Page {
    var index: Int
    var revision: UInt64
    var entries: [HistoryEntry]
  }

  private let store: any KeyValueStore
  private var page: Page?

  init(_ store: any KeyValueStore) { self.store = store }

  /// Reads the whole history: one question for each of sixteen keys, all at once.
  ///
  /// - Returns: The entries, the newest first, and the error of each key that cannot be read.
  /// - Throws: `NATSError` where the server is gone.
  public func read() async throws -> (entries: [HistoryEntry], errors: [RecordError]) {
    var (entries, errors): ([HistoryEntry], [RecordError]) = ([], [])
    for (_, page) in try await pages() {
      switch page {
      case .success(let page): entries += page.entries
      case .failure(let error): errors.append(error)
      }
    }
    return (entries.sorted { $0.number > $1.number }, errors)
  }

  /// Appends an entry; costs one write, and the reading of the history the first time.
  ///
  /// - Parameter entry: The entry.
  /// - Returns: The entry with its number.
  /// - Throws: `NATSError` where it cannot be written, `RecordError` where a newer program keeps it.
  @discardableResult
  public func append(_ entry: HistoryEntry) async throws -> HistoryEntry {
    var entry = entry
    try await write { page in
      entry.number = (page.entries.last?.number ?? 0) &+ 1
      page.entries.append(entry)
    }
    return entry
  }

  /// Writes an entry again that says more now; where it is no longer in the page that is written to,
  /// it stays as it is.
  ///
  /// - Parameter entry: The entry, with its number.
  /// - Throws: As `append`.
  public func amend(_ entry: HistoryEntry) async throws {
    try await write { page in
      guard let index = page.entries.firstIndex(where: { $0.number == entry.number }) else {
        return
      }
      page.entries[index] = entry
    }
  }

  /// Takes over the history of another store, the newest entries that there is room for.
  ///
  /// - Parameters:
  ///   - entries: Its entries.
  ///   - replaces: Whether those that are here go; else nothing is taken where there are any.
  /// - Returns: How many were taken.
  /// - Throws: As `append`.
  func takeOver(_ entries: [HistoryEntry], replaces: Bool) async throws -> Int {
    guard try await newest().entries.isEmpty || replaces else { return 0 }
    let pages = HistoryCoding.pages(of: entries)
    for (index, key) in HistoryCoding.keys.enumerated() {
      let before = try await store.get(key)
      let page = index < pages.count ? pages[index] : []
      guard before?.value != nil || !page.isEmpty else { continue }
      _ = try await store.write(key, HistoryCoding.encode(page), expecting: before?.revision ?? 0)
    }
    page = nil
    return pages.joined().count
  }

  /// Changes the newest page, against whoever else writes.
  private func write(_ change: (inout Page) -> Void) async throws {
    for attempt in 1...5 {
      let before = try await newest()
      var page = before
      change(&page)
      guard page.entries != before.entries else { return }
      do throws(NATSError) {
        self.page = try await write(page, over: before)
        return
      } catch {
        self.page = nil
        guard case .conflict = error, attempt < 5 else { throw error }
      }
    }
  }

  /// Writes a page; where it has become too large, what is new goes into the next.
  private func write(_ page: Page, over before: Page) async throws(NATSError) -> Page {
    let value = HistoryCoding.encode(page.entries)
    let isFull = page.entries.count > HistoryCoding.entries || value.count > HistoryCoding.bytes
    guard isFull, let last = page.entries.last, !before.entries.isEmpty else {
      var page = page
      page.revision = try await store.write(
        HistoryCoding.keys[page.index], value, expecting: page.revision)
      return page
    }
    var next = Page(
      index: (page.index + 1) % HistoryCoding.keys.count, revision: 0, entries: [last])
    let key = HistoryCoding.keys[next.index]
    let oldest = try await store.get(key)
    let numbers = oldest?.value.flatMap { try? HistoryCoding.decode($0, key: key) }?.map(\.number)
    // Somebody else may have turned the page since ours was read.
    if let number = numbers?.last, number >= last.number {
      throw .conflict(bucket: "the history", key: key)
    }
    next.revision = try await store.write(
      key, HistoryCoding.encode(next.entries), expecting: oldest?.revision ?? 0)
    return next
  }

  /// The page that has the newest entry; the first where there is none yet.
  private func newest() async throws -> Page {
    if let page { return page }
    var newest = Page(index: 0, revision: 0, entries: [])
    for (index, page) in try await pages() {
      switch page {
      case .success(let page):
        if index == 0 && newest.entries.isEmpty
          || page.entries.last?.number ?? 0 > newest.entries.last?.number ?? 0
        {
          newest = page
        }
      // What is damaged may be written over in its turn; a newer program's is left alone.
      case .failure(.newer(let key, let version)):
        throw RecordError.newer(key: key, version: version)
      case .failure: continue
      }
    }
    return newest
  }

  private func pages() async throws -> [(Int, Result<Page, RecordError>)] {
    let found = try await gather(HistoryCoding.keys, inFlight: HistoryCoding.keys.count) {
      [store] key in try await store.get(key)
    }
    return zip(HistoryCoding.keys.indices, found).map { index, entry in
      do throws(RecordError) {
        let entries = try entry?.value.map { value throws(RecordError) in
          try HistoryCoding.decode(value, key: HistoryCoding.keys[index])
        }
        return (
          index,
          .success(Page(index: index, revision: entry?.revision ?? 0, entries: entries ?? []))
        )
      } catch {
        return (index, .failure(error))
      }
    }
  }
}
