import Digests
import ServiceRuntime

/// Says who signed commits and tags, and refuses what nobody signed who may.
///
/// Keys count as they were when something was made, where the signers' file says from when to when
/// they hold; `gpg` refuses keys that have expired or were revoked by now. What was said of an object
/// is remembered until the files of signers differ.
///
/// ## Usage
/// ```swift
/// let verifier = SignatureVerifier(policy)
/// let signer = try await verifier.signer(of: SignedObject(commit: id, bytes))
/// ```
public actor SignatureVerifier {
  private let executor = BlockingExecutor(label: "reconcile.signatures")
  private let policy: SignaturePolicy
  private var signers = Signers()
  private var known: [String: Result<Signer, SignatureError>] = [:]

  /// The executor of its own.
  public nonisolated var unownedExecutor: UnownedSerialExecutor {
    executor.asUnownedSerialExecutor()
  }

  /// Prepares to verify; reads nothing yet.
  ///
  /// - Parameter policy: Who may sign.
  public init(_ policy: SignaturePolicy) { self.policy = policy }

  /// Returns who signed an object.
  ///
  /// Costs up to three children of some 10 ms, for a key of gpg 50 ms; nothing for what is known.
  ///
  /// - Parameter object: A commit or a tag.
  /// - Returns: The signer.
  /// - Throws: `SignatureError` where nobody signed it who may, or that is not known.
  public func signer(of object: SignedObject) async throws(SignatureError) -> Signer {
    try renew()
    if let result = known[object.id] { return try result.get() }
    if known.count >= 4_096 { known = [:] }
    let signers = self.signers
    do throws(SignatureError) {
      let signer = try await check(object, signers)
      if signers.isSame(as: self.signers) { known[object.id] = .success(signer) }
      return signer
    } catch {
      // What was not checked is checked the next time.
      if case .notChecked = error { throw error }
      if signers.isSame(as: self.signers) { known[object.id] = .failure(error) }
      throw error
    }
  }

  /// Reads who may sign, and forgets what was said by others' word.
  private func renew() throws(SignatureError) {
    let fresh = Signers(
      allowed: try read(policy.allowedSigners), keyring: try read(policy.keyring))
    guard !fresh.isSame(as: signers) else { return }
    (signers, known) = (fresh, [:])
  }

  private func read(_ path: String?) throws(SignatureError) -> [UInt8]? {
    guard let path else { return nil }
    do throws(FileError) {
      guard let bytes = try readFile(path, limit: 4 << 20) else {
        throw FileError(path: path, detail: "there is no such file")
      }
      return bytes
    } catch {
      throw .unreadableSigners(path: path, detail: error.detail)
    }
  }

  private func check(
    _ object: SignedObject, _ signers: Signers
  ) async throws(SignatureError) -> Signer {
    guard let signature = object.signature else { throw .unsigned(object.subject) }
    switch SignatureForm(of: signature) {
    case .ssh?:
      guard let claim = SSHSignature(signature) else {
        throw .unreadable(object.subject, detail: "it is no signature of ssh, though it begins so")
      }
      guard let allowed = signers.allowed, let path = policy.allowedSigners else {
        throw .noSigners(object.subject, key: claim.key, option: "allowed-signers")
      }
      let job = try job(for: object, signature, allowed, from: path)
      defer { job.workplace.remove() }
      return try await job.askSSH(claim)
    case .gpg?:
      guard let keyring = signers.keyring, let path = policy.keyring else {
        throw .noSigners(object.subject, key: "a key of gpg", option: "keyring")
      }
      let job = try job(for: object, signature, keyring, from: path)
      defer { job.workplace.remove() }
      return try await job.askGPG()
    case .x509?:
      throw .unreadable(object.subject, detail: "it is made with a certificate (X.509)")
    case nil: throw .unreadable(object.subject, detail: "it is neither of ssh nor of gpg")
    }
  }

  /// Writes what is asked about, on our own thread.
  private func job(
    for object: SignedObject, _ signature: [UInt8], _ signers: [UInt8], from path: String
  ) throws(SignatureError) -> CheckingJob {
    do throws(FileError) {
      let workplace = try Workplace()
      return CheckingJob(
        object: object, source: path, workplace: workplace,
        signature: try workplace.file("signature", signature),
        signers: try workplace.file("signers", signers), home: try workplace.folder("home"))
    } catch {
      throw .notChecked(object.subject, detail: "\(error)")
    }
  }
}

/// What says who may sign, as it was read.
private struct Signers: Sendable {
  var allowed: [UInt8]?
  var keyring: [UInt8]?

  func isSame(as other: Signers) -> Bool { allowed == other.allowed && keyring == other.keyring }
}
