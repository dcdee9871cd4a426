public import Diagnostics

/// Something under the selected path that was not read.
///
/// What is refused may have held a manifest, so nothing is concluded from its absence.
public struct GitRefusal: Hashable, Sendable {
  /// Why something is not read.
  public enum Reason: Hashable, Sendable {
    /// A symbolic link; it might lead anywhere.
    case symbolicLink
    /// Another repository inside this one.
    case submodule
    /// A name that other systems would read differently, or that hides in a terminal.
    case oddName
    /// More bytes than one file may have: its size and the limit.
    case tooLarge(Int, limit: Int)
    /// Neither a file nor a folder.
    case notAFile
    /// It was left behind when the repository was cloned in part.
    case notFetched
    /// Its object could not be read: the reason in the words of the library.
    case unreadable(String)
    /// It could not be read from disk: the reason in the words of the system.
    case unreadableOnDisk(String)
  }

  /// The path from the root of the repository; bytes that are no UTF-8 are replaced.
  public let path: String
  /// Why it is not read.
  public let reason: Reason

  /// Creates a refusal.
  ///
  /// - Parameters:
  ///   - path: The path from the root of the repository.
  ///   - reason: Why it is not read.
  public init(path: String, reason: Reason) {
    self.path = path
    self.reason = reason
  }

  /// The refusal as a finding with a remedy.
  public var diagnostic: Diagnostic {
    let (message, remedy) =
      switch reason {
      case .symbolicLink:
        ("the symbolic link is not followed", "put a copy of the file here")
      case .submodule:
        ("the submodule is not read", "name its repository as a source of its own")
      case .oddName:
        (
          "the name is not read: it means different files on different systems",
          "rename it; letters, digits, '-', '_' and '.' are safe"
        )
      case .tooLarge(let bytes, let limit):
        ("the file has \(bytes) bytes, more than \(limit)", "split it")
      case .notAFile:
        ("it is neither a file nor a folder", "remove it, or select another folder")
      case .notFetched:
        ("its contents are not here, the clone is partial", GitHandle.partialRemedy)
      case .unreadable(let detail):
        ("it cannot be read: \(detail)", "run `git fsck`; restore the object from another clone")
      case .unreadableOnDisk(let detail):
        ("it cannot be read: \(detail)", GitHandle.permissionRemedy)
      }
    return Diagnostic(
      DiagnosticCode("GIT", 14), .error, message, remedy: remedy,
      at: SourcePosition(path: path, line: 1, column: 1))
  }
}
