import Foundation
import Glibc
import NATSTransport
import ServiceRuntime

/// A folder that goes when nobody holds it.
final class TemporaryFolder: Sendable {
  let path: String

  init() throws {
    var template = Array("/tmp/reconcile-bench.XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw BenchError("no temporary folder") }
    path = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }
}

/// A nats-server on a port that the system chooses, with JetStream, gone when nobody holds it.
final class ServerProcess: Sendable {
  let address: String
  private let child: ChildProcess

  init(in folder: TemporaryFolder) async throws {
    let settings = """
      listen: "127.0.0.1:-1"
      ports_file_dir: "\(folder.path)"
      jetstream { store_dir: "\(folder.path)/store" }
      accounts {
        SYSTEM { users [ {user: system, password: secret} ] }
        APPLICATION { jetstream: enabled, users [ {user: application, password: secret} ] }
      }
      system_account: SYSTEM
      no_auth_user: application

      """
    try writeFile(Array(settings.utf8), to: "\(folder.path)/server.conf")
    let child = try ChildProcess("nats-server", ["-c", "\(folder.path)/server.conf"])
    self.child = child
    let ports = "\(folder.path)/nats-server_\(child.pid).ports"
    let address = try await wait(for: "nats-server") {
      String(decoding: try readFile(ports) ?? [], as: UTF8.self).split(separator: "\"")
        .first { $0.hasPrefix("nats://") }
    }
    self.address = String(address)
  }

  deinit {
    child.signal(SIGKILL)
    child.waitBlocking()
  }

  func connect() async throws -> NATSConnection {
    try await NATSConnection.connect(NATSOptions(servers: [address], name: "bench"))
  }
}

/// Looks again and again, ten seconds at most, until something is there.
func wait<Value>(for what: String, _ look: () async throws -> Value?) async throws -> Value {
  let deadline = ContinuousClock.now + .seconds(10)
  while ContinuousClock.now < deadline {
    if let value = try await look() { return value }
    try await Task.sleep(for: .milliseconds(5))
  }
  throw BenchError("\(what) is not there after ten seconds")
}

/// A bare repository whose commits come as packs, as those of a server do.
struct SampleRepository {
  let path: String

  init(in folder: TemporaryFolder) async throws {
    path = "\(folder.path)/repository.git"
    try await git(["init", "-q", "--bare", "-b", "main", path])
  }

  /// Commits files, by path, on top of what there is.
  func commit(_ files: [(path: String, text: String)]) async throws {
    var stream = "commit refs/heads/main\ncommitter Bench <bench@example.com> 1767323045 +0000\n"
    stream += "data 5\nBench\n"
    if try readFile("\(path)/refs/heads/main") != nil { stream += "from refs/heads/main^0\n" }
    for file in files {
      stream += "M 100644 inline \(file.path)\ndata \(file.text.utf8.count)\n\(file.text)\n"
    }
    try await git(
      ["-C", path, "-c", "fastimport.unpackLimit=1", "fast-import", "--quiet"],
      input: Array(stream.utf8))
  }

  /// The commit that the branch means, and when its reference was written.
  func head() throws -> (commit: String, written: Int64) {
    let reference = "\(path)/refs/heads/main"
    var information = stat()
    guard stat(reference, &information) == 0, let bytes = try readFile(reference) else {
      throw BenchError("\(reference) is not there")
    }
    let time = information.st_mtim
    return (
      String(decoding: bytes.prefix(40), as: UTF8.self),
      Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    )
  }

  private func git(_ arguments: [String], input: [UInt8] = []) async throws {
    let environment = [
      "PATH": getenv("PATH").map { String(cString: $0) } ?? "/usr/bin:/bin", "HOME": "/nonexistent",
      "GIT_CONFIG_NOSYSTEM": "1", "LC_ALL": "C",
    ]
    let result = try await ChildProcess.run(
      "git", arguments, environment: environment, input: input)
    guard result.ending == .exited(0) else {
      throw BenchError("git: \(String(decoding: result.errorOutput, as: UTF8.self))")
    }
  }
}
