import Diagnostics
import GitSource
public import LatticeModel
import Signatures

/// What is read was signed by somebody who may, where that is asked for.
extension DesiredSource {
  /// How many commits are looked at between the one last applied and the one that is read.
  static let longestRange = 1_000

  /// Says who signed what is read, before anything of it is.
  ///
  /// The id of a commit is a digest of all that is read of it, and the commit that was checked is the
  /// one that is read: nothing can be put in between.
  ///
  /// - Returns: The signer; `nil` where nobody must have signed it.
  func verify(_ commit: GitCommit) async throws -> Signature? {
    let policy = options.signatures
    if let (message, remedy) = policy.contradiction {
      throw SignatureError.contradiction(message, remedy: remedy)
    }
    guard policy.mode != .off else { return nil }
    guard !options.readsWorktree else { throw SignatureError.worktree }
    guard policy.mode == .tag else {
      return Signature(by: try await signer(of: commit), of: "commit")
    }
    let reference = options.reference
    guard let tag = try await mirror.tag(try GitReference(reference), of: commit.id) else {
      throw SignatureError.noTag(reference)
    }
    let object = try SignedObject(
      tag: tag.id, try await mirror.object(tag.id, of: commit.id))
    guard object.tagName == tag.name, object.target == commit.id else {
      throw SignatureError.otherTag(object.subject, reference: reference)
    }
    return Signature(by: try await verifier.signer(of: object), of: object.subject)
  }

  private func signer(of commit: GitCommit) async throws -> Signer {
    let object = try SignedObject(
      commit: commit.id, try await mirror.object(commit.id, of: commit.id))
    guard object.target == commit.tree else {
      throw SignatureError.unreadable(object.subject, detail: "it names another tree")
    }
    return try await verifier.signer(of: object)
  }

  /// Sees that every commit between those last applied and the one that is read was signed by
  /// somebody who may, where that is asked for.
  ///
  /// Commits that one on record stands on were accepted with it. Where nothing of this repository was
  /// applied yet, the commit that is read is all there is.
  ///
  /// - Parameters:
  ///   - reading: What was read.
  ///   - record: What was applied.
  /// - Throws: `SignatureError` where one was not, or it is not known which commits these are.
  public func verify(_ reading: SourceReading, since record: LatticeRecord) async throws {
    guard options.signatures.mode == .range, shelf == nil else { return }
    let bases = Set(
      record.applied.values.filter {
        $0.scope?.repository == reading.scope.repository && $0.revision != .worktree
      }.map(\.revision.rawValue)
    ).sorted()
    guard !bases.isEmpty else { return }
    let (head, base) = (reading.desired.revision.short, Revision(bases[0]).short)
    let ids: [String]
    do {
      ids = try await mirror.commits(
        upTo: reading.commit.id, from: bases, limit: Self.longestRange)
    } catch GitError.limitExceeded {
      throw SignatureError.longRange(from: base, to: head, most: Self.longestRange)
    } catch {
      throw SignatureError.unknownRange(from: base, to: head, detail: error.sentence)
    }
    for id in ids.reversed() {
      let object = try SignedObject(
        commit: id, try await mirror.object(id, of: reading.commit.id))
      _ = try await verifier.signer(of: object)
    }
  }

  /// What was last applied of this repository, as it was accepted then: to go on with while what is
  /// there now is refused.
  ///
  /// - Parameter record: What was applied.
  /// - Returns: The source of that commit; `nil` where there is none on which all others stand that
  ///   were applied.
  /// - Throws: `GitError` where history cannot be read.
  public func lastApplied(in record: LatticeRecord) async throws -> DesiredSource? {
    let repository = await mirror.identity
    var newest: String?
    let ids = Set(
      record.applied.values.filter {
        $0.scope?.repository == repository && $0.revision != .worktree
      }.map(\.revision.rawValue)
    ).sorted()
    for id in ids {
      let others = ids.filter { $0 != id }
      var isNewest = true
      for other in others where isNewest {
        isNewest = try await mirror.ancestry(of: id, from: other) == .descends
      }
      if isNewest { newest = id }
    }
    guard let newest else { return nil }
    var options = options
    options.reference = newest
    options.signatures = SignaturePolicy()
    return DesiredSource(options, from: mirror)
  }
}

/// Who signed what of a reading.
public struct Signature: Hashable, Sendable {
  /// Who signed.
  public let signer: String
  /// With which key.
  public let key: String
  /// What was signed: `commit`, or the tag by its name.
  public let subject: String

  init(by signer: Signer, of subject: String) {
    (self.signer, key, self.subject) = (signer.name, signer.key, subject)
  }

  /// Creates a signature that is known to be good.
  ///
  /// - Parameters:
  ///   - signer: Who signed.
  ///   - key: With which key.
  ///   - subject: What was signed.
  package init(signer: String, key: String, subject: String) {
    (self.signer, self.key, self.subject) = (signer, key, subject)
  }
}
