import LatticeModel
public import ServiceRuntime

/// What a controller counts and measures.
///
/// Label values are words of ours or names from the configuration, never ids, images or texts: a
/// collector keeps every series it has ever seen. Strays are the exception, for they are few and
/// whoever is woken must know whom to stop. A gauge with several labels is replaced as a
/// whole, by its first label.
public struct ControllerMetrics: Sendable {
  /// Cycles by lattice, what woke them, and how they ended.
  public let cycles: MetricRegistry.Counter
  /// How long cycles took, by lattice.
  public let cycleDuration: MetricRegistry.Histogram
  /// How long planning took, by lattice.
  public let planDuration: MetricRegistry.Histogram
  /// Commands by lattice, kind and outcome.
  public let commands: MetricRegistry.Counter
  /// Differences in the last plan by lattice and kind.
  public let differences: MetricRegistry.Gauge
  /// Held steps in the last plan by lattice and guard.
  public let heldSteps: MetricRegistry.Gauge
  /// Processes that run on without a host, by lattice and provider; no series where none do.
  public let strays: MetricRegistry.Gauge
  /// What fails and is tried again, by lattice and what it is; 0 once it is over.
  public let failures: MetricRegistry.Gauge
  /// Instances that no host can take in the last plan, by lattice.
  public let unplaceable: MetricRegistry.Gauge
  /// Instances that run and that their server does not reach, by lattice.
  public let unreached: MetricRegistry.Gauge
  /// Actors and providers that may take hosts down, by lattice.
  public let suspects: MetricRegistry.Gauge
  /// How old the oldest word is that what is said of a lattice rests on, by lattice; grows by itself.
  public let observedAge: MetricRegistry.Gauge
  /// When desired and observed state were last equal, by lattice.
  public let lastSync: MetricRegistry.Gauge
  /// How long it took from a new revision to in sync, by lattice.
  public let revisionToSync: MetricRegistry.Histogram
  /// Hosts by lattice and what is thought of them.
  public let hosts: MetricRegistry.Gauge
  /// Whether every host that should answer has, by lattice.
  public let viewIsComplete: MetricRegistry.Gauge
  /// Hosts held to be lost, by lattice.
  public let hostLosses: MetricRegistry.Counter
  /// Records whose buckets did not hold what was written, by lattice.
  public let recordLosses: MetricRegistry.Counter
  /// How long it took from finding a host lost to the first command after it, by lattice.
  public let failover: MetricRegistry.Histogram
  /// Starts that were taken back and stops that were undone, by lattice.
  public let reversals: MetricRegistry.Counter
  /// Whether we hold the lease, by lattice.
  public let leaseHeld: MetricRegistry.Gauge
  /// The lease's epoch, by lattice.
  public let leaseEpoch: MetricRegistry.Gauge
  /// Who could command a lattice that we command, by lattice.
  public let standbys: MetricRegistry.Gauge
  /// Looks at a repository by outcome.
  public let sourceReads: MetricRegistry.Counter
  /// How long looks at a repository took.
  public let sourceReadDuration: MetricRegistry.Histogram
  /// When a repository was last read without an error.
  public let lastSourceRead: MetricRegistry.Gauge
  /// The revision that is wanted, by repository; always 1.
  public let sourceRevision: MetricRegistry.Gauge
  /// When the wanted revision was committed, by repository.
  public let sourceCommit: MetricRegistry.Gauge
  /// For how long a repository cannot be read or followed.
  public let sourceStale: MetricRegistry.Gauge
  /// How many errors its manifests have.
  public let sourceErrors: MetricRegistry.Gauge
  /// Webhooks by repository and what became of them.
  public let webhooks: MetricRegistry.Counter
  /// Tries to say on a forge how a commit stands, by repository and what became of them.
  public let commitStatuses: MetricRegistry.Counter
  /// The program's version; always 1.
  public let build: MetricRegistry.Gauge

  private let registry: MetricRegistry

  /// Registers the metrics.
  ///
  /// - Parameter registry: Where.
  public init(in registry: MetricRegistry) {
    self.registry = registry
    cycles = registry.counter(
      "reconcile_cycles_total", "Cycles, by what woke them and how they ended.",
      labels: ["lattice", "trigger", "outcome"])
    cycleDuration = registry.histogram(
      "reconcile_cycle_duration_seconds", "How long cycles took.", labels: ["lattice"],
      bounds: Self.work)
    planDuration = registry.histogram(
      "reconcile_plan_duration_seconds", "How long planning took.", labels: ["lattice"],
      bounds: Self.work)
    commands = registry.counter(
      "reconcile_commands_total", "Commands sent, by kind and outcome.",
      labels: ["lattice", "kind", "outcome"])
    differences = registry.gauge(
      "reconcile_differences", "Differences between desired and observed state, by kind.",
      labels: ["lattice", "kind"])
    heldSteps = registry.gauge(
      "reconcile_held_steps", "Steps of the plan that a guard holds.", labels: ["lattice", "guard"])
    failures = registry.gauge(
      "reconcile_failures",
      "What fails now and is tried again: commands, the cycle, the lease, the repository, stores.",
      labels: ["lattice", "what"])
    unplaceable = registry.gauge(
      "reconcile_unplaceable_instances", "Instances that no host can take.", labels: ["lattice"])
    unreached = registry.gauge(
      "reconcile_unreached_instances", "Instances that their server does not reach.",
      labels: ["lattice"])
    suspects = registry.gauge(
      "reconcile_suspects", "Actors and providers whose start may have taken a host down.",
      labels: ["lattice"])
    strays = registry.gauge(
      "reconcile_stray_providers", "Processes of a provider that run on without a host.",
      labels: ["lattice", "provider"])
    observedAge = registry.gauge(
      "reconcile_observed_age_seconds",
      "How old the oldest evidence is of how a lattice stands.", labels: ["lattice"])
    lastSync = registry.gauge(
      "reconcile_last_sync_timestamp_seconds",
      "When desired and observed state were last equal.", labels: ["lattice"])
    revisionToSync = registry.histogram(
      "reconcile_revision_to_sync_seconds", "From a new revision seen to in sync.",
      labels: ["lattice"], bounds: Self.waits)
    hosts = registry.gauge(
      "reconcile_hosts", "Hosts, by what is thought of them.", labels: ["lattice", "health"])
    viewIsComplete = registry.gauge(
      "reconcile_view_complete", "Whether every host that should answer has.", labels: ["lattice"])
    hostLosses = registry.counter(
      "reconcile_host_losses_total", "Hosts held to be lost.", labels: ["lattice"])
    recordLosses = registry.counter(
      "reconcile_record_losses_total", "Records whose buckets did not hold what was written.",
      labels: ["lattice"])
    failover = registry.histogram(
      "reconcile_failover_seconds",
      "From finding a host lost to the first command after it.",
      labels: ["lattice"], bounds: Self.waits)
    reversals = registry.counter(
      "reconcile_reversals_total", "Changes that took back the change before.",
      labels: ["lattice"])
    leaseHeld = registry.gauge(
      "reconcile_lease_held", "Whether this controller holds the lease.", labels: ["lattice"])
    leaseEpoch = registry.gauge(
      "reconcile_lease_epoch", "How often the lease has changed hands.", labels: ["lattice"])
    standbys = registry.gauge(
      "reconcile_standbys",
      "Controllers that could command the lattice in the place of this one, which does.",
      labels: ["lattice"])
    sourceReads = registry.counter(
      "reconcile_source_reads_total", "Looks at a repository, by outcome.",
      labels: ["repository", "outcome"])
    sourceReadDuration = registry.histogram(
      "reconcile_source_read_duration_seconds", "How long looks at a repository took.",
      labels: ["repository"], bounds: Self.work)
    lastSourceRead = registry.gauge(
      "reconcile_source_read_timestamp_seconds",
      "When a repository was last read without an error.", labels: ["repository"])
    sourceRevision = registry.gauge(
      "reconcile_source_revision_info", "The revision that is wanted; always 1.",
      labels: ["repository", "revision"])
    sourceCommit = registry.gauge(
      "reconcile_source_commit_timestamp_seconds", "When the wanted revision was committed.",
      labels: ["repository"])
    sourceStale = registry.gauge(
      "reconcile_source_stale_seconds",
      "For how long a repository cannot be read or followed; 0 while it can.",
      labels: ["repository"])
    sourceErrors = registry.gauge(
      "reconcile_source_errors", "Errors in the manifests of the wanted revision.",
      labels: ["repository"])
    webhooks = registry.counter(
      "reconcile_webhooks_total", "Webhooks, by what became of them.",
      labels: ["repository", "outcome"])
    commitStatuses = registry.counter(
      "reconcile_commit_statuses_total", "Statuses of commits for a forge, by what became of them.",
      labels: ["repository", "outcome"])
    build = registry.gauge(
      "reconcile_build_info", "The program's version; always 1.", labels: ["version"])
  }

  /// Forgets what was counted and measured of a lattice that is not kept any more.
  ///
  /// - Parameter lattice: Its name in the configuration.
  func forget(lattice: LatticeName) { registry.forget("lattice", lattice.rawValue) }

  /// Forgets what was counted and measured of a repository that is not followed any more.
  ///
  /// - Parameter repository: Its name in the configuration.
  func forget(repository: String) { registry.forget("repository", repository) }

  /// From a millisecond to a minute.
  private static let work = [0.001, 0.005, 0.025, 0.1, 0.5, 1, 2.5, 5, 10, 30, 60]
  /// From a tenth of a second to ten minutes.
  private static let waits = [0.1, 0.25, 0.5, 1, 1.5, 2, 5, 10, 30, 60, 300, 600]
}
