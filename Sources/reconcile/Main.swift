import Glibc
import GitSource
import ReconcileCLI
import ServiceRuntime

@main
struct Main {
  static func main() async {
    if CommandLine.arguments.dropFirst().first == GitChild.word { exit(GitChild.run()) }
    // A reader that goes away, as in `reconcile diff | head`, ends the writing and nothing else.
    signal(SIGPIPE, SIG_IGN)
    let command = ReconcileCommand(
      arguments: Array(CommandLine.arguments.dropFirst()), environment: processEnvironment())
    exit(await command.run().rawValue)
  }
}
