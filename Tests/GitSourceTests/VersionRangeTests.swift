import ReconcileTestKit
import Testing

@testable import GitSource

@Suite("Versions of tags")
struct VersionRangeTests {
  static let tags = [
    "v0.3.0", "0.3.7", "v1.0.0", "v1.2.0", "1.2.9", "v1.10.0", "v2.0.0-rc.1", "v2.0.0-rc.11",
    "v2.0.0-rc.2", "v2.0.0", "v2.1.0-beta", "nightly", "v3", "v01.0.0", "shop/v9.0.0", "v1.2.3.4",
  ]

  @Test(
    "a range takes the highest of its versions, by their numbers and not by their letters",
    arguments: [
      (">=1.2 <2", "v1.10.0", "1.2.9"), ("<1", "0.3.7", "v0.3.0"), ("1.x", "v1.10.0", "1.2.9"),
      ("1.2", "1.2.9", "v1.2.0"), ("1.2.*", "1.2.9", "v1.2.0"), ("~1.2", "1.2.9", "v1.2.0"),
      ("~1", "v1.10.0", "1.2.9"), ("^1.2.1", "v1.10.0", "1.2.9"), ("^0.3.0", "0.3.7", "v0.3.0"),
      ("^1", "v1.10.0", "1.2.9"), (">1.2", "v2.0.0", "v1.10.0"), (">1.2.0 <=1.2", "1.2.9", ""),
      ("<=1.2", "1.2.9", "v1.2.0"), ("=2.0.0", "v2.0.0", ""), ("v1.0.0", "v1.0.0", ""),
      (">=2.0.0-rc.1 <2.0.0", "v2.0.0-rc.11", "v2.0.0-rc.2"), ("2.0.0-rc.2", "v2.0.0-rc.2", ""),
      (">=1", "v2.0.0", "v1.10.0"), (">2.0.0", "", ""), ("^3", "", ""),
      (">=2.1.0-alpha", "v2.1.0-beta", ""),
    ])
  func choice(_ range: String, _ best: String, _ next: String) throws {
    let range = try #require(VersionRange(range[...]))
    for tags in [Self.tags, Self.tags.reversed()] {
      let chosen = range.choose(among: tags).map(\.tag)
      #expect(chosen.first ?? "" == best)
      #expect(chosen.dropFirst().first ?? "" == next)
    }
  }

  @Test(
    "what is no range is no reference",
    arguments: [
      "semver:", "semver: ", "semver:latest", "semver:>=", "semver:1.2.3.4", "semver:>=1,<2",
      "semver:01.2.3", "semver:1.2.3-", "semver:99999999999", "semver:-1", "semver:>= 1",
    ])
  func refused(_ text: String) {
    #expect(throws: GitError.unsupportedReference(text)) { try GitReference(text) }
  }

  @Test(
    "the highest tag of a range is read, the next one told; one version of two commits is ambiguous"
  )
  func resolved() async throws {
    let repository = try await GitRepositoryFixture()
    for version in ["1.9.0", "1.10.0", "2.0.0"] {
      try repository.write("a", version)
      try await repository.commit(version)
      try await repository.git("tag", "-a", "-m", "x", "v\(version)")
    }
    let mirror = try GitMirror(path: repository.path)
    let range = try GitReference("semver:>=1 <2")
    let commit = try await mirror.resolve(range)
    #expect(try await repository.git("rev-parse", "v1.10.0^{commit}") == commit.id)
    #expect(commit.version == GitVersion(tag: "v1.10.0", runnerUp: "v1.9.0"))
    #expect(try await mirror.tag(range, of: commit.id)?.name == "v1.10.0")
    let none = await finding { _ = try await mirror.resolve(try GitReference("semver:^4")) }
    #expect(none.hasPrefix("error GIT-33") && none.contains("v2.0.0"), "\(none)")
    try await repository.git("tag", "1.10.0", "v1.10.0^{}")
    #expect(try await mirror.resolve(range).id == commit.id)
    try await repository.git("tag", "-f", "1.10.0", "HEAD")
    let both = await finding { _ = try await mirror.resolve(range) }
    #expect(both.hasPrefix("error GIT-6") && both.contains("refs/tags/v1.10.0"), "\(both)")
  }
}
