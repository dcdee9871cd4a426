import Glibc
import GitSource
import ReconcileCLI
import ServiceRuntime

@main
struct Main {
  static func main() async {
    limitHeaps(to: 2)
    // What libraries do at an orderly end would be done beside threads that still use them; nothing
    // of ours is left to be written.
    if CommandLine.arguments.dropFirst().first == GitChild.word { _exit(GitChild.run()) }
    // A reader that goes away, as in `reconcile diff | head`, ends the writing and nothing else.
    signal(SIGPIPE, SIG_IGN)
    let command = ReconcileCommand(
      arguments: Array(CommandLine.arguments.dropFirst()), environment: processEnvironment())
    _exit(await command.run().rawValue)
  }
}
