/// How the loss of a host is found.
public struct FailureDetection: Hashable, Sendable {
  /// How often all hosts are pinged; never where zero.
  public var probe: Duration
  /// How long a host's heartbeat is waited for where there are no pings, at least two of them.
  public var heartbeatTimeout: Duration
  /// How long a host that only says nothing is waited for.
  public var silence: Duration
  /// How long our own link must have been up before the loss of a host is believed at once that was not
  /// heard since.
  public var steadyLink: Duration
  /// The label that tells sites apart, if any.
  public var site: String?

  /// Creates settings.
  ///
  /// - Parameters:
  ///   - probe: How often all hosts are pinged; never where zero.
  ///   - silence: How long a host that only says nothing is waited for.
  ///   - heartbeatTimeout: How long a heartbeat is waited for where there are no pings.
  ///   - steadyLink: How long our own link must have been up before a loss is believed at once.
  ///   - site: The label that tells sites apart.
  public init(
    probe: Duration = .seconds(1), silence: Duration = .seconds(30),
    heartbeatTimeout: Duration = .seconds(70), steadyLink: Duration = .seconds(10),
    site: String? = "region"
  ) {
    self.probe = probe
    self.silence = silence
    self.heartbeatTimeout = max(.seconds(60), heartbeatTimeout)
    self.steadyLink = steadyLink
    self.site = site
  }
}
