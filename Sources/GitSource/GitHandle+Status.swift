import CGit2

extension GitHandle {
  /// The paths under a folder where the files on disk differ from the commit that is checked out.
  func uncommittedChanges(under folder: String) throws(GitError) -> [String] {
    let path = try RepositoryPath(folder)
    guard worktree != nil else { return [] }
    do throws(GitFailure) {
      let list = try GitObject(git_status_list_free) { statusList($0, path) }
      let paths = (0..<git_status_list_entrycount(list.pointer)).compactMap { index in
        let entry = git_status_byindex(list.pointer, index)?.pointee
        let delta = entry?.index_to_workdir ?? entry?.head_to_index
        return delta?.pointee.new_file.path.map { String(cString: $0) }
      }
      return paths.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    } catch {
      throw error.unreadable("the state of the files in \(self.path)")
    }
  }

  private func statusList(
    _ list: UnsafeMutablePointer<OpaquePointer?>, _ path: RepositoryPath
  ) -> Int32 {
    var options = git_status_options()
    git_status_options_init(&options, UInt32(GIT_STATUS_OPTIONS_VERSION))
    options.show = GIT_STATUS_SHOW_INDEX_AND_WORKDIR
    options.flags =
      GIT_STATUS_OPT_INCLUDE_UNTRACKED.rawValue | GIT_STATUS_OPT_RECURSE_UNTRACKED_DIRS.rawValue
      | GIT_STATUS_OPT_DISABLE_PATHSPEC_MATCH.rawValue
    guard !path.isRoot else { return git_status_list_new(list, repository.pointer, &options) }
    var text = Array(path.description.utf8CString)
    return text.withUnsafeMutableBufferPointer { text in
      var first = text.baseAddress
      return withUnsafeMutablePointer(to: &first) { strings in
        options.pathspec = git_strarray(strings: strings, count: 1)
        return git_status_list_new(list, repository.pointer, &options)
      }
    }
  }
}
