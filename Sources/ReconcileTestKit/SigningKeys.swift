import Foundation
import ServiceRuntime

/// Keys of ssh and gpg in a folder of their own, made by `ssh-keygen` and `gpg`, and removed at the end.
public final class SigningKeys: Sendable {
  /// Why a program failed.
  public struct Failure: Error, CustomStringConvertible {
    /// The program and its output.
    public let description: String
  }

  /// The folder that everything lies in, removed at the end.
  public let folder: String
  private var home: String { folder + "/gnupg" }

  /// Makes an empty folder.
  ///
  /// - Throws: An error if it cannot be made.
  public init() throws {
    // The name of a socket of gpg-agent lies in it and may not be long.
    var template = Array("/tmp/reconcile-keys-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw Failure(description: "mkdtemp failed") }
    folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    try FileManager.default.createDirectory(
      atPath: folder + "/gnupg", withIntermediateDirectories: false,
      attributes: [.posixPermissions: 0o700])
  }

  deinit {
    let stop = try? ChildProcess("gpgconf", ["--homedir", home, "--kill", "all"])
    stop?.waitBlocking()
    try? FileManager.default.removeItem(atPath: folder)
  }

  // MARK: ssh

  /// Makes a key of ssh.
  ///
  /// - Parameters:
  ///   - name: The name of its file.
  ///   - type: `ed25519`, `ecdsa` or `rsa`.
  /// - Returns: The path of the private key.
  /// - Throws: `Failure`.
  public func sshKey(_ name: String, _ type: String = "ed25519") async throws -> String {
    let path = "\(folder)/\(name)"
    try await run("ssh-keygen", ["-q", "-t", type, "-N", "", "-C", name, "-f", path])
    return path
  }

  /// Writes a file of allowed signers.
  ///
  /// - Parameters:
  ///   - entries: Who, with which options, and the path of whose private key.
  ///   - name: The name of the file.
  /// - Returns: The path of the file.
  /// - Throws: An error if it cannot be written.
  public func allowedSigners(
    _ entries: [(who: String, options: String, key: String)], in name: String = "allowed"
  ) throws -> String {
    let lines = try entries.map { who, options, key in
      let text = try String(contentsOfFile: key + ".pub", encoding: .utf8)
      let parts = text.split(separator: " ").prefix(2).joined(separator: " ")
      return [who, options, parts].filter { !$0.isEmpty }.joined(separator: " ") + "\n"
    }
    let path = "\(folder)/\(name)"
    try lines.joined().write(toFile: path, atomically: true, encoding: .utf8)
    return path
  }

  /// The options of `git` that sign with a key of ssh.
  ///
  /// - Parameter key: The path of the private key.
  /// - Returns: The options before the command.
  public func signing(ssh key: String) -> [String] {
    ["-c", "gpg.format=ssh", "-c", "user.signingkey=\(key)"]
  }

  // MARK: gpg

  /// Makes a key of gpg without a passphrase.
  ///
  /// - Parameters:
  ///   - user: `Name <mail>`.
  ///   - expiry: How long it is good: `never`, `2d`.
  ///   - date: When it is made, such as `20200101T000000`; now where `nil`.
  /// - Returns: The options of `git` that sign with it, at that moment.
  /// - Throws: `Failure`.
  public func gpgKey(
    _ user: String, expiry: String = "never", at date: String? = nil
  ) async throws -> [String] {
    let moment = date.map { ["--faked-system-time", $0 + "!"] } ?? []
    try await gpg(
      moment + ["--passphrase", "", "--quick-generate-key", user, "ed25519", "sign", expiry])
    let script = "\(folder)/gpg-\(UInt32.random(in: 0 ... .max))"
    let line = (["exec", "gpg", "--homedir", home] + moment + ["\"$@\""]).joined(separator: " ")
    try "#!/bin/sh\n\(line)\n".write(toFile: script, atomically: true, encoding: .utf8)
    try FileManager.default.setAttributes([.posixPermissions: 0o700], ofItemAtPath: script)
    return [
      "-c", "gpg.format=openpgp", "-c", "gpg.program=\(script)", "-c", "user.signingkey=\(user)",
    ]
  }

  /// Revokes a key of gpg by the certificate that was made with it.
  ///
  /// - Parameter user: `Name <mail>`.
  /// - Throws: `Failure`.
  public func revoke(_ user: String) async throws {
    let listed = try await gpg(["--with-colons", "--list-keys", user])
    let fingerprint = listed.split(separator: "\n").first { $0.hasPrefix("fpr:") }
      .flatMap { $0.split(separator: ":").last.map(String.init) }
    let path = "\(home)/openpgp-revocs.d/\(fingerprint ?? "").rev"
    let text = try String(contentsOfFile: path, encoding: .utf8)
    try text.replacingOccurrences(of: ":-----BEGIN", with: "-----BEGIN")
      .write(toFile: path, atomically: true, encoding: .utf8)
    try await gpg(["--import", path])
  }

  /// Exports keys of gpg.
  ///
  /// - Parameters:
  ///   - users: Whose.
  ///   - name: The name of the file.
  /// - Returns: The path of the file.
  /// - Throws: `Failure`.
  public func keyring(_ users: [String], in name: String = "keyring") async throws -> String {
    let path = "\(folder)/\(name)"
    try await gpg(["--armor", "--yes", "--output", path, "--export"] + users)
    return path
  }

  @discardableResult
  private func gpg(_ arguments: [String]) async throws -> String {
    try await run(
      "gpg", ["--homedir", home, "--batch", "--no-tty", "--pinentry-mode", "loopback"] + arguments)
  }

  @discardableResult
  private func run(_ program: String, _ arguments: [String]) async throws -> String {
    let result = try await ChildProcess.run(program, arguments)
    let text = String(decoding: result.output + result.errorOutput, as: UTF8.self)
    guard result.ending == .exited(0) else {
      throw Failure(description: "\(program) \(arguments.joined(separator: " ")): \(text)")
    }
    return text
  }
}

extension GitRepositoryFixture {
  /// Commits everything in the work tree, signed.
  ///
  /// - Parameters:
  ///   - message: The message.
  ///   - options: The options of `git` that sign.
  /// - Returns: The full id of the commit.
  /// - Throws: `Failure` if it fails.
  @discardableResult
  public func commit(_ message: String, signedBy options: [String]) async throws -> String {
    try await git("add", "-A")
    try await git(options + ["commit", "-q", "-S", "--allow-empty", "-m", message])
    return try await git("rev-parse", "HEAD")
  }
}
