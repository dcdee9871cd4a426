import Glibc
import ServiceRuntime

/// A real OpenSSH server on a free port of `127.0.0.1` that lets the user of this process in, with host
/// keys of its own; gone when nobody holds it.
public final class GitSSHServer: Sendable {
  /// What keeps it from starting.
  public struct StartError: Error, CustomStringConvertible {
    /// The words of what failed.
    public let description: String
  }

  /// The folder of its keys, settings and log.
  public let directory: String
  /// The port it listens on.
  public let port: Int
  /// The user that is let in.
  public let user: String
  private let child: ChildProcess

  /// A file with the keys of this server, as `known_hosts` has them.
  public var knownHosts: String { directory + "/known_hosts" }

  /// Makes keys, starts the server and waits until it listens.
  ///
  /// Keys that it lets in are `id_ed25519`, `id_ecdsa`, `id_rsa` and `id_locked`, whose passphrase is
  /// `passphrase-canary`, in its folder; `id_stranger` is let in nowhere.
  ///
  /// - Parameter hostKeys: The kinds of its keys.
  /// - Throws: `StartError`.
  public init(hostKeys: [String] = ["ed25519"]) async throws {
    var template = Array("/tmp/reconcile-ssh.XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw StartError(description: "no temporary folder") }
    let directory = String(
      decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
    self.directory = directory
    user = getpwuid(geteuid()).map { String(cString: $0.pointee.pw_name) } ?? "root"
    port = freePort()
    for kind in hostKeys { try await Self.makeKey("host_\(kind)", kind, in: directory) }
    let keys = ["ed25519": "ed25519", "ecdsa": "ecdsa", "rsa": "rsa", "locked": "ed25519"]
    for (name, kind) in keys {
      try await Self.makeKey(
        "id_\(name)", kind, passphrase: name == "locked" ? "passphrase-canary" : "", in: directory)
    }
    try await Self.makeKey("id_stranger", "ed25519", in: directory)
    let publicKeys = keys.keys.map { readFile("\(directory)/id_\($0).pub") }
    try writeFile(directory + "/authorized_keys", publicKeys.joined())
    let names = "[127.0.0.1]:\(port)"
    let known = hostKeys.map { "\(names) " + readFile("\(directory)/host_\($0).pub") }
    try writeFile(directory + "/known_hosts", known.joined())
    let settings =
      [
        "ListenAddress 127.0.0.1:\(port)", "AuthorizedKeysFile \(directory)/authorized_keys",
        "StrictModes no", "UsePAM no", "PidFile none", "PasswordAuthentication no",
        "KbdInteractiveAuthentication no", "PermitRootLogin prohibit-password", "LogLevel VERBOSE",
      ] + hostKeys.map { "HostKey \(directory)/host_\($0)" }
    try writeFile(directory + "/sshd_config", settings.joined(separator: "\n") + "\n")
    // Debian's start-up script makes it; a container has none.
    if geteuid() == 0 { mkdir("/run/sshd", 0o755) }
    let log = open("\(directory)/log", O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC, 0o600)
    defer { close(log) }
    child = try ChildProcess(
      "/usr/sbin/sshd", ["-D", "-e", "-f", directory + "/sshd_config"], output: log,
      errorOutput: log)
    let deadline = ContinuousClock.now + .seconds(20)
    while true {
      if let socket = connectLoopback(to: port) {
        close(socket)
        return
      }
      guard ContinuousClock.now < deadline else {
        throw StartError(description: readFile(directory + "/log"))
      }
      usleep(10_000)
    }
  }

  deinit {
    child.signal(SIGKILL)
    child.waitBlocking()
    removeFolder(directory)
  }

  /// The address of a folder of this machine.
  ///
  /// - Parameter path: The folder.
  /// - Returns: The address.
  public func address(_ path: String) -> String { "ssh://\(user)@127.0.0.1:\(port)\(path)" }

  /// The path of a key of its folder.
  ///
  /// - Parameter name: `ed25519`, `ecdsa`, `rsa`, `locked` or `stranger`.
  /// - Returns: The path of the private key.
  public func key(_ name: String) -> String { "\(directory)/id_\(name)" }

  private static func makeKey(
    _ name: String, _ kind: String, passphrase: String = "", in folder: String
  ) async throws {
    let result = try await ChildProcess.run(
      "ssh-keygen", ["-q", "-t", kind, "-N", passphrase, "-f", name], directory: folder)
    guard result.ending == .exited(0) else {
      throw StartError(description: String(decoding: result.errorOutput, as: UTF8.self))
    }
  }
}
