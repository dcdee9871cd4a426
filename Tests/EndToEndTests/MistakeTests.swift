import ReconcileTestKit
import Testing

@Suite("Mistakes of beginners")
struct MistakeTests {
  /// Command lines on a site where all is well, and what is wrong with each.
  private static let lines: [(mistake: String, line: String)] = [
    ("a misspelt branch", "diff --ref mian"),
    ("a misspelt folder", "diff --path manifest"),
    ("no server there", "diff --nats nats://127.0.0.1:1"),
    ("another lattice", "diff --lattice edge"),
    ("a file of credentials that is not there", "diff --creds edge.creds"),
    ("a misspelt command", "aply"),
    ("half a command", "get"),
    ("a misspelt kind", "get host"),
    ("a misspelt option", "--dryrun"),
    ("a time without a unit", "--timeout 5"),
    ("a misspelt format", "diff -o jsn"),
    ("a name where an option is wanted", "diff shop"),
    ("an application that nobody declares", "--app blog --dry-run"),
    ("nothing named", "suspend"),
    ("a misspelt application", "suspend shpo"),
    ("a time in words", "suspend shop --until soon"),
    ("no reason", "rollback shop"),
    ("neither a stop nor a start", "halt"),
    ("a plan that was not saved", "apply plan.json"),
    ("a port alone", "controller --listen 9090"),
  ]

  /// Changes of a manifest that is right, and what is wrong with each.
  private static let edits: [(mistake: String, from: String, to: String)] = [
    ("a misspelt key", "image:", "imege:"),
    ("a tab", "    - name: web", "\t- name: web"),
    ("a number in words", "instances: 3", "instances: three"),
  ]

  @Test("each is answered in three lines at most, with what can be done")
  func mistakes() async throws {
    let site = try await Site()
    var told = ""
    func make(_ mistake: String, _ line: String, in folder: String? = nil) async throws {
      let run = try await site.reconcile(
        line.split(separator: " ").map(String.init), in: folder)
      let answer = run.output + run.errors
      #expect(answer.split(separator: "\n").count <= 3, "\(mistake): \(answer)")
      told += "# \(mistake)\n$ reconcile \(line)\n\(answer)exit \(run.status)\n\n"
    }
    try await make("outside of a repository", "diff", in: site.repository.folder)
    try await make("no commit yet", "diff")
    try site.repository.write("README.md", "Shop")
    try await site.repository.commit("Begin")
    try site.repository.write("manifests/shop.yaml", Site.application())
    try await make("a manifest that is not committed", "diff")
    try await site.repository.commit("Declare the shop")
    try await site.sync("--expect-hosts", "3")
    for (mistake, line) in Self.lines { try await make(mistake, line) }
    for (mistake, from, to) in Self.edits {
      let text = Site.application().replacing(from, with: to)
      try site.repository.write("manifests/shop.yaml", text)
      try await make(mistake, "validate --worktree")
    }
    let plain = told.replacing(/\b[0-9a-f]{12}\b/, with: "COMMIT")
      .replacing(/at [0-9a-f]{7}\b/, with: "at COMMIT")
    expectGolden(plain, "mistakes.text")
    #expect(3 + Self.lines.count + Self.edits.count == 26)
  }
}
