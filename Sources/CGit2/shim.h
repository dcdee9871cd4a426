#include <git2.h>

#include "loose_guard.h"

// git_libgit2_opts is variadic, which Swift cannot call.
static inline int reconcile_git_set_search_path(int level, const char *path) {
  return git_libgit2_opts(GIT_OPT_SET_SEARCH_PATH, level, path);
}

// Extensions under which trees and blobs are read as without them, and two that say how: whoever
// opens a repository looks at the values of these.
static inline int reconcile_git_allow_extensions(void) {
  const char *names[] = {"worktreeconfig",     "relativeworktrees", "partialclone",
                         "compatobjectformat", "objectformat",      "refstorage",
                         "preciousobjects"};
  return git_libgit2_opts(GIT_OPT_SET_EXTENSIONS, names, sizeof names / sizeof *names);
}

// For all repositories that are opened until it is called again.
static inline int reconcile_git_look_at_owners(int looks) {
  return git_libgit2_opts(GIT_OPT_SET_OWNER_VALIDATION, looks);
}
