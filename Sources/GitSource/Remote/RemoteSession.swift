import CGit2
import Digests
import Glibc
import ServiceRuntime

/// One connection to a server of git.
final class RemoteSession {
  private let request: FetchRequest
  /// Why we have ended it ourselves.
  private var refusal: RemoteFailure?
  /// Which credentials were tried; each is tried once.
  private var tried: Set<String> = []
  private var isStarted = false

  init(_ request: FetchRequest) { self.request = request }

  /// Brings a mirror to what the repository is now.
  ///
  /// - Returns: What came of it; `nil` where the mirror lacks something that it should have.
  func follow(into mirror: BareMirror) throws(RemoteFailure) -> FetchResult? {
    do throws(GitFailure) {
      return try connected(to: mirror)
    } catch {
      throw refusal ?? RemoteFailure(error, request)
    }
  }

  private func connected(
    to mirror: BareMirror
  ) throws(GitFailure) -> FetchResult? {
    try leadToKnownHosts()
    if let file = authorityFile { try check(reconcile_git_set_authority(file)) }
    _ = reconcile_git_set_mapped_limit(512 << 20)
    let remote = try GitObject(git_remote_free) {
      git_remote_create_anonymous($0, mirror.repository.pointer, request.url)
    }
    let payload = Unmanaged.passUnretained(self).toOpaque()
    var proxy = git_proxy_options()
    try check(git_proxy_options_init(&proxy, UInt32(GIT_PROXY_OPTIONS_VERSION)))
    proxy.type = request.proxy == nil ? GIT_PROXY_NONE : GIT_PROXY_SPECIFIED
    return try withOptional(request.proxy) { url throws(GitFailure) in
      proxy.url = url
      var options = git_remote_connect_options()
      try check(
        git_remote_connect_options_init(&options, UInt32(GIT_REMOTE_CONNECT_OPTIONS_VERSION)))
      options.callbacks.credentials = giveCredentials
      options.callbacks.certificate_check = checkCertificate
      options.callbacks.payload = payload
      options.follow_redirects = GIT_REMOTE_REDIRECT_NONE
      options.proxy_opts = proxy
      try check(git_remote_connect_ext(remote.pointer, GIT_DIRECTION_FETCH, &options))
      return try fetch(from: remote, into: mirror, options)
    }
  }

  private func fetch(
    from remote: borrowing GitObject, into mirror: BareMirror,
    _ options: git_remote_connect_options
  ) throws(GitFailure) -> FetchResult? {
    let wanted = try listed(by: remote)
    guard !wanted.targets.isEmpty else {
      refusal = RemoteFailure(.empty, "nothing was pushed to it, or all was deleted")
      throw GitFailure(status: -1, message: "")
    }
    let old = mirror.references()
    var result = FetchResult()
    result.references = wanted.targets.count
    let isSame =
      old?.targets == wanted.targets && (wanted.head == .unknown || old?.head == wanted.head)
    if isSame, let old {
      guard mirror.isWhole(old) else { return nil }
      result.isGrown = mirror.isGrown
      return result
    }
    var fetching = git_fetch_options()
    try check(git_fetch_options_init(&fetching, UInt32(GIT_FETCH_OPTIONS_VERSION)))
    fetching.callbacks = options.callbacks
    fetching.proxy_opts = options.proxy_opts
    fetching.follow_redirects = GIT_REMOTE_REDIRECT_NONE
    fetching.download_tags = GIT_REMOTE_DOWNLOAD_TAGS_NONE
    fetching.update_fetchhead = 0
    try download(remote, &fetching)
    guard mirror.isWhole(wanted) else { return nil }
    do throws(RemoteFailure) {
      try mirror.take(wanted, over: old)
    } catch {
      refusal = error
      throw GitFailure(status: -1, message: error.detail)
    }
    result.hasChanged = true
    result.isGrown = mirror.isGrown
    return result
  }

  private func download(
    _ remote: borrowing GitObject, _ options: inout git_fetch_options
  ) throws(GitFailure) {
    let texts = ["+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*", "+HEAD:refs/reconcile"]
    var specs = texts.map { strdup($0) }
    defer { for spec in specs { free(spec) } }
    let count = specs.count
    let status = specs.withUnsafeMutableBufferPointer { specs in
      var list = git_strarray(strings: specs.baseAddress, count: count)
      return git_remote_download(remote.pointer, &list, &options)
    }
    try check(status)
  }

  /// What the server says it has; a name that means something else elsewhere is passed over.
  private func listed(
    by remote: borrowing GitObject
  ) throws(GitFailure) -> BareMirror.References {
    var heads: UnsafeMutablePointer<UnsafePointer<git_remote_head>?>?
    var count = 0
    try check(git_remote_ls(&heads, &count, remote.pointer))
    var references = BareMirror.References()
    for index in 0..<count {
      guard let head = heads?[index]?.pointee, let name = head.name.map({ String(cString: $0) })
      else { continue }
      var id = head.oid
      if name == "HEAD" {
        let target = head.symref_target.map { String(cString: $0) }
        references.head =
          target.map { isMirrored($0) ? .branch($0) : .unknown } ?? .commit(String(&id))
      } else if isMirrored(name) {
        references.targets[name] = String(&id)
      }
    }
    return references
  }

  /// Shows libgit2 the keys of this server alone.
  ///
  /// It asks for one of their kinds, and for any kind where it has none. Whether the server is the
  /// right one is ours to say.
  private func leadToKnownHosts() throws(GitFailure) {
    guard !request.url.hasPrefix("http") else { return }
    let home = request.folder + "/home"
    let text = knownHosts.lines(of: request.knownHost)
    do throws(FileError) {
      try makeFolders(home + "/.ssh")
      try writeFile(Array(text.utf8), to: home + "/.ssh/known_hosts")
    } catch {
      refusal = RemoteFailure(.unwritable, "\(error)")
      throw GitFailure(status: -1, message: "\(error)")
    }
    // It looks for the file in this folder and nowhere else.
    setenv("HOME", home, 1)
  }

  private lazy var knownHosts = KnownHosts(reading: request.knownHosts)

  /// The file of certificates that are trusted.
  private var authorityFile: String? {
    if let authority = request.authority { return authority }
    let system = "/etc/ssl/certs/ca-certificates.crt"
    return request.url.hasPrefix("https:") && access(system, R_OK) == 0 ? system : nil
  }

  // MARK: What libgit2 asks

  /// Gives what is known of us, each kind once: libgit2 asks again and again where it is wrong.
  fileprivate func credential(
    _ out: UnsafeMutablePointer<UnsafeMutablePointer<git_credential>?>?, allowed: UInt32
  ) -> Int32 {
    func isAllowed(_ kind: git_credential_t) -> Bool { allowed & kind.rawValue != 0 }
    func offer(_ what: String, _ call: () -> Int32) -> Int32 {
      guard tried.insert(what).inserted else { return refuse(wrongCredentials) }
      return call()
    }
    let name = request.username ?? ""
    if isAllowed(GIT_CREDENTIAL_USERNAME) {
      return offer("name") { git_credential_username_new(out, name) }
    }
    if isAllowed(GIT_CREDENTIAL_USERPASS_PLAINTEXT), request.url.hasPrefix("http") {
      guard let password = request.password else {
        return refuse(RemoteFailure(.noCredentials, "it asks who we are"))
      }
      return offer("password") { git_credential_userpass_plaintext_new(out, name, password) }
    }
    if isAllowed(GIT_CREDENTIAL_SSH_KEY) {
      if let key = request.sshKey {
        return offer("key") {
          git_credential_ssh_key_new(out, name, nil, key, request.passphrase)
        }
      }
      guard getenv("SSH_AUTH_SOCK") != nil else {
        return refuse(RemoteFailure(.noCredentials, "neither a key nor an agent is given"))
      }
      return offer("agent") { git_credential_ssh_key_from_agent(out, name) }
    }
    return refuse(
      RemoteFailure(
        .refused, "it takes none of what we can show",
        remedy: "let it take tokens or passwords, of ssh a public key"))
  }

  private func refuse(_ failure: RemoteFailure) -> Int32 {
    refusal = failure
    return GIT_EAUTH.rawValue
  }

  private var wrongCredentials: RemoteFailure {
    guard request.url.hasPrefix("http") else { return wrongKey }
    return RemoteFailure(.refused, "it does not take the token or the password, or it has expired")
  }

  private var wrongKey: RemoteFailure {
    guard let key = request.sshKey else {
      return RemoteFailure(.refused, "it takes no key of the agent for '\(request.username ?? "")'")
    }
    if isRSAKey(at: key) {
      return RemoteFailure(
        .refused, "the key in \(key) is one of RSA, which is signed with SHA-1 here",
        remedy: "make one with `ssh-keygen -t ed25519`; servers take no such signature any more")
    }
    return RemoteFailure(.refused, "it does not take the key in \(key)")
  }

  fileprivate func accept(
    _ certificate: UnsafeMutablePointer<git_cert>, isValid: Bool
  ) -> Int32 {
    if certificate.pointee.cert_type == GIT_CERT_HOSTKEY_LIBSSH2 {
      return certificate.withMemoryRebound(to: git_cert_hostkey.self, capacity: 1) {
        accept(hostKey: $0.pointee)
      }
    }
    guard !isValid else { return 0 }
    refusal = RemoteFailure(
      .untrusted,
      "it is not of an authority that is trusted here, or for another name than \(request.host), "
        + "or its time is over")
    return GIT_ECERTIFICATE.rawValue
  }

  private func accept(hostKey key: git_cert_hostkey) -> Int32 {
    guard key.type.rawValue & GIT_CERT_SSH_RAW.rawValue != 0, let bytes = key.hostkey else {
      refusal = RemoteFailure(.wrongHostKey, "it shows no key")
      return GIT_ECERTIFICATE.rawValue
    }
    let raw = Array(UnsafeRawBufferPointer(start: bytes, count: key.hostkey_len))
    refusal = knownHosts.refusal(
      of: raw, from: request.knownHost, files: request.knownHosts)
    return refusal == nil ? 0 : GIT_ECERTIFICATE.rawValue
  }
}

private let giveCredentials: git_credential_acquire_cb = { out, _, _, allowed, payload in
  guard let payload else { return GIT_EAUTH.rawValue }
  return Unmanaged<RemoteSession>.fromOpaque(payload).takeUnretainedValue()
    .credential(out, allowed: allowed)
}

private let checkCertificate: git_transport_certificate_check_cb = {
  certificate, valid, _, payload in
  guard let payload, let certificate else { return GIT_ECERTIFICATE.rawValue }
  return Unmanaged<RemoteSession>.fromOpaque(payload).takeUnretainedValue()
    .accept(certificate, isValid: valid == 1)
}

private func withOptional<Value>(
  _ text: String?, _ body: (UnsafePointer<CChar>?) throws(GitFailure) -> Value
) throws(GitFailure) -> Value {
  guard let text, let copy = strdup(text) else { return try body(nil) }
  defer { free(copy) }
  return try body(copy)
}

/// Whether a file holds a private key of RSA, in the form of OpenSSH or an older one.
private func isRSAKey(at path: String) -> Bool {
  guard let bytes = FileDescriptor.file(at: path)?.read(1 << 16) else { return false }
  let text = String(decoding: bytes, as: UTF8.self)
  if text.contains("BEGIN RSA PRIVATE KEY") { return true }
  let body = text.split(whereSeparator: \.isNewline).dropFirst().prefix { !$0.hasPrefix("-") }
  let packed = decodeBase64(body.joined()) ?? []
  return String(decoding: packed.prefix(256), as: UTF8.self).contains("ssh-rsa")
}
