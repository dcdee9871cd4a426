import Diagnostics
public import LatticeModel
import NATSTransport
import ServiceRuntime

/// The forms that applications were last seen in sync in, ten back, for a rollback without git.
public actor FormStore {
  private let store: any KeyValueStore
  /// The pinned forms that were read; a form never changes.
  private var known: [Pin: KeptForm] = [:]

  init(_ store: any KeyValueStore) { self.store = store }

  /// Reads the forms of applications, one question for each key that has any of them.
  ///
  /// - Parameter names: The applications.
  /// - Returns: The forms of each, the newest first; none of one that has none.
  /// - Throws: `NATSError` where the server is gone, `RecordError` where a key cannot be read.
  public func forms(
    of names: some Collection<ApplicationName>
  ) async throws -> [ApplicationName: [KeptForm]] {
    let keys = Set(names.map(FormCoding.key)).sorted()
    let found = try await gather(keys, inFlight: 64) { [store] key -> [KeptForm] in
      guard let value = try await store.get(key)?.value else { return [] }
      return try FormCoding.decode(value, key: key)
    }
    let wanted = Set(names)
    return Dictionary(grouping: found.joined().filter { wanted.contains($0.application) }) {
      $0.application
    }
  }

  /// Returns what pins come to; costs a question for each that was not read before.
  ///
  /// - Parameter pins: The pins.
  /// - Returns: Each with its form, or with why that cannot be read.
  public func pinned(_ pins: [Pin]) async -> [PinnedForm] {
    known = known.filter { pins.contains($0.key) }
    var pinned: [PinnedForm] = []
    for pin in pins {
      if let form = known[pin] {
        pinned.append(PinnedForm(pin, form: form))
        continue
      }
      do {
        let form = try await forms(of: [pin.application])[pin.application]?.first {
          $0.digest == pin.form
        }
        known[pin] = form
        let obstacle = form == nil ? "its form is not on record any more" : nil
        pinned.append(PinnedForm(pin, form: form, obstacle: obstacle))
      } catch {
        pinned.append(PinnedForm(pin, form: nil, obstacle: error.sentence))
      }
    }
    return pinned
  }

  /// Returns applications in up to sixteen parts, those of a key together, so that the texts of a whole
  /// lattice are never in memory at once.
  ///
  /// - Parameter names: The applications.
  /// - Returns: The parts.
  public nonisolated func batches(of names: [ApplicationName]) -> [Set<ApplicationName>] {
    Dictionary(grouping: names) { FormCoding.key(of: $0).dropLast() }
      .sorted { $0.key < $1.key }.map { Set($0.value) }
  }

  /// Keeps forms; costs a question and a write for each key that one of them belongs to.
  ///
  /// - Parameters:
  ///   - forms: The forms that were seen in sync.
  ///   - pins: What is pinned, whose forms stay.
  /// - Returns: Why forms are not kept that are too large.
  /// - Throws: `NATSError` where they cannot be written, `RecordError` where a newer program keeps
  ///   them.
  @discardableResult
  public func keep(_ forms: [KeptForm], pins: [Pin]) async throws -> [RecordError] {
    let pinned = Set(pins.map(\.form))
    for (key, new) in Dictionary(grouping: forms, by: { FormCoding.key(of: $0.application) }) {
      try await keep(new, under: key, pinned)
    }
    return forms.filter { $0.text.utf8.count > FormCoding.bytes }.map {
      .formTooLarge($0.application, bytes: $0.text.utf8.count)
    }
  }

  /// Reads all forms; costs a question for each of 256 keys.
  ///
  /// - Returns: The forms, and the error of each key that cannot be read.
  /// - Throws: `NATSError` where the server is gone.
  public func read() async throws -> (forms: [KeptForm], errors: [RecordError]) {
    var (forms, errors): ([KeptForm], [RecordError]) = ([], [])
    let found = try await gather(FormCoding.keys, inFlight: 64) { [store] key in
      try await store.get(key)
    }
    for (key, entry) in zip(FormCoding.keys, found) {
      guard let value = entry?.value else { continue }
      do throws(RecordError) {
        forms += try FormCoding.decode(value, key: key)
      } catch {
        errors.append(error)
      }
    }
    return (forms, errors)
  }

  private func keep(_ new: [KeptForm], under key: String, _ pinned: Set<String>) async throws {
    for attempt in 1...5 {
      let entry = try await store.get(key)
      var old: [KeptForm] = []
      do throws(RecordError) {
        old =
          try entry?.value.map { value throws(RecordError) in
            try FormCoding.decode(value, key: key)
          } ?? []
      } catch {
        // What is damaged says nothing any more; a newer program's is left alone.
        if case .newer = error { throw error }
      }
      let all = FormCoding.adding(new, to: old, pinned: pinned)
      guard all != old else { return }
      do throws(NATSError) {
        _ = try await store.write(key, FormCoding.encode(all), expecting: entry?.revision ?? 0)
        return
      } catch {
        guard case .conflict = error, attempt < 5 else { throw error }
      }
    }
  }
}
