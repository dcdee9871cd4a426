import Diagnostics
import Testing

@testable import GitSource

@Suite("Whose a repository is") struct OwnershipTests {
  @Test("safe.directory is read as git reads it: all, one, all below one, and none again")
  func trust() {
    for (values, isTrusted) in [
      ([], false), (["*"], true), (["*", ""], false), (["", "/srv/edge"], true),
      (["/srv/edge/"], true), (["/srv"], false), (["/srv/*"], true), (["/srv/ed*"], false),
      (["~/edge"], false), (["/srv/edge/inner"], false),
    ] as [([String], Bool)] {
      #expect(isTrustedFolder("/srv/edge", values, home: "/home/me") == isTrusted, "\(values)")
    }
    #expect(isTrustedFolder("/home/me/edge", ["~/edge"], home: "/home/me"))
    #expect(!isTrustedFolder("/edge", ["~/edge"], home: nil))
  }

  @Test("the owner, whoever asks, and how to trust it are named")
  func sentence() throws {
    let error = GitError.dubiousOwnership(path: "/srv/edge", owner: "user 7", user: "me (user 8)")
    let told = try #require(error.diagnostics.first).description
    #expect(told.contains("GIT-2: the repository /srv/edge belongs to user 7, and this runs as me"))
    #expect(told.contains("`git config --global --add safe.directory /srv/edge`"), "\(told)")
  }
}
