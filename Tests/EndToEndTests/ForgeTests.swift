import JSONCoding
import LatticeModel
import LatticeSimulator
import ReconcileTestKit
import Testing

@Suite("Forges")
struct ForgeTests {
  private static let kinds = [
    (
      "github", "/api/v3/repos/example/edge/issues/7/comments?per_page=100&page=1",
      "https://forge.test/c/100"
    ),
    (
      "gitlab",
      "/api/v4/projects/example%2Fedge/merge_requests/7/notes?sort=asc&per_page=100&page=1",
      "/example/edge/-/merge_requests/7#note_100"
    ),
    ("gitea", "/api/v1/repos/example/edge/issues/7/comments", "https://forge.test/c/100"),
  ]

  private func comment(_ forge: ForgeDouble, _ kind: String) -> [String] {
    [
      "diff", "--comment", "--forge", kind, "--forge-url", forge.url, "--forge-project",
      "example/edge", "--pull-request", "7", "--forge-token", "env:FORGE_TOKEN",
    ]
  }

  @Test(
    "a plan stands in one comment of a pull request, which is kept up to date", arguments: kinds)
  func comments(_ kind: String, _ path: String, _ link: String) async throws {
    let (site, forge) = (try await Site(), try ForgeDouble())
    try await site.commit(["shop": Site.application()])
    let token = ["FORGE_TOKEN": ForgeDouble.token]
    let first = try await site.reconcile(comment(forge, kind), environment: token)
    #expect(first.status == 2, "\(first.errors)")
    #expect(first.errors.contains("comment: ") && first.errors.contains(link), "\(first.errors)")
    #expect(forge.requests.first?["path"]?.string == path)
    try await site.commit(["shop": Site.application(instances: 5)])
    let second = try await site.reconcile(comment(forge, kind), environment: token)
    #expect(second.status == 2, "\(second.errors)")
    #expect(forge.comments.count == 1)
    let text = try #require(forge.comments.first)
    let plan = try await site.reconcile("diff", "-o", "markdown").output
    #expect(text.hasPrefix("<!-- reconcile diff of lattice default, manifests "))
    #expect(text.hasSuffix(plan))
    // Where there is no plan, the comment says why.
    let failed = try await site.reconcile(
      comment(forge, kind) + ["--ref", "nowhere"], environment: token)
    #expect(failed.status == 1 && failed.errors.contains("comment: "), "\(failed.errors)")
    #expect(forge.comments.count == 1 && forge.comments[0].contains("### reconcile failed"))
    for run in [first, second, failed] {
      #expect(!run.output.contains(ForgeDouble.token) && !run.errors.contains(ForgeDouble.token))
    }
  }

  @Test(
    "what keeps a comment away is said with a remedy, and the plan is shown all the same",
    arguments: [
      ("401", "FRG-2"), ("403", "FRG-3"), ("404", "FRG-4"), ("422", "FRG-5"), ("503", "FRG-6"),
      ("302", "FRG-7"), ("bye", "FRG-1"),
    ])
  func refusals(_ answer: String, _ code: String) async throws {
    let (site, forge) = (try await Site(hosts: 1), try ForgeDouble())
    try await site.commit(["shop": Site.application(instances: 1)])
    try forge.answer(answer)
    let run = try await site.reconcile(
      comment(forge, "gitea"), environment: ["FORGE_TOKEN": ForgeDouble.token])
    #expect(run.status == 1 && run.errors.contains(code), "\(run.errors)")
    #expect(run.output.contains("To do this: reconcile"))
    #expect(!run.output.contains(ForgeDouble.token) && !run.errors.contains(ForgeDouble.token))
  }

  @Test("what a job says of itself need not be given")
  func job() async throws {
    let site = try await Site(hosts: 1)
    try await site.commit(["shop": Site.application(instances: 1)])
    let actions = [
      "GITHUB_ACTIONS": "true", "GITHUB_REPOSITORY": "example/edge",
      "GITHUB_REF": "refs/pull/7/merge", "GITHUB_TOKEN": ForgeDouble.token,
    ]
    let merge = [
      "GITLAB_CI": "true", "CI_PROJECT_PATH": "fork/edge", "CI_MERGE_REQUEST_IID": "7",
      "CI_MERGE_REQUEST_PROJECT_PATH": "example/edge", "GITLAB_TOKEN": ForgeDouble.token,
    ]
    for (environment, path) in [
      (actions, "/api/v3/repos/example/edge/issues/7/comments"),
      (
        actions.merging(["GITEA_ACTIONS": "true"]) { $1 },
        "/api/v1/repos/example/edge/issues/7/comments"
      ), (merge, "/api/v4/projects/example%2Fedge/merge_requests/7/notes"),
    ] {
      let forge = try ForgeDouble()
      let place = ["GITHUB_SERVER_URL": forge.url, "CI_SERVER_URL": forge.url]
      let run = try await site.reconcile(
        "diff", "--comment", environment: environment.merging(place) { $1 })
      #expect(run.status == 2, "\(run.errors)")
      #expect(forge.requests.last?["path"]?.string == path && forge.comments.count == 1)
    }
    for (missing, remedy) in [
      ("GITHUB_REF", "--pull-request"), ("GITHUB_REPOSITORY", "--forge-project"),
      ("GITHUB_TOKEN", "GITHUB_TOKEN"), ("GITHUB_ACTIONS", "--forge"),
    ] {
      let run = try await site.reconcile(
        "diff", "--comment", environment: actions.filter { $0.key != missing })
      #expect(run.status == 1 && run.errors.contains("FRG-8") && run.errors.contains(remedy))
    }
    let bare = try await site.reconcile("diff", "--comment", "--forge-token", ForgeDouble.token)
    #expect(bare.status == 64 && !bare.errors.contains(ForgeDouble.token))
  }

  private func configuration(_ forge: ForgeDouble, token: String = "env:FORGE_TOKEN") -> String {
    """
    listen: 127.0.0.1:0
    repositories:
      - name: shop
        interval: 200ms
        forge: {kind: gitea, url: "\(forge.url)", project: example/edge, token: \(token)}
    lattices: [{name: default, expectHosts: 3}]

    """
  }

  private func revision(_ site: Site) async throws -> String {
    try await site.repository.git("rev-parse", "HEAD")
      .filter { !$0.isWhitespace }
  }

  @Test("a commit has a status for each application and outcome, and what is broken comes first")
  func statuses() async throws {
    let (site, forge) = (try await Site(), try ForgeDouble())
    try await site.commit(["shop": Site.application()])
    try site.repository.write("../forge.yaml", configuration(forge))
    // What the forge does not take at once, it takes later; nobody waits for that.
    try forge.answer("503", "503")
    let controller = try ControllerRun(
      on: site, ["--config", "\(site.repository.folder)/forge.yaml"],
      environment: ["FORGE_TOKEN": ForgeDouble.token])
    try await controller.wait(forLine: "Lattice is in sync")
    let first = try await revision(site)
    func states(_ revision: String, _ context: String) -> [String] {
      forge.statuses.filter {
        $0.path.hasSuffix("/api/v1/repos/example/edge/statuses/\(revision)")
          && $0.body["context"]?.string == context
      }.compactMap { $0.body["state"]?.string }
    }
    try await waitUntil("its success is said", within: .seconds(60)) {
      states(first, "reconcile/default").last == "success"
        && states(first, "reconcile/default/shop").last == "success"
    }
    let page = try await controller.page("/metrics")
    #expect(page.contains("reconcile_commit_statuses_total{repository=\"shop\",outcome=\"sent\"}"))
    try await site.commit(["shop": Site.application(instances: 4), "bad": "kind: Application\n"])
    let second = try await revision(site)
    try await waitUntil("the error is said", within: .seconds(60)) {
      states(second, "reconcile/default").contains("error")
        && states(second, "reconcile/default/shop").last == "success"
    }
    let ofSecond = forge.statuses.filter { $0.path.hasSuffix(second) }
    #expect(ofSecond.first?.body["state"]?.string == "error")
    #expect(
      Set(states(second, "reconcile/default/shop")).count
        == states(second, "reconcile/default/shop").count)
    await controller.end()
    #expect(!readFile(controller.log).contains(ForgeDouble.token))
  }

  @Test("a forge that hangs or knows no such token holds up no command, and is told of once")
  func independence() async throws {
    let (site, forge) = (try await Site(), try ForgeDouble())
    try await site.commit(["shop": Site.application()])
    try site.repository.write("../forge.yaml", configuration(forge))
    try forge.answer("hang")
    let controller = try ControllerRun(
      on: site, ["--config", "\(site.repository.folder)/forge.yaml"],
      environment: ["FORGE_TOKEN": "wr0ng-token"])
    try await controller.wait(forLine: "Lattice is in sync")
    try await site.commit(["shop": Site.application(instances: 5)])
    try await site.wait(for: 5)
    try await controller.wait(forLine: "Forge does not take a status", times: 2)
    let codes = controller.lines("Forge does not take a status").compactMap {
      $0["error.code"]?.string
    }
    #expect(codes == ["FRG-1", "FRG-2"])
    await controller.end()
    #expect(!readFile(controller.log).contains("wr0ng-token"))
  }

  @Test(
    "a forge that is not given whole is an error of the configuration, and a token in the file too")
  func configurations() async throws {
    let site = try await Site(hosts: 0)
    for (text, words) in [
      ("{kind: github, token: env:T}", "without a project"),
      ("{kind: gitea, project: a/b, token: env:T}", "no usual address"),
      ("{kind: gitlab, project: a/b}", "without a token"),
      ("{project: a/b, token: env:T}", "which kind"),
      ("{kind: github, project: a/b, token: s3cret-word}", "CFG-5"),
      ("{kind: github, project: a, token: env:T}", "owner/name"),
    ] {
      try site.repository.write(
        "../forge.yaml",
        "repositories: [{name: shop, forge: \(text)}]\nlattices: [{name: default}]\n")
      let run = try await site.reconcile(
        "controller", "--print-config", "--config", "\(site.repository.folder)/forge.yaml")
      #expect(run.status == 64 && run.errors.contains(words), "\(text): \(run.errors)\(run.output)")
      #expect(!run.errors.contains("s3cret-word"))
    }
    try site.repository.write("../forge.yaml", configuration(try ForgeDouble()))
    let run = try await site.reconcile(
      "controller", "--print-config", "--config", "\(site.repository.folder)/forge.yaml")
    #expect(run.status == 0 && run.output.contains("token: env:FORGE_TOKEN"), "\(run.errors)")
  }
}
