import CGit2

extension RemoteFailure {
  /// What a failure of libgit2 means, where we have not ended the connection ourselves.
  init(_ failure: GitFailure, _ request: FetchRequest) {
    let words = String(failure.message.prefix { !$0.isNewline }.prefix(500))
    let row = Self.rows.first { row in
      row.words.contains { words.says($0) }
    }
    self.init(row?.kind ?? .failed, words, remedy: row?.remedy)
    if failure.status == GIT_EAUTH.rawValue, row == nil { kind = .refused }
    if kind == .refused, request.password == nil, request.sshKey == nil { kind = .noCredentials }
  }

  /// What libgit2 and the libraries below it say, in the order in which it is looked for.
  private static let rows: [(words: [String], kind: Kind, remedy: String?)] = [
    (["cannot allocate memory", "out of memory"], .outOfMemory, nil),
    (["no space left", "read-only file system", "disk quota exceeded"], .unwritable, nil),
    (["cannot redirect"], .redirected, nil),
    (
      ["failed to load ca"], .noSecret,
      "see that --git-ca (auth.ca) names a file of certificates in PEM"
    ),
    (
      ["wrong passphrase"], .noSecret,
      "give what opens the key with --git-ssh-passphrase (auth.sshPassphrase)"
    ),
    (
      [
        "status code: 401", "status code: 403", "authentication replays", "authentication required",
        "combination invalid", "callback returned",
      ], .refused, nil
    ),
    (
      ["status code: 404", "status code: 410", "not found", "does not appear to be"], .notFound, nil
    ),
    (
      [
        "failed to resolve address", "failed to connect", "connection refused", "timed out",
        "connection reset", "error receiving", "unexpected eof", "early eof",
        "failed getting banner", "socket", "no route to host", "network is unreachable",
        "could not read refs", "status code: 5", "ssl error",
      ], .unreachable, nil
    ),
  ]
}

extension String {
  /// Whether words stand in it, be they large or small.
  fileprivate func says(_ words: String) -> Bool { lowercased().contains(words) }
}
