// How much libgit2 may ask for at once while one object is read, so that an object that unpacks to
// more than anybody reads is refused before it is unpacked. To ask for its size first would cost a
// fifth of reading it: libgit2 follows the whole chain of deltas for that, and once more to read.
//
// What is kept here is a copy of each Swift file that uses it; one alone may.

#include <git2.h>
#include <git2/sys/alloc.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

// In bytes; nothing is refused where it is 0.
static inline size_t *reconcile_memory_limit(void) {
  static _Thread_local size_t limit;
  return &limit;
}

static inline void *reconcile_realloc(void *old, size_t size, const char *file, int line) {
  (void)file, (void)line;
  size_t limit = *reconcile_memory_limit();
  void *memory = limit && size > limit ? NULL : realloc(old, size);
  if (!memory && size > 0) git_error_set_oom();
  return memory;
}

static inline void *reconcile_malloc(size_t size, const char *file, int line) {
  return reconcile_realloc(NULL, size, file, line);
}

#if LIBGIT2_VER_MAJOR == 1 && LIBGIT2_VER_MINOR < 6
static inline void *reconcile_reallocarray(
    void *old, size_t count, size_t size, const char *file, int line) {
  if (size && count > SIZE_MAX / size) return NULL;
  return reconcile_realloc(old, count * size, file, line);
}

static inline void *reconcile_mallocarray(size_t count, size_t size, const char *file, int line) {
  return reconcile_reallocarray(NULL, count, size, file, line);
}

static inline void *reconcile_calloc(size_t count, size_t size, const char *file, int line) {
  (void)file, (void)line;
  size_t limit = *reconcile_memory_limit();
  void *memory = limit && size && count > limit / size ? NULL : calloc(count, size);
  if (!memory) git_error_set_oom();
  return memory;
}

static inline char *reconcile_substrdup(const char *text, size_t count, const char *file, int line) {
  char *copy = count < SIZE_MAX ? reconcile_malloc(count + 1, file, line) : NULL;
  if (!copy) return NULL;
  memcpy(copy, text, count);
  copy[count] = 0;
  return copy;
}

static inline char *reconcile_strndup(const char *text, size_t count, const char *file, int line) {
  return reconcile_substrdup(text, strnlen(text, count), file, line);
}

static inline char *reconcile_strdup(const char *text, const char *file, int line) {
  return reconcile_substrdup(text, strlen(text), file, line);
}
#endif

// Called once, before libgit2 is started. Returns 0, or libgit2's status.
static inline int reconcile_git_watch_memory(void) {
  git_allocator allocator = {
      .gmalloc = reconcile_malloc,
      .grealloc = reconcile_realloc,
      .gfree = free,
#if LIBGIT2_VER_MAJOR == 1 && LIBGIT2_VER_MINOR < 6
      .gcalloc = reconcile_calloc,
      .gstrdup = reconcile_strdup,
      .gstrndup = reconcile_strndup,
      .gsubstrdup = reconcile_substrdup,
      .greallocarray = reconcile_reallocarray,
      .gmallocarray = reconcile_mallocarray,
#endif
  };
  return git_libgit2_opts(GIT_OPT_SET_ALLOCATOR, &allocator);
}

// Reads an object, unless some of it takes more than so many bytes of memory at once.
static inline int reconcile_git_read_within(
    git_odb_object **object, git_odb *objects, const git_oid *id, size_t limit) {
  *reconcile_memory_limit() = limit;
  int status = git_odb_read(object, objects, id);
  *reconcile_memory_limit() = 0;
  return status;
}
