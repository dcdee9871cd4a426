#include <git2.h>

#include "loose_guard.h"

// git_libgit2_opts is variadic, which Swift cannot call.
static inline int reconcile_git_set_search_path(int level, const char *path) {
  return git_libgit2_opts(GIT_OPT_SET_SEARCH_PATH, level, path);
}
