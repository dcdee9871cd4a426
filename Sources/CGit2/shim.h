#include <git2.h>

#include "bounded_memory.h"
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

// The file of certificates that are trusted in place of those of the system.
static inline int reconcile_git_set_authority(const char *file) {
  return git_libgit2_opts(GIT_OPT_SET_SSL_CERT_LOCATIONS, file, NULL);
}

// How much of packs is mapped into memory at once, in bytes.
static inline int reconcile_git_set_mapped_limit(size_t bytes) {
  return git_libgit2_opts(GIT_OPT_SET_MWINDOW_MAPPED_LIMIT, bytes);
}
