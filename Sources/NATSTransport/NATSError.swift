public import Diagnostics
import TextForms

/// What can go wrong with messages.
public enum NATSError: DiagnosticError, Hashable {
  /// No server answers at any of the addresses.
  case unreachable(servers: [String], detail: String)
  /// The server does not accept the credentials.
  case unauthorized(servers: [String], detail: String)
  /// The server's certificate, or ours, is not accepted.
  case insecure(servers: [String], detail: String)
  /// The server offers no TLS, though an address or a file asks for it.
  case plain(servers: [String])
  /// A server answers and does not let us in, whoever we are.
  case unwelcome(servers: [String], detail: String)
  /// A credentials, key or certificate file cannot be used.
  case unusableFile(path: String, detail: String)
  /// Nobody listens on the subject.
  case noResponders(subject: String)
  /// Nobody answered in time.
  case timeout(subject: String, after: Duration)
  /// The server refuses this user the subject.
  case permissionDenied(subject: String)
  /// The connection is lost just now.
  case disconnected
  /// The message is larger than the server takes.
  case tooLarge(subject: String, bytes: Int)
  /// The subject cannot be used.
  case invalidSubject(String)
  /// There is no JetStream to hold a bucket.
  case storeUnavailable(bucket: String)
  /// There is JetStream, but not for this user's account.
  case noJetStreamForAccount(bucket: String)
  /// There is JetStream, and no such bucket in it.
  case storeAbsent(bucket: String)
  /// A bucket does not answer, or may not be read; it is not known what it holds.
  case storeUnreadable(bucket: String, detail: String, remedy: String)
  /// A write was refused because somebody else wrote first.
  case conflict(bucket: String, key: String)
  /// JetStream refused a request.
  case refusedByStore(bucket: String, detail: String)
  /// A file that stands in for a bucket cannot be used.
  case refusedByFile(path: String, detail: String)
  /// The waiting task was cancelled.
  case cancelled
  /// Anything else that the library reports.
  case other(String)
  /// A file that should hold an nkey seed holds none of a user.
  case noSeed(path: String)
  /// The NATS command line has saved no context of this name.
  case noContext(String, known: [String], folder: String)
  /// The file of a context cannot be used.
  case unusableContext(path: String, detail: String)
  /// The account wants to know how large a bucket may grow.
  case sizeWanted(bucket: String)

  /// Whether there is no connection, so that no other question is answered either.
  public var isOfConnection: Bool {
    switch self {
    case .unreachable, .unauthorized, .insecure, .plain, .unwelcome, .unusableFile, .disconnected,
      .noSeed, .noContext, .unusableContext:
      true
    case .noResponders, .timeout, .permissionDenied, .tooLarge, .invalidSubject, .storeUnavailable,
      .noJetStreamForAccount, .storeAbsent, .storeUnreadable, .conflict, .refusedByStore,
      .refusedByFile, .cancelled, .other, .sizeWanted:
      false
    }
  }

  /// The findings that make up the error.
  public var diagnostics: [Diagnostic] {
    let (number, message, remedy) = explanation
    return [Diagnostic(DiagnosticCode("NAT", number), .error, message, remedy: remedy)]
  }

  private var explanation: (Int, String, String?) {
    switch self {
    case .unreachable(let servers, let detail):
      (
        1, "no NATS server answers at \(servers.joined(separator: ", ")) (\(detail))",
        "start one, or give its address with --nats"
      )
    case .unauthorized(let servers, let detail):
      (
        2, "the NATS server at \(servers.joined(separator: ", ")) refuses access (\(detail))",
        "give a user that it knows, with --creds, --nkey or in the address"
      )
    case .insecure(let servers, let detail):
      (
        3, "no secure connection to \(servers.joined(separator: ", ")) (\(detail))",
        "see that --tls-ca names the server's authority and the address its certificate's name"
      )
    case .plain(let servers):
      (
        3,
        "the NATS server at \(servers.joined(separator: ", ")) offers no TLS, which tls:// or "
          + "--tls-ca asks for; nothing was sent to it",
        "turn TLS on in its configuration; where the line is safe, begin the address with nats://"
      )
    case .unwelcome(let servers, let detail):
      (
        1, "the NATS server at \(servers.joined(separator: ", ")) ended the connection (\(detail))",
        "see its log: it may serve as many as it may, speak another protocol, or want TLS before it "
          + "says anything (handshake_first), which is not spoken"
      )
    case .unusableFile(let path, let detail):
      (4, "\(path) cannot be used (\(detail))", "give a file that exists and can be read")
    case .noResponders(let subject):
      (5, "nobody listens on \(subject)", "see that the hosts of this lattice run")
    case .timeout(let subject, let duration):
      (
        6, "no answer on \(subject) within \(formatDuration(duration))",
        "see whether the host there is busy"
      )
    case .permissionDenied(let subject):
      (
        7, "this NATS user may not use \(subject)",
        "allow it in the server's configuration, or give another user"
      )
    case .disconnected:
      (
        8, "the connection to the NATS server is lost just now",
        "wait until the server is back; a controller goes on then, a single run is to be repeated"
      )
    case .tooLarge(let subject, let bytes):
      (
        9, "a message of \(bytes) bytes to \(subject) is larger than the server takes",
        "raise max_payload in the server's configuration"
      )
    case .invalidSubject(let subject):
      (10, "'\(subject)' is no subject to send to", "names must be single tokens without spaces")
    case .storeUnavailable(let bucket):
      (
        11, "there is no JetStream that would hold the bucket \(bucket)",
        "see that the NATS server runs with JetStream"
      )
    case .storeAbsent(let bucket):
      (
        17, "there is no bucket \(bucket)",
        "see that --lattice and --nats name the right ones, and that nobody removed it"
      )
    case .noJetStreamForAccount(let bucket):
      (
        18, "this NATS user's account has no JetStream that would hold the bucket \(bucket)",
        "enable JetStream for the account, or give a user of another one"
      )
    case .storeUnreadable(let bucket, let detail, let remedy):
      (19, "the bucket \(bucket) cannot be read: \(detail)", remedy)
    case .conflict(let bucket, let key):
      (12, "somebody else wrote \(key) in \(bucket) first", "run again to see the newer state")
    case .refusedByFile(let path, let detail):
      (
        13, "the record's file \(path) cannot be used: \(detail)",
        "see who may read and write it; restore a damaged one from a backup, or remove it: what it "
          + "told is then treated as not ours"
      )
    case .refusedByStore(let bucket, let detail):
      (13, "JetStream refused a request about \(bucket): \(detail)", "see the server's limits")
    case .cancelled: (14, "waiting for an answer was cancelled", nil)
    case .other(let detail):
      (15, "the NATS library reports: \(detail)", "see the server's log")
    case .noSeed(let path):
      (
        16, "\(path) holds no nkey seed of a user",
        "give a file with the line that begins with SU, as 'nk -gen user' writes it"
      )
    case .noContext(let name, let known, let folder):
      (
        20, "there is no NATS context '\(escapingControlCharacters(name))' in \(folder)",
        known.isEmpty
          ? "save one with 'nats context add', or give --nats and what lets us in"
          : "there is \(known.map(escapingControlCharacters).joined(separator: ", "))"
      )
    case .unusableContext(let path, let detail):
      (
        21, "the NATS context \(path) cannot be used: \(detail)",
        "mend it with 'nats context edit', or give --nats and what lets us in"
      )
    case .sizeWanted(let bucket):
      (
        22, "this NATS user's account takes no bucket without a size, as \(bucket) would be",
        "give one with --record-max-bytes, such as 67108864"
      )
    }
  }

  /// What the error means for whoever might try again.
  public var disposition: Disposition {
    switch self {
    case .unauthorized, .insecure, .plain, .unusableFile, .noSeed, .permissionDenied, .tooLarge,
      .noContext, .unusableContext, .sizeWanted, .invalidSubject, .refusedByStore, .refusedByFile,
      .cancelled:
      .stalled
    case .unreachable, .unwelcome, .noResponders, .timeout, .disconnected, .storeUnavailable,
      .noJetStreamForAccount, .storeAbsent, .storeUnreadable, .conflict, .other:
      .transient
    }
  }
}
