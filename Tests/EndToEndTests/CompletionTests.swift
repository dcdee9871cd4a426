import Foundation
import ReconcileTestKit
import ServiceRuntime
import Testing

@Suite("Completion and the manual page")
struct CompletionTests {
  /// What a shell makes of a line that a person types, with the script that it is to read.
  private func complete(_ words: [String], in shell: String, home: String) async throws -> [String]
  {
    let list = words.map { "'\($0)'" }.joined(separator: " ")
    let script =
      switch shell {
      case "bash":
        """
        source <(reconcile completion bash)
        COMP_WORDS=(reconcile \(list)); COMP_CWORD=\(words.count); _reconcile reconcile
        printf '%s\\n' "${COMPREPLY[@]}"
        """
      case "zsh":
        """
        autoload -U compinit; compinit -u -D; eval "$(reconcile completion zsh)"
        [[ $_comps[reconcile] = _reconcile ]] || print 'not registered'
        _describe() { print -l -- ${candidates%%:*} }
        _files() { }
        words=(reconcile \(list)); CURRENT=\(words.count + 1); _reconcile
        """
      default:
        "reconcile completion fish | source; complete -C 'reconcile \(words.joined(separator: " "))'"
      }
    let bin = URL(fileURLWithPath: Site.executable).deletingLastPathComponent().path
    let run = try await ChildProcess.run(
      "/usr/bin/\(shell)", (shell == "zsh" ? ["-f"] : []) + ["-c", script],
      environment: ["PATH": "\(bin):/usr/bin:/bin", "HOME": home], directory: home,
      deadline: .seconds(30))
    #expect(run.errorOutput.isEmpty, "\(String(decoding: run.errorOutput, as: UTF8.self))")
    return String(decoding: run.output, as: UTF8.self).split(separator: "\n")
      .map { String($0.prefix { $0 != "\t" }) }.filter { !$0.isEmpty }
  }

  @Test("shells complete commands, options, values and names", arguments: ["bash", "zsh", "fish"])
  func shells(_ shell: String) async throws {
    let site = try await Site()
    try await site.commit(["shop": Site.application(), "blog": Site.application("blog")])
    try await site.sync("--expect-hosts", "3")
    let home = site.repository.folder
    let table: [([String], [String])] = [
      (["stat"], ["status"]), (["get", "h"], ["hosts"]),
      (["diff", "--out"], ["--out", "--output"]),
      (["diff", "--output", "m"], ["markdown"]), (["adopt", "s"], ["shop"]),
      (["suspend", "--app", ""], ["blog", "shop"]),
    ]
    for (words, expected) in table {
      let found = try await complete(words, in: shell, home: home)
      #expect(found.sorted() == expected, "\(shell): \(words)")
    }
  }

  @Test("the manual page has no mistake, and every command and exit status")
  func manual() async throws {
    let place = try await GitRepositoryFixture()
    let folder = place.folder
    let run = try await ChildProcess.run(
      "/bin/sh",
      [
        "-c",
        "'\(Site.executable)' help --man >reconcile.1 && "
          + "LC_ALL=C.UTF-8 MANWIDTH=80 man --warnings -l reconcile.1 | cat",
      ],
      environment: ["PATH": "/usr/bin:/bin", "HOME": folder], directory: folder,
      deadline: .seconds(30))
    #expect(run.errorOutput.isEmpty, "\(String(decoding: run.errorOutput, as: UTF8.self))")
    let page = String(decoding: run.output, as: UTF8.self)
    for word in ["reconcile rollback", "--discover-timeout", "EXIT STATUS", "143"] {
      #expect(page.contains(word), "\(word): \(page.prefix(2_000))")
    }
    withExtendedLifetime(place) {}
  }
}
