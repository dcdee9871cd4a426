import Glibc
import ReconcileCLI

@main
struct Main {
  static func main() async {
    var environment: [String: String] = [:]
    for name in [
      "RECONCILE_REPO", "RECONCILE_LATTICE", "RECONCILE_NATS", "RECONCILE_STATE_DIR",
      "XDG_STATE_HOME", "HOME", "NO_COLOR",
    ] {
      environment[name] = getenv(name).map { String(cString: $0) }
    }
    if environment["RECONCILE_NATS"] == nil {
      environment["RECONCILE_NATS"] = getenv("NATS_URL").map { String(cString: $0) }
    }
    let command = ReconcileCommand(
      arguments: Array(CommandLine.arguments.dropFirst()), environment: environment)
    exit(await command.run().rawValue)
  }
}
