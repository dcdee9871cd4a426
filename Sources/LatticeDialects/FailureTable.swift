public import Diagnostics

/// Returns what is known of a failure that a host, a provider or the NATS library tells in its own
/// words: the cause, and what can be done.
///
/// The texts are those that hosts of 0.82 and 1.x were recorded with, and the names by which people
/// know these errors. Costs a search for each row of the table in the first 4,096 bytes.
///
/// - Parameter words: The words, or a line that has them in it.
/// - Returns: A finding with a stable code, or `nil` where nothing is known.
public func explanation(of words: String) -> Diagnostic? {
  let text = String(decoding: words.utf8.prefix(4_096), as: UTF8.self).lowercased()
  return failureTable.first { row in row.signs.contains { text.contains($0) } }.map { row in
    Diagnostic(DiagnosticCode("HST", row.number), .error, row.cause, remedy: row.remedy)
  }
}

/// One known failure: by which texts it is known, in lower case, and what it comes from.
private struct FailureRow: Sendable {
  let number: Int
  let cause: String
  let remedy: String
  let signs: [String]

  init(_ number: Int, _ cause: String, _ remedy: String, _ signs: String...) {
    (self.number, self.cause, self.remedy, self.signs) = (number, cause, remedy, signs)
  }
}

/// The first row that fits is meant, so what is narrow stands before what is wide: a registry that
/// refuses the connection before a NATS server that does.
private let failureTable: [FailureRow] = claimRows + imageRows + policyRows + storeRows + hostRows

private let claimRows = [
  FailureRow(
    1, "the bytes of the image are not those that were signed",
    "build, sign and push it anew, under a new tag", "invalid module hash"),
  FailureRow(
    1, "the claims in the image have expired",
    "sign it with a later expiry and push it under a new tag",
    "token expired at"),
  FailureRow(
    1, "the claims in the image are not valid yet",
    "wait until they are; see that the clocks of the host and of whoever signed agree",
    "token cannot be used before"),
  FailureRow(
    1, "the claims in the image are missing or not valid: it is not signed, or not by whom it says",
    "sign it, and push it under a new tag", "failed to extract module claims",
    "failed to validate module token", "signature is not valid", "claims missing",
    "invalid claim"),
]

private let imageRows = [
  FailureRow(
    3, "the host takes no image with the tag latest, or with none",
    "name a tag or a digest, or start the host with WASMCLOUD_OCI_ALLOW_LATEST=true",
    "is currently prohibited in this host"),
  FailureRow(
    3, "the image has no name that a registry knows", "write registry/name:tag",
    "repository name must have"),
  FailureRow(
    3, "the host does not find the file of the image, or not for its kind of machine",
    "see that the path is there on every host; better, push the image to a registry",
    "failed to read component", "failed to read provider", "failed to load provider archive"),
  FailureRow(
    3,
    "the host's registry cannot be reached: wrong address, no network, or TLS that is not spoken",
    "try the image from the host's machine; a registry without TLS must be named in its "
      + "WASMCLOUD_OCI_ALLOWED_INSECURE", "error sending request for url", "tcp connect error",
    "error trying to connect"),
  FailureRow(
    3, "the host cannot pull the image: it is not there, or the host may not read it",
    "see that the tag exists, and that the host has the registry's user and password",
    "failed to fetch component", "failed to fetch provider", "failed to fetch actor",
    "failed to fetch oci", "image pull"),
]

private let policyRows = [
  FailureRow(
    6, "the host asked its policy service, which did not answer in time",
    "see that the policy service runs and listens on the host's policy subject; it denies until then",
    "policy request failed"),
  FailureRow(
    6, "the policy service of the lattice denies it",
    "read its message, and change the policy, or what is declared", "policy denied request",
    "capability denied"),
]

private let storeRows = [
  FailureRow(
    13, "a link of the same name and contract leads to another target",
    "remove that link, or give the declared one another name",
    "link already exists with different target"),
  FailureRow(
    2, "nothing links the caller to a provider or actor of that contract and name",
    "declare the link, source and target, with the interface that is called; 'reconcile get links' "
      + "lists what is stored", "link definition not found", "failed to resolve link",
    "linkdef not found", "no link found"),
  FailureRow(
    12, "secrets are asked for, and the host was started without a secret store",
    "set WASMCLOUD_SECRETS_TOPIC for the host, with a store that listens there",
    "secret store not configured"),
  FailureRow(
    11, "a config or a secret that it names is not stored",
    "declare the config; one that is external must be put before",
    "unable to fetch requested config",
    "not found in config store", "unable to fetch requested secrets"),
]

private let hostRows = [
  FailureRow(
    14, "something else runs under this id on the host already",
    "see 'reconcile get actors' and 'get providers' for who runs it; give the declared one another id",
    "already running with that id", "with that id is already running",
    "provider is already running", "different image reference"),
  FailureRow(
    16, "the host has no builtin provider of that name",
    "name one that it has, or the image of a provider", "unknown builtin name"),
  FailureRow(
    15, "the host does not understand the request: it is of a version with another wire",
    "see its version in 'reconcile get hosts'; hosts of wasmCloud 1.x are commanded",
    "failed to deserialize", "unsupported subject", "invalid entity id", "json request"),
  FailureRow(
    7, "no such host is there, or it has gone",
    "see 'reconcile get hosts'; where it is gone for good, say --forget-host",
    "host not found", "invalid host_id", "is not active, stop request",
    "received by incorrect host",
    "nobody listens on wasmbus.ctl"),
  FailureRow(
    7, "it does not run on that host any more", "look again: 'reconcile diff'",
    "is not running", "actor not found", "annotations found to stop",
    "matching annotations not found"),
  FailureRow(
    8, "the host has no room: memory, disk or the number it may run",
    "add hosts, lower instances or spread them, or raise the host's limits",
    "insufficient resources", "no space left on device", "cannot allocate memory", "out of memory",
    "too many open files"),
  FailureRow(
    10, "no host that is left fits the rules, is healthy and has room",
    "see why under 'cannot be placed' of 'reconcile diff'; add a host or widen the rules",
    "no healthy target", "failover failed"),
  FailureRow(
    9,
    "the host was not heard for longer than it may be silent: it is gone, hangs, or its line is cut",
    "see that its process runs and reaches NATS; what it ran is started elsewhere once it is lost",
    "heartbeat timeout", "heartbeat timed out"),
  FailureRow(
    4, "nothing listens at the address of the NATS server",
    "start it, or give its address with --nats", "connection refused", "no nats server answers"),
  FailureRow(
    5, "no answer came over NATS in time: who should answer is gone, busy or in another lattice",
    "see that --lattice and --nats name the hosts' own; 'reconcile doctor' tries the way there",
    "subscription timeout", "deadline has elapsed", "request timed out", "no answer on "),
]
