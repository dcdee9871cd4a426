import Glibc
import ReconcileCLI
import ServiceRuntime

@main
struct Main {
  static func main() async {
    let command = ReconcileCommand(
      arguments: Array(CommandLine.arguments.dropFirst()), environment: processEnvironment())
    exit(await command.run().rawValue)
  }
}
