import CGit2

/// The tag of the highest version in a range.
extension GitHandle {
  /// The commit that the tag of the highest version leads to.
  ///
  /// What a range means is only certain where one commit has its highest version: two tags of one
  /// version, as `v1.2.0` and `1.2.0`, must lead to the same one.
  func commit(
    of versions: VersionRange, for reference: GitReference
  ) throws(GitError) -> GitCommit {
    let chosen = try choice(of: versions, for: reference)
    let best = chosen.prefix { $0.version == chosen[0].version }.map(\.tag)
    var found: [GitCommit] = []
    for tag in best {
      let commit = try resolve(try GitReference("refs/tags/\(tag)"))
      if !found.contains(commit) { found.append(commit) }
    }
    guard found.count == 1, var commit = found.first else {
      throw .ambiguousReference(reference.description, candidates: best.map { "refs/tags/\($0)" })
    }
    commit.version = GitVersion(
      tag: chosen[0].tag, runnerUp: chosen.dropFirst(best.count).first?.tag)
    return commit
  }

  /// The tags in a range, the highest version first; there is one at least.
  func choice(
    of versions: VersionRange, for reference: GitReference
  ) throws(GitError) -> [(tag: String, version: SemanticVersion)] {
    let tags = tagNames()
    let chosen = versions.choose(among: tags)
    guard !chosen.isEmpty else {
      let known = tags.compactMap { tag in SemanticVersion(tag[...]).map { (tag, $0) } }
        .sorted { $0.1 > $1.1 }.map(\.0)
      throw .noVersion(reference.description, known: Array(known.prefix(8)))
    }
    return chosen
  }

  private func tagNames() -> [String] {
    var list = git_strarray()
    guard git_tag_list(&list, repository.pointer) == 0 else { return [] }
    defer { git_strarray_dispose(&list) }
    return (0..<list.count).compactMap { list.strings[$0].map { String(cString: $0) } }
  }
}
