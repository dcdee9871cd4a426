import Digests
import Glibc
import JSONCoding
import ServiceRuntime
import TextForms

/// A repository on another machine, read from a mirror of it that lies here.
///
/// Reading costs no network: only `follow` asks the server, in a child process with a deadline and a
/// bound of its memory, and what was fetched before stands where it fails. The mirror is bare; it
/// outlives the process, and several processes may share it.
///
/// ## Usage
/// ```swift
/// let mirror = try RemoteMirror.shared("https://example.com/shop.git", options)
/// try await mirror.follow()
/// let commit = try await mirror.resolve(.head)
/// ```
public actor RemoteMirror {
  private let executor = BlockingExecutor(label: "reconcile.remote")
  private let address: RemoteAddress
  private let options: RemoteOptions
  private let folder: String
  private var mirror: TimedMirror?
  /// Whether a look is under way, and who waits for it.
  private var isLooking = false
  private var waiting: [CheckedContinuation<Void, Never>] = []
  /// When the last look began, and what came of it.
  private var last: (began: ContinuousClock.Instant, result: Result<Void, GitError>)?
  /// Something in the mirror could not be read.
  private var isDamaged = false
  /// When the mirror was last cloned anew, or that was tried.
  private var clonedAt: ContinuousClock.Instant?

  /// The executor of its own.
  public nonisolated var unownedExecutor: UnownedSerialExecutor {
    executor.asUnownedSerialExecutor()
  }

  private init(_ address: RemoteAddress, _ options: RemoteOptions, folder: String) {
    (self.address, self.options, self.folder) = (address, options, folder)
  }

  private struct Key: Hashable {
    var address: RemoteAddress
    var options: RemoteOptions
  }

  private struct Weak {
    weak var mirror: RemoteMirror?
  }

  private static let all = Lock<[Key: Weak]>([:])

  /// Returns the mirror of a repository, one for all who read it alike; asks nobody yet.
  ///
  /// - Parameters:
  ///   - text: What people write: an address, or a folder of this machine.
  ///   - options: How it is reached.
  /// - Returns: The mirror, or `nil` for a folder, which is read where it lies.
  /// - Throws: `GitError.unreadableAddress`; `GitError.remote` where there is no place for a mirror.
  public static func shared(
    _ text: String, _ options: RemoteOptions
  ) throws(GitError) -> RemoteMirror? {
    guard case .remote(let address) = try RepositoryAddress(text) else { return nil }
    guard let folder = options.folder else {
      throw .remote(
        address.shown,
        RemoteFailure(
          .unwritable, "no folder for it is known",
          remedy: "give one with --state-dir (stateDir), or set HOME"))
    }
    let key = Key(address: address, options: options)
    return all.withLock { all in
      if let known = all[key]?.mirror { return known }
      all = all.filter { $0.value.mirror != nil }
      let digest = SHA256Digest.of(Array(address.canonical.utf8)).prefixHex(32)
      let mirror = RemoteMirror(address, options, folder: "\(folder)/\(digest)")
      all[key] = Weak(mirror: mirror)
      return mirror
    }
  }

  /// The address as it is shown.
  public nonisolated var shown: String { address.shown }

  // MARK: Following

  /// Asks the server what its branches and tags are, and fetches what is new.
  ///
  /// Costs one request where nothing is new. Who asks while others do shares what they learn, if they
  /// have begun since.
  ///
  /// - Parameter age: How old an answer may be that others got.
  /// - Throws: `GitError.remote`; what was fetched before stands.
  public func follow(ifOlderThan age: Duration = .zero) async throws(GitError) {
    let asked = ContinuousClock.now
    while isLooking { await withCheckedContinuation { waiting.append($0) } }
    guard !Task.isCancelled else { throw .cancelled }
    if let last, last.began >= asked - age { return try last.result.get() }
    isLooking = true
    let began = ContinuousClock.now
    let result = await look()
    isLooking = false
    let next = waiting
    waiting = []
    for waiter in next { waiter.resume() }
    if case .failure(.cancelled) = result { throw .cancelled }
    last = (began, result)
    try result.get()
  }

  private func look() async -> Result<Void, GitError> {
    do throws(RemoteFailure) {
      let mayClone = clonedAt.map { ContinuousClock.now - $0 > .seconds(3600) } ?? true
      let isFresh = isDamaged && mayClone
      if isFresh { clonedAt = .now }
      let result = try await fetch(isFresh: isFresh)
      if isFresh { isDamaged = false }
      if result.isGrown, mayClone, !isFresh {
        clonedAt = .now
        // The mirror is whole; it is only larger than it need be.
        _ = try? await fetch(isFresh: true)
      }
      return .success(())
    } catch {
      guard !Task.isCancelled else { return .failure(.cancelled) }
      return .failure(.remote(address.shown, error))
    }
  }

  private func fetch(isFresh: Bool) async throws(RemoteFailure) -> FetchResult {
    var request = try self.request()
    request.isFresh = isFresh
    let child: ChildProcess.Result
    do throws(ChildProcess.SpawnError) {
      child = try await ChildProcess.run(
        options.program, [GitChild.word], environment: environment,
        input: request.json.bytes(), limit: 1 << 16, deadline: options.timeout)
    } catch {
      throw RemoteFailure(.failed, "the program that fetches cannot be started, \(error)")
    }
    if let result = FetchResult.reading(child.output), child.ending == .exited(0) {
      return try result.get()
    }
    if child.isOverdue {
      throw RemoteFailure(.overdue, "nothing came of it in \(formatDuration(options.timeout))")
    }
    throw RemoteFailure(
      child.endedForMemory ? .outOfMemory : .failed,
      "the process that fetches ended without a result (\(child.ending))")
  }

  private func request() throws(RemoteFailure) -> FetchRequest {
    var request = FetchRequest()
    request.username = address.user ?? options.username
    if address.transport == .ssh {
      request.username = request.username ?? RemoteAddress.standardUser
      request.sshKey = options.sshKey
      if let key = options.sshKey, access(key, R_OK) != 0 {
        throw RemoteFailure(.noSecret, "the key \(key) cannot be read, \(lastSystemError)")
      }
      request.passphrase = try options.sshPassphrase?.secret("the passphrase")
      request.knownHosts = options.knownHosts.map { [$0] } ?? Self.standardKnownHosts
    } else {
      let secret = options.token ?? options.password
      let password = try secret?.secret(options.token == nil ? "the password" : "the token")
      request.password = password ?? address.password
      // Servers that take a token as a password take any name with it.
      request.username = request.username ?? "x-access-token"
      request.authority = options.authority
      request.proxy = options.proxy
    }
    request.url = address.url(as: request.username)
    (request.shown, request.folder) = (address.shown, folder)
    (request.host, request.knownHost) = (address.host, address.knownHost)
    request.seconds = Int(clamping: options.timeout.components.seconds) &+ 2
    request.memory = options.memoryLimit
    request.parent = Int(getpid())
    return request
  }

  private static var standardKnownHosts: [String] {
    let home = getenv("HOME").map { String(cString: $0) + "/.ssh/known_hosts" }
    return [home, "/etc/ssh/ssh_known_hosts"].compactMap(\.self)
  }

  /// What the child process needs of our environment; nothing in it may steer git.
  private var environment: [String: String] {
    var environment = processEnvironment().filter {
      ["PATH", "LD_LIBRARY_PATH", "TMPDIR", "SSH_AUTH_SOCK"].contains($0.key)
    }
    // A crash is told by its signal.
    environment["SWIFT_BACKTRACE"] = "enable=no"
    return environment
  }

  /// The mirror that was fetched, be it by an earlier process; where there is none it is fetched now.
  func opened() async throws(GitError) -> TimedMirror {
    if let mirror { return mirror }
    let path = folder + "/" + MirrorFolder.link
    if realPath(path) == nil { try await follow(ifOlderThan: .seconds(10)) }
    let mirror = TimedMirror(shown, timeout: options.timeout) { () throws(GitError) in
      try GitMirror(path: path, isOpenedThere: true)
    }
    self.mirror = mirror
    return mirror
  }

  /// Notes that something in the mirror cannot be read, so that it is cloned anew.
  func noteDamage() {
    isDamaged = true
    mirror = nil
  }
}

extension ChildProcess.Result {
  /// Whether it ended as a program does that gets no more memory: Swift traps, and so may a library.
  fileprivate var endedForMemory: Bool {
    [.signalled(SIGILL), .signalled(SIGTRAP), .signalled(SIGABRT)].contains(ending)
      || String(decoding: errorOutput, as: UTF8.self).contains("allocate memory")
  }
}
