import LatticeModel
import OptionParsing
import RecordKeeping
import TextForms

/// A shell that completes words.
enum CompletingShell: String, OptionWord {
  case bash, zsh, fish

  /// What the shell is to read, so that it asks this program what may stand at a place.
  var script: String {
    switch self {
    case .bash:
      #"""
      # Names of files complete where nothing else does, here and in other shells.
      _reconcile() {
        local line
        COMPREPLY=()
        while IFS= read -r line; do COMPREPLY+=("${line%%$'\t'*}"); done < <(
          RECONCILE_COMPLETE=1 "$1" "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
      }
      complete -o bashdefault -o default -F _reconcile reconcile

      """#
    case .zsh:
      #"""
      #compdef reconcile
      _reconcile() {
        local line
        local -a candidates
        for line in "${(@f)$(RECONCILE_COMPLETE=1 $words[1] "${(@)words[2,CURRENT]}" 2>/dev/null)}"; do
          [[ -n $line ]] && candidates+=("${${line%%$'\t'*}//:/\\:}:${line#*$'\t'}")
        done
        if (( $#candidates )); then _describe -V reconcile candidates; else _files; fi
      }
      if [[ $funcstack[1] = _reconcile ]]; then _reconcile "$@"; else compdef _reconcile reconcile; fi

      """#
    case .fish:
      #"""
      function __reconcile_complete
        set -l typed "$(commandline -ct)"
        set -l found (RECONCILE_COMPLETE=1 reconcile (commandline -opc)[2..] "$typed" 2>/dev/null)
        if set -q found[1]
          printf '%s\n' $found
        else
          __fish_complete_path "$typed"
        end
      end
      complete -c reconcile -f -a '(__reconcile_complete)'

      """#
    }
  }
}

/// Writes what a shell is to read for completing the words of this program.
struct CompletionCommand: Subcommand {
  let configuration = CommandConfiguration(
    "completion", "Write what a shell reads for completing commands, options and names",
    discussion: "Names of applications and hosts are those that this machine's journal of the "
      + "record knows; nobody is asked.",
    examples: [
      "reconcile completion fish | source", "source <(reconcile completion bash)",
    ], unused: TargetOptions.reading + TargetOptions.reaching)
  var shell = CompletingShell.bash
  /// Taken as by every command, so that an alias with options goes with it.
  var target = TargetOptions()
  var output = OutputOptions()

  static let arguments = [ArgumentSpec<Self>(\.shell, "bash|zsh|fish")]
  static let options = including(\.target) + including(\.output)

  func run(in context: CommandContext) async throws -> ExitStatus {
    context.console.write(shell.script)
    return .inSync
  }
}

extension ReconcileCommand {
  /// The lines that the shells' scripts read: a word, a tabulator and what it means; never an error.
  ///
  /// - Parameters:
  ///   - arguments: The words, of which the last is completed.
  ///   - environment: The environment.
  /// - Returns: The lines.
  static func completions(
    of arguments: [String], environment: [String: String]
  ) async -> String {
    let completion = table.completion(of: arguments)
    var candidates = completion.candidates
    if candidates.isEmpty, let place = completion.place {
      candidates = await names(at: place, arguments, environment)
        .filter { $0.hasPrefix(completion.typed) }.map { .init(completion.prefix + $0) }
    }
    return candidates.map { "\($0.word)\t\($0.meaning)\n" }.joined()
  }

  /// What has a name, as this machine's journal knows it.
  private static func names(
    at place: String, _ arguments: [String], _ environment: [String: String]
  ) async -> [String] {
    guard ["app", "application", "forget-host"].contains(place),
      let folder = value(of: "state-dir", in: arguments) ?? stateDirectory(in: environment)
    else { return [] }
    let lattice = LatticeName(
      value(of: "lattice", in: arguments) ?? environment["RECONCILE_LATTICE"] ?? "default")
    guard lattice.isValid, let known = await RememberedRecord.read(of: lattice, in: folder) else {
      return []
    }
    let names =
      place == "forget-host"
      ? known.record.hosts.keys.map(\.rawValue) : known.record.applied.keys.map(\.rawValue)
    return names.sorted().filter { escapingControlCharacters($0) == $0 }
  }

  private static func value(of option: String, in arguments: [String]) -> String? {
    if let index = arguments.firstIndex(of: "--\(option)"), index + 1 < arguments.count {
      return arguments[index + 1]
    }
    let prefix = "--\(option)="
    return arguments.first { $0.hasPrefix(prefix) }.map { String($0.dropFirst(prefix.count)) }
  }
}
