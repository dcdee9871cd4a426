import Glibc
import ServiceRuntime

/// Where a password, token or passphrase is found; the text itself is in no configuration.
///
/// It is looked up for each fetch, so that one that was replaced is used at once.
public enum SecretSource: Hashable, Sendable {
  /// The first line of a file.
  case file(String)
  /// An environment variable of this process.
  case variable(String)

  /// Reads how people write it: `env:NAME`, or a path with a slash in it.
  ///
  /// - Parameter text: The text; `nil` for what may be the secret itself.
  public init?(_ text: String) {
    if text.hasPrefix("env:") {
      let name = text.dropFirst(4)
      guard !name.isEmpty, !name.contains("=") else { return nil }
      self = .variable(String(name))
    } else {
      guard text.hasPrefix("/") || text.hasPrefix("./") || text.hasPrefix("../") else {
        return nil
      }
      self = .file(text)
    }
  }

  /// The text that it is read from.
  public var description: String {
    switch self {
    case .file(let path): path
    case .variable(let name): "env:\(name)"
    }
  }

  /// Looks the secret up; blocks while its file is read.
  ///
  /// - Parameter name: What it is, for the error.
  /// - Returns: The secret.
  /// - Throws: `RemoteFailure` where there is none; its words hold nothing of it.
  public func secret(_ name: String) throws(RemoteFailure) -> String {
    var text: String?
    switch self {
    case .variable(let variable):
      text = getenv(variable).map { String(cString: $0) }
      guard text?.isEmpty == false else {
        throw RemoteFailure(
          .noSecret, "\(name) is in the variable \(variable), which is not set")
      }
    case .file(let path):
      do throws(FileError) {
        text = try readFile(path, limit: 1 << 16).map { String(decoding: $0, as: UTF8.self) }
      } catch {
        throw RemoteFailure(.noSecret, "\(name) cannot be read, \(error)")
      }
      guard text != nil else {
        throw RemoteFailure(.noSecret, "\(name) is in the file \(path), which is not there")
      }
    }
    let line = text?.prefix { !$0.isNewline } ?? ""
    guard !line.isEmpty, line.utf8.count <= 8192 else {
      throw RemoteFailure(.noSecret, "\(name) is empty or too long where it is looked up")
    }
    return String(line)
  }
}

/// How a repository on another machine is reached, and where what was fetched of it lies.
public struct RemoteOptions: Hashable, Sendable {
  /// A token, which `https` is told as a password.
  public var token: SecretSource?
  /// Who asks; of `https` any name where a token is given, of `ssh` the one in the address.
  public var username: String?
  /// The password of `https`.
  public var password: SecretSource?
  /// The private key of `ssh`; an agent is asked where there is none.
  public var sshKey: String?
  /// What opens that key.
  public var sshPassphrase: SecretSource?
  /// The file with the keys of servers; the user's and the system's where `nil`.
  public var knownHosts: String?
  /// The certificate of an authority in place of the system's.
  public var authority: String?
  /// The proxy of `https`, an address of `http://`.
  public var proxy: String?
  /// How long a look or a fetch may take, more than 0.
  public var timeout = Duration.seconds(60)
  /// The folder that mirrors lie in; there is none where neither it nor a home is known.
  public var folder: String?
  /// The program that fetches: this one.
  package var program = "/proc/self/exe"
  /// The address space of the program in bytes; without a bound where 0.
  package var memoryLimit = 3 << 30

  /// Creates the defaults: no credentials.
  public init() {}
}
