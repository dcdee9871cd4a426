import ServiceRuntime
import TextForms

/// One object whose signature `ssh-keygen` or `gpg` is asked about.
struct CheckingJob: Sendable {
  let object: SignedObject
  /// The file that says who may sign, for messages.
  let source: String
  let workplace: Workplace
  /// The path of the signature.
  let signature: String
  /// The path of a copy of what says who may sign.
  let signers: String
  /// The path of an empty folder.
  let home: String

  /// Asks whether an allowed signer's key made the signature, and whose it is.
  func askSSH(_ claim: SSHSignature) async throws(SignatureError) -> Signer {
    let subject = object.subject
    guard claim.namespace == "git" else {
      throw .otherPurpose(
        subject, key: claim.key, namespace: excerpt(claim.namespace, upTo: 40))
    }
    let moment = "-Overify-time=\(sshTime(object.time))"
    let found = try await run(
      "ssh-keygen", ["-Y", "find-principals", "-s", signature, "-f", signers, moment])
    let names = text(found.output).split(whereSeparator: \.isNewline).prefix(32).map(String.init)
    guard found.ending == .exited(0), !names.isEmpty else {
      let words = text(found.errorOutput)
      if words.contains("key has expired") || words.contains("key is not yet valid") {
        throw .refusedSigner(subject, signer: claim.key, reason: reason(in: words))
      }
      throw .unknownSigner(subject, key: claim.key, file: source)
    }
    var words = ""
    for name in names {
      let verdict = try await run(
        "ssh-keygen",
        ["-Y", "verify", "-f", signers, "-I", name, "-n", "git", "-s", signature, moment],
        input: object.payload)
      if verdict.ending == .exited(0) {
        return Signer(name: excerpt(name, upTo: 160), key: claim.key)
      }
      words = text(verdict.errorOutput)
    }
    let fits = try await run(
      "ssh-keygen", ["-Y", "check-novalidate", "-n", "git", "-s", signature], input: object.payload)
    guard fits.ending == .exited(0) else { throw .altered(subject, key: claim.key) }
    throw .refusedSigner(
      subject, signer: "\(excerpt(names[0], upTo: 160)) (\(claim.key))", reason: reason(in: words))
  }

  /// Asks whether a key of the keyring made the signature, and whose it is.
  func askGPG() async throws(SignatureError) -> Signer {
    let subject = object.subject
    let common = [
      "--homedir", home, "--no-options", "--batch", "--no-tty", "--no-autostart", "--status-fd",
      "1",
      "--trust-model", "always", "--disable-dirmngr", "--no-auto-key-retrieve", "--quiet",
    ]
    let imported = try await run("gpg", common + ["--import", signers])
    guard text(imported.output).contains("IMPORT_OK") else {
      throw .unreadableSigners(
        path: source, detail: "gpg finds no key in it; `gpg --export` writes such a file")
    }
    let verdict = try await run(
      "gpg", common + ["--verify", signature, "-"], input: object.payload)
    switch GPGStatus(verdict.output) {
    case .good(let signer):
      guard verdict.ending == .exited(0) else {
        throw .unreadable(subject, detail: "gpg calls it good and fails")
      }
      return signer
    case .bad(let key): throw .altered(subject, key: key)
    case .unknownKey(let key): throw .unknownSigner(subject, key: key, file: source)
    case .refused(let signer, let reason):
      throw .refusedSigner(subject, signer: signer, reason: reason)
    case .unclear(let detail): throw .unreadable(subject, detail: detail)
    }
  }

  /// Runs a program that knows nothing of the user's own settings; times are those of UTC.
  private func run(
    _ program: String, _ arguments: [String], input: [UInt8] = []
  ) async throws(SignatureError) -> ChildProcess.Result {
    let result: ChildProcess.Result
    do throws(ChildProcess.SpawnError) {
      result = try await ChildProcess.run(
        program, arguments,
        environment: [
          "PATH": processEnvironment()["PATH"] ?? "/usr/bin:/bin", "HOME": home,
          "LC_ALL": "C", "TZ": "UTC",
        ], directory: workplace.path, input: input, limit: 1 << 20, deadline: .seconds(20))
    } catch {
      let detail =
        switch error {
        case .notFound(let name): "\(name) is not installed"
        case .refused(let words): "\(program) does not start: \(words)"
        }
      throw .notChecked(object.subject, detail: detail)
    }
    guard case .exited = result.ending else {
      throw .notChecked(
        object.subject,
        detail: result.isOverdue ? "\(program) takes too long" : "\(program) was ended")
    }
    return result
  }

  private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

  /// What `ssh-keygen` says first, without the file of ours that it names.
  private func reason(in words: String) -> String {
    let line =
      words.split(whereSeparator: \.isNewline).first.map(String.init) ?? "ssh-keygen refuses it"
    return excerpt(oneLine(line).replacing("\(workplace.path)/", with: ""), upTo: 200)
  }
}

/// A moment as `ssh-keygen` takes it, in UTC: `20260102030405`.
func sshTime(_ seconds: Int64) -> String {
  formatTimestamp(seconds * 1_000_000_000).prefix(19).filter(\.isNumber)
}
