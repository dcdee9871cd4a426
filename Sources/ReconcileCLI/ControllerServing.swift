import ConfigurationModel
import ControlPlane
import Diagnostics
import HTTPServing
import LatticeModel
import ReconcileLoop
import ServiceRuntime

extension ControllerCommand {
  /// The pages of health and metrics, and the one that takes webhooks, which listen from now on and are served once they run.
  func pages(
    of fleet: ControllerFleet, _ registry: MetricRegistry, _ webhooks: WebhookTable,
    on address: ListenAddress, _ logger: Logger, progressWithin limit: Duration
  ) throws(PageError) -> HTTPServer {
    let routes = controllerPages {
      let now = Timestamp(nanoseconds: WallClock.system.now)
      await fleet.measureAges(at: now)
      let health = await fleet.health.sorted { $0.key < $1.key }.map { name, state in
        var health = LatticeHealth(
          lattice: name, sinceProgress: .now - state.progress, isConnected: state.isConnected,
          hasLooked: state.hasLooked, revision: state.revision?.rawValue, error: state.error)
        health.staleness = state.staleSince.map { since in
          .init(for: .now - since, of: state.staleAfter, reason: state.sourceError ?? "")
        }
        health.commander = state.commander
        health.standing = state.sync(at: now).map {
          .init($0.sentence, isKnown: $0.unknown == nil)
        }
        return health
      }
      return ControllerSnapshot(
        health: HealthReport(health, progressWithin: limit), metrics: registry)
    }
    let hooks = webhookPage { await webhooks.receive($0, $1) }
    do throws(HTTPServerError) {
      return try HTTPServer(on: address, routes: routes + [hooks], logger: logger)
    } catch {
      throw PageError(address: address, cause: error)
    }
  }
}

/// Why health and metrics cannot be served.
struct PageError: DiagnosticError {
  var address: ListenAddress
  var cause: HTTPServerError

  var diagnostics: [Diagnostic] {
    [
      Diagnostic(
        DiagnosticCode("RUN", 8), .error, "cannot listen on \(address): \(words)",
        remedy: "give a free port with --listen, or leave it out")
    ]
  }
  var disposition: Disposition { .stalled }

  private var words: String {
    switch cause {
    case .cannotListen(_, let words): words
    case .cannotStart: "the server's thread does not start"
    case .hasRun: "the server has run before"
    }
  }
}

extension ProcessConfiguration {
  /// How long a controller may do nothing before it counts as stuck: three of its intervals.
  var progressLimit: Duration {
    max(.seconds(60), (lattices.map(\.resync).max() ?? .seconds(60)) * 3)
  }
}
