import Foundation
import Glibc
import ReconcileTestKit
import ServiceRuntime

/// A repository behind a server of git, and the built executable somewhere else; no lattice.
struct RemotePlace {
  let work: GitRepositoryFixture
  let server: GitHTTPServer
  /// The folder of the bare repositories that the server has.
  var root: String { work.folder + "/root" }

  /// What must be told to nobody.
  static let canaries = ["token-canary", "password-canary", "passphrase-canary"]

  init(logins: [String] = []) async throws {
    work = try await GitRepositoryFixture()
    server = try await GitHTTPServer(serving: work.folder + "/root", logins: logins)
    try work.write("manifests/shop.yaml", Site.application())
    try await work.commit("Declare the shop")
    try await work.git("clone", "-q", "--bare", work.path, root + "/shop.git")
    try await work.git("init", "-q", "--bare", "-b", "main", root + "/empty.git")
    try await work.git("remote", "add", "origin", root + "/shop.git")
    try writeFile(work.folder + "/token", "token-canary\n")
  }

  /// Where the executable keeps its mirrors.
  var mirrors: String { work.folder + "/.local/state/reconcile/git" }

  /// Runs the executable in a folder that is no repository.
  func reconcile(_ arguments: [String], _ extra: [String: String] = [:]) async throws -> Run {
    let variables = [
      "HOME": work.folder, "PATH": ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin",
      "TOKEN": "token-canary", "PASSWORD": "password-canary", "PASSPHRASE": "passphrase-canary",
    ]
    let result = try await ChildProcess.run(
      Site.executable, arguments, environment: variables.merging(extra) { $1 },
      directory: work.folder, deadline: .seconds(60))
    guard case .exited(let status) = result.ending else {
      throw CocoaError(.executableLoad, userInfo: ["ending": "\(result.ending)"])
    }
    return Run(
      status: status, output: String(decoding: result.output, as: UTF8.self),
      errors: String(decoding: result.errorOutput, as: UTF8.self))
  }
}

/// The processes that a process has started, with what anybody may see of them.
func children(of pid: Int32) -> [(pid: Int32, arguments: String, environment: String)] {
  let all = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
  return all.compactMap { Int32($0) }.filter { child in
    let status: String = readFile("/proc/\(child)/status")
    return status.split(separator: "\n").contains("PPid:\t\(pid)")
  }.map {
    ($0, readFile("/proc/\($0)/cmdline"), readFile("/proc/\($0)/environ"))
  }
}
