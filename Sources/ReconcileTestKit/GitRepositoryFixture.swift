public import Foundation
import Glibc
import ServiceRuntime

/// A real git repository in a folder of its own, made with the `git` command and removed at the
/// end.
///
/// It reads no user or system configuration, names its branch `main`, has its own identity, and
/// dates every commit alike, so that equal histories have equal ids.
public final class GitRepositoryFixture: Sendable {
  /// What `git` had to say about a command that failed.
  public struct Failure: Error, CustomStringConvertible {
    /// The command and its output.
    public let description: String
  }

  /// The folder that everything lies in, removed at the end.
  public let folder: String
  /// The repository: its work tree, or the bare repository itself.
  public let path: String

  /// Makes an empty repository.
  ///
  /// - Parameter isBare: Whether it has no work tree.
  /// - Throws: `Failure` if `git` fails.
  public init(isBare: Bool = false) async throws {
    folder = try GitRepositoryFixture.makeFolder()
    path = folder + "/repository"
    let bare = isBare ? ["--bare"] : []
    try await GitRepositoryFixture.run(["init", "-q", "-b", "main"] + bare + [path], in: folder)
  }

  /// Clones a repository, without its work tree.
  ///
  /// - Parameter original: The repository to clone.
  /// - Throws: `Failure` if `git` fails.
  public init(bareCloneOf original: GitRepositoryFixture) async throws {
    folder = try GitRepositoryFixture.makeFolder()
    path = folder + "/repository.git"
    try await GitRepositoryFixture.run(["clone", "-q", "--bare", original.path, path], in: folder)
  }

  deinit { try? FileManager.default.removeItem(atPath: folder) }

  /// Runs `git` in the repository.
  ///
  /// - Parameter arguments: The arguments after `git`.
  /// - Returns: What it printed, without the last line end.
  /// - Throws: `Failure` if it fails.
  @discardableResult
  public func git(_ arguments: String...) async throws -> String { try await git(arguments) }

  /// Runs `git` in the repository.
  ///
  /// - Parameter arguments: The arguments after `git`.
  /// - Returns: What it printed, without the last line end.
  /// - Throws: `Failure` if it fails.
  @discardableResult
  public func git(_ arguments: [String]) async throws -> String {
    try await GitRepositoryFixture.run(arguments, in: path)
  }

  /// Writes a file of the work tree, and the folders it lies in.
  ///
  /// - Parameters:
  ///   - file: The path from the root of the repository.
  ///   - text: The contents.
  /// - Throws: An error if it cannot be written.
  public func write(_ file: String, _ text: String) throws {
    try write(file, Data(text.utf8))
  }

  /// Writes a file of the work tree, and the folders it lies in.
  ///
  /// - Parameters:
  ///   - file: The path from the root of the repository.
  ///   - contents: The contents.
  /// - Throws: An error if it cannot be written.
  public func write(_ file: String, _ contents: Data) throws {
    let url = URL(fileURLWithPath: "\(path)/\(file)")
    try FileManager.default.createDirectory(
      at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try contents.write(to: url)
  }

  /// Removes a file or folder of the work tree.
  ///
  /// - Parameter file: The path from the root of the repository.
  /// - Throws: An error if it cannot be removed.
  public func remove(_ file: String) throws {
    try FileManager.default.removeItem(atPath: "\(path)/\(file)")
  }

  /// Commits everything in the work tree.
  ///
  /// - Parameter message: The message.
  /// - Returns: The full id of the commit.
  /// - Throws: `Failure` if there is nothing to commit.
  @discardableResult
  public func commit(_ message: String) async throws -> String {
    try await git("add", "-A")
    try await git("commit", "-q", "-m", message)
    return try await git("rev-parse", "HEAD")
  }

  private static func makeFolder() throws -> String {
    var template = Array((NSTemporaryDirectory() + "/reconcile-git-XXXXXX").utf8CString)
    guard mkdtemp(&template) != nil else { throw Failure(description: "mkdtemp failed") }
    return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  @discardableResult
  private static func run(_ arguments: [String], in folder: String) async throws -> String {
    let identity = ["-c", "user.name=Fixture", "-c", "user.email=fixture@example.com"]
    let settings = ["-c", "commit.gpgsign=false", "-c", "gc.auto=0", "-C", folder]
    let result = try await ChildProcess.run(
      "git", identity + settings + arguments, environment: environment)
    let text = String(decoding: result.output + result.errorOutput, as: UTF8.self)
    guard result.ending == .exited(0) else {
      throw Failure(description: "git \(arguments.joined(separator: " ")): \(text)")
    }
    return text.trimmingCharacters(in: .newlines)
  }

  private static var environment: [String: String] {
    let date = "2026-01-02T03:04:05Z"
    return [
      "PATH": ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin",
      "HOME": "/nonexistent", "LC_ALL": "C", "GIT_CONFIG_NOSYSTEM": "1",
      "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_TERMINAL_PROMPT": "0", "GIT_AUTHOR_DATE": date,
      "GIT_COMMITTER_DATE": date,
    ]
  }
}
