#include <git2.h>
#include <stdio.h>

#include "BaselineC.h"

struct reading {
  git_odb *objects;
  size_t *files, *bytes;
};

static int read_entry(const char *folder, const git_tree_entry *entry, void *closure) {
  (void)folder;
  struct reading *reading = closure;
  if (git_tree_entry_type(entry) != GIT_OBJECT_BLOB) return 0;
  git_odb_object *object;
  int status = git_odb_read(&object, reading->objects, git_tree_entry_id(entry));
  if (status < 0) return status;
  *reading->files += 1;
  *reading->bytes += git_odb_object_size(object);
  git_odb_object_free(object);
  return 0;
}

int baseline_git_read(const char *path, const char *folder, size_t *files, size_t *bytes) {
  git_repository *repository = NULL;
  git_odb *objects = NULL;
  git_object *tree = NULL;
  char name[256];
  snprintf(name, sizeof name, "HEAD:%s", folder);
  *files = *bytes = 0;
  git_libgit2_init();
  int status = git_repository_open_bare(&repository, path);
  if (status == 0) status = git_repository_odb(&objects, repository);
  if (status == 0) status = git_revparse_single(&tree, repository, name);
  if (status == 0) {
    struct reading reading = {objects, files, bytes};
    status = git_tree_walk((git_tree *)tree, GIT_TREEWALK_PRE, read_entry, &reading);
  }
  git_object_free(tree);
  git_odb_free(objects);
  git_repository_free(repository);
  git_libgit2_shutdown();
  return status;
}
