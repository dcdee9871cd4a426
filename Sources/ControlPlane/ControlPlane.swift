public import HTTPServing
public import ServiceRuntime

/// What the pages show, at a moment.
public struct ControllerSnapshot: Sendable {
  let health: HealthReport
  let metrics: [MetricFamily]

  /// Creates a snapshot.
  ///
  /// - Parameters:
  ///   - health: Whether the controller is alive and ready.
  ///   - registry: What it counts and measures.
  public init(health: HealthReport, metrics registry: MetricRegistry) {
    self.health = health
    metrics = registry.families + [Self.refusals(registry.refused)]
  }

  private static func refusals(_ count: Int) -> MetricFamily {
    MetricFamily(
      "reconcile_metric_writes_refused_total", "Writes to metrics that had too many series.",
      .counter, series: [[]: .number(Double(count))])
  }
}

/// Returns the controller's pages: `/livez`, `/readyz` and `/metrics`.
///
/// The health pages answer 200 with `ok`, or 503 with a reason a line; `?verbose` shows what holds
/// too. A controller that cannot give its snapshot in time gets 503 from the server, which is right
/// for each of the pages.
///
/// - Parameter snapshot: Gives what is known now; called once a request.
/// - Returns: The routes.
public func controllerPages(
  _ snapshot: @escaping @Sendable () async -> ControllerSnapshot
) -> [Route] {
  [
    Route(.get, "/livez") { request in
      await snapshot().health.livePage(isVerbose: request.hasParameter("verbose"))
    },
    Route(.get, "/readyz") { request in
      await snapshot().health.readyPage(isVerbose: request.hasParameter("verbose"))
    },
    Route(.get, "/metrics") { _ in MetricsPage(await snapshot().metrics).response },
  ]
}
