import BaselineC
import GitSource

extension BenchRow {
  /// Files of a commit, read from its tree, against libgit2 alone.
  static let git = BenchRow(
    name: "git", summary: "10,000 files of a commit, read from the repository's tree"
  ) {
    let folder = try TemporaryFolder()
    let count = 10_000
    let repository = try await SampleRepository(in: folder)
    try await repository.commit(
      (0..<count).map { ("manifests/app-\($0).yaml", SampleManifests.text($0)) })
    let pairs = try await Pairs(5) {
      try await processorTime {
        var (files, bytes) = (0, 0)
        guard baseline_git_read(repository.path, "manifests", &files, &bytes) == 0, files == count
        else { throw BenchError("libgit2 read \(files) files") }
      }
    } ours: {
      try await processorTime {
        let mirror = try GitMirror(path: repository.path)
        let selection = try await mirror.files(at: mirror.resolve(.head), under: "manifests")
        guard selection.files.count == count, selection.isComplete else {
          throw BenchError("read \(selection.files.count) files")
        }
      }
    }
    let mirror = try GitMirror(path: repository.path)
    _ = try await mirror.files(at: mirror.resolve(.head), under: "manifests")
    try await repository.commit([("manifests/app-7.yaml", SampleManifests.text(count))])
    let again = try await processorTime {
      _ = try await mirror.files(at: mirror.resolve(.head), under: "manifests")
    }
    return [
      Figure(
        what: "\(count) files of a commit", ours: median(pairs.ours).milliseconds,
        beside: "libgit2 in C \(median(pairs.theirs).milliseconds)",
        ratio: "\(pairs.ratio.text())x", goal: "1.3x at most", isMet: pairs.ratio <= 1.3),
      Figure(
        what: "the same after a commit of one file", ours: again.milliseconds,
        beside: "all of them \(median(pairs.ours).milliseconds)"),
    ]
  }
}
