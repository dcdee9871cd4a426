import Diagnostics
import Foundation
import GitSource
import Glibc
import ReconcileTestKit
import Testing

/// Pipes that nobody writes to stand where files should be: whoever opens them waits for ever.
@Suite("A repository whose reading hangs") struct TimedMirrorTests {
  private func repository() async throws -> GitRepositoryFixture {
    let fixture = try await GitRepositoryFixture()
    try fixture.write("m/a.yaml", "a: 1\n")
    try fixture.write("m/b.yaml", "b: 1\n")
    try await fixture.commit("Add")
    return fixture
  }

  /// Puts a pipe in the place of a file, and returns what puts the file back.
  private func pipe(at name: String, of fixture: GitRepositoryFixture) throws -> () throws -> Void {
    let (file, aside) = ("\(fixture.path)/\(name)", "\(fixture.folder)/aside")
    try FileManager.default.moveItem(atPath: file, toPath: aside)
    try #require(mkfifo(file, 0o600) == 0)
    return {
      try FileManager.default.moveItem(atPath: file, toPath: "\(fixture.folder)/pipe")
      try FileManager.default.moveItem(atPath: aside, toPath: file)
    }
  }

  /// Lets whoever waits for the pipe go.
  private func release(_ fixture: GitRepositoryFixture) {
    close(Glibc.open("\(fixture.folder)/pipe", O_RDWR | O_NONBLOCK))
  }

  private func resolve(_ mirror: TimedMirror) async throws(GitError) -> GitCommit {
    try await mirror.read { mirror throws(GitError) in try await mirror.resolve(.head) }
  }

  @Test("it is given up and told, others are read meanwhile, and it is read once it can be")
  func hanging() async throws {
    let (fixture, other) = (try await repository(), try await repository())
    let mirror = try TimedMirror(path: fixture.path, timeout: .seconds(2))
    let identity = await mirror.identity
    let commit = try await resolve(mirror)
    let restore = try pipe(at: ".git/refs/heads/main", of: fixture)
    async let told = finding { _ = try await self.resolve(mirror) }
    async let again = finding { _ = try await self.resolve(mirror) }
    let next = try TimedMirror(path: other.path, timeout: .seconds(60))
    #expect(try await resolve(next).id == commit.id)
    for told in [await told, await again] {
      #expect(told.hasPrefix("error GIT-34") && told.contains("in 2s"), "\(told)")
      #expect(told.contains(fixture.path) && told.contains("--fetch-timeout"), "\(told)")
    }
    #expect(await mirror.identity == identity)
    try restore()
    #expect(try await resolve(mirror) == commit)
    release(fixture)
  }

  @Test("whoever wants it no longer does not wait for it")
  func cancelled() async throws {
    let fixture = try await repository()
    let mirror = try TimedMirror(path: fixture.path, timeout: .seconds(600))
    let restore = try pipe(at: ".git/refs/heads/main", of: fixture)
    let reading = Task { await finding { _ = try await resolve(mirror) } }
    reading.cancel()
    #expect(await reading.value.hasPrefix("error GIT-13"))
    try restore()
    release(fixture)
  }

  @Test("one that cannot even be opened is told too")
  func opening() async throws {
    let fixture = try await repository()
    let restore = try pipe(at: ".git/config", of: fixture)
    let told = await finding { _ = try TimedMirror(path: fixture.path, timeout: .seconds(1)) }
    #expect(told.hasPrefix("error GIT-34"), "\(told)")
    try restore()
    release(fixture)
  }

  @Test("a pipe in the place of an object is no object, at once")
  func object() async throws {
    let fixture = try await repository()
    let id = try await fixture.git("rev-parse", "HEAD:m/a.yaml")
    let mirror = try TimedMirror(path: fixture.path, timeout: .seconds(600))
    let commit = try await resolve(mirror)
    let restore = try pipe(at: ".git/objects/\(id.prefix(2))/\(id.dropFirst(2))", of: fixture)
    let selection = try await mirror.read { mirror throws(GitError) in
      try await mirror.files(at: commit, under: "m")
    }
    #expect(selection.files.map(\.path) == ["m/b.yaml"])
    #expect(selection.refused.map(\.path) == ["m/a.yaml"])
    try restore()
    let whole = try await mirror.read { mirror throws(GitError) in
      try await mirror.files(at: commit, under: "m")
    }
    #expect(whole.isComplete && whole.files.count == 2)
  }
}
