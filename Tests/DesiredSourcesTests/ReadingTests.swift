import DesiredSources
import Diagnostics
import GitSource
import LatticeModel
import ReconcileTestKit
import Testing

@Suite("Reading what a revision wants")
struct ReadingTests {
  @Test("a commit is read with what it declares and what is wrong with it")
  func commit() async throws {
    let shop = try await Shop()
    try await shop.commit(Shop.application("blog", instances: "many"), to: "blog")
    let source = try shop.source()
    let reading = try await source.read()
    #expect(reading.desired.applications.map(\.name) == ["shop"])
    #expect(reading.desired.frozen.map(\.name) == ["blog"])
    #expect(reading.errorCount == 1 && reading.shownPath == "manifests")
    #expect(reading.desired.revision.rawValue == reading.commit.id)
    #expect(try await source.head() == reading.commit.id)
  }

  @Test("where nothing could be a manifest, or none declares anything, that is an error")
  func nothing() async throws {
    let shop = try await Shop()
    try shop.repository.write("notes/a.txt", "")
    try shop.repository.write("blank/a.yaml", "# nothing yet\n")
    let revision = try await String(shop.repository.commit("Add notes").prefix(7))
    for (path, error) in [
      ("notes", SourceError.emptySelection(path: "notes", revision: revision)),
      ("blank", .nothingDeclared(path: "blank", revision: revision)),
    ] {
      await #expect(throws: error) { try await shop.source { $0.path = path }.read() }
    }
    try shop.repository.write("manifests/.reconcileignore", "*\n")
    try await shop.repository.commit("Leave out everything")
    let leftOut = await #expect(throws: SourceError.self) { try await shop.source().read() }
    #expect(
      leftOut?.diagnostics.first?.message.hasSuffix(
        "as a .reconcileignore leaves out manifests/shop.yaml") == true, "\(leftOut as Any)")
    #expect(
      [
        SourceError.emptySelection(path: "", revision: ""),
        .nothingDeclared(path: "", revision: ""),
      ]
      .map { $0.diagnostics[0].code.description } == ["RUN-1", "RUN-2"])
  }

  @Test("to look at, streams and policies alone are enough; to plan by, they are not")
  func noApplication() async throws {
    let shop = try await Shop()
    try shop.repository.write(
      "streams/a.yaml",
      "apiVersion: reconcile.dev/v1\nkind: Stream\nmetadata: {name: s}\nspec: {subjects: ['>']}\n")
    try shop.repository.write("blank/a.yaml", "# nothing yet\n")
    let revision = try await String(shop.repository.commit("Add a stream").prefix(7))
    let streams = try shop.source { $0.path = "streams" }
    let reading = try await streams.read(isForPlan: false)
    #expect(reading.errorCount == 1 && reading.desired.applications.isEmpty)
    let error = await #expect(throws: SourceError.self) { try await streams.read() }
    #expect(error?.diagnostics.first?.code.description == "RUN-2")
    await #expect(throws: SourceError.nothingDeclared(path: "blank", revision: revision)) {
      try await shop.source { $0.path = "blank" }.read(isForPlan: false)
    }
  }

  @Test("where nothing but documents of other tools lies, they are told with the error")
  func othersOnly() async throws {
    let shop = try await Shop()
    try shop.repository.write("chart/Chart.yaml", "apiVersion: v2\nname: shop\n")
    try await shop.repository.commit("Add a chart")
    let error = await #expect(throws: SourceError.self) {
      try await shop.source { $0.path = "chart" }.read()
    }
    #expect(error?.diagnostics.map(\.code.description) == ["RUN-2", "MAN-11"])
    #expect(error?.diagnostics[0].remedy?.hasPrefix("give the folder of the manifests") == true)
  }

  @Test("what is not there is git's error")
  func absent() async throws {
    let shop = try await Shop()
    #expect(throws: GitError.self) { try shop.source { $0.repository = "/nowhere" } }
    await #expect(throws: GitError.self) {
      try await shop.source { $0.reference = "nobranch" }.read()
    }
  }

  @Test("files on disk are read in place of the commit only where that is asked for")
  func worktree() async throws {
    let shop = try await Shop()
    try shop.repository.write("manifests/blog.yaml", Shop.application("blog"))
    let committed = try await shop.source().read()
    #expect(committed.desired.applications.map(\.name) == ["shop"])
    #expect(committed.uncommitted == ["manifests/blog.yaml"])
    let onDisk = try await shop.source { $0.readsWorktree = true }.read()
    #expect(onDisk.desired.applications.map(\.name) == ["blog", "shop"])
    #expect(onDisk.desired.revision == .worktree && onDisk.uncommitted.isEmpty)
  }

  @Test("an application that cannot be decoded keeps the form that was last applied")
  func lastGood() async throws {
    var shop = try await Shop()
    let source = try shop.source()
    let good = try await source.read()
    shop.apply(good)
    try await shop.commit(Shop.application("shop", instances: "many"), to: "shop")
    let broken = try await source.read()
    #expect(broken.desired.applications.isEmpty)
    let recalled = await source.recalling(shop.record, in: broken)
    #expect(recalled.desired.applications.map(\.heldAt) == [good.desired.revision])
    #expect(recalled.desired.frozen.isEmpty && recalled.errorCount == broken.errorCount)
  }

  @Test("a file that declares nothing any more removes nothing, one that is gone does")
  func emptied() async throws {
    var shop = try await Shop()
    try await shop.commit(Shop.application("blog"), to: "blog")
    let source = try shop.source()
    shop.apply(try await source.read())
    try await shop.commit("# later\n", to: "blog")
    let emptied = await source.recalling(shop.record, in: try await source.read())
    #expect(emptied.emptied == ["manifests/blog.yaml"])
    #expect(emptied.desired.unreadable.map(\.path) == ["manifests/blog.yaml"])
    try shop.repository.remove("manifests/blog.yaml")
    try await shop.repository.commit("Remove the blog")
    let removed = await source.recalling(shop.record, in: try await source.read())
    #expect(removed.emptied.isEmpty && removed.desired.unreadable.isEmpty)
  }
}
