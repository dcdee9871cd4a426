import LatticeModel
import NATSTransport
import OptionParsing

extension CommandContext {
  /// The command line that carries out what this one showed, or a plan that it saved; without
  /// passwords.
  func applyCommand(ofPlanIn file: String? = nil) -> String {
    let looking = [
      ApplyCommand.dryRun.name, ApplyCommand.wait.name, ExitOptions.zero.name,
      SavingOptions.out.name,
    ]
    guard let file else { return commandLine(ApplyCommand()) { !looking.contains($0) } }
    let saved = looking + SavedPlan.ownOptions + [RepositoryOptions.reference.name]
    return commandLine(NamedApplyCommand()) { !saved.contains($0) } + " " + shellQuoted(file)
  }

  /// The command line that shows what became of what this one sent; without passwords.
  var lookCommand: String { commandLine(DiffCommand()) }

  /// The command line that carries out the rollback that this one showed.
  func rollbackCommand(_ application: String, to revision: Revision) -> String {
    let own = [RollbackCommand.dryRun.name, RollbackCommand.to.name]
    let line = commandLine(RollbackCommand()) { !own.contains($0) }
    let reason = given.contains { $0.option.name == "reason" } ? "" : " --reason TEXT"
    return "\(line) \(shellQuoted(application)) --to \(revision.short)\(reason)"
  }

  /// A command with those options of this command line that it has too.
  private func commandLine<Next: Subcommand>(
    _ next: Next, where isKept: (String) -> Bool = { _ in true }
  ) -> String {
    let known = Set(Next.options.map(\.name)).filter(isKept)
    let options = given.filter { known.contains($0.option.name) }.flatMap(\.words)
    let name = next.configuration.name
    return ([ReconcileCommand.table.program, name].filter { !$0.isEmpty } + options)
      .map { shellQuoted(withoutPassword($0)) }.joined(separator: " ")
  }
}

/// Returns an argument whose addresses have neither user nor password nor token.
private func withoutPassword(_ word: String) -> String {
  guard word.contains("@"), word.contains(":") else { return word }
  let option = word.hasPrefix("--") ? word.prefix { $0 != "=" } + "=" : ""
  let servers = word.dropFirst(option.count).split(separator: ",").map(String.init)
  return option + NATSOptions(servers: servers).publicServers.joined(separator: ",")
}

/// Returns a word as a shell takes it for one word.
private func shellQuoted(_ word: String) -> String {
  let isPlain = word.utf8.allSatisfy { byte in
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "-")...UInt8(ascii: ":"), UInt8(ascii: "="), UInt8(ascii: "@"),
      UInt8(ascii: "_"), UInt8(ascii: ","), UInt8(ascii: "+"):
      true
    default: false
    }
  }
  return isPlain && !word.isEmpty
    ? word : "'" + word.replacing("'", with: "'\\''") + "'"
}
