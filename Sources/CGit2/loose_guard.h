// A guard for libgit2 1.5, which inflates a loose object that was cut short for ever, as a host that
// lost its power may have left it, and waits for ever for a pipe that stands in its place. Asked between libgit2's packs, which are sound, and its loose
// objects, it refuses such an object and passes on all others.

#include <fcntl.h>
#include <git2.h>
#include <git2/sys/odb_backend.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

struct reconcile_loose_guard {
  git_odb_backend backend;
  char folder[];
};

// Whether the file's only zlib stream ends before the file does.
static inline int reconcile_inflates(int file) {
  unsigned char packed[16384], plain[16384];
  z_stream stream = {0};
  if (inflateInit(&stream) != Z_OK) return 0;
  int status = Z_OK;
  while (status == Z_OK) {
    ssize_t count = read(file, packed, sizeof packed);
    if (count <= 0) break;
    stream.next_in = packed;
    stream.avail_in = (uInt)count;
    do {
      stream.next_out = plain;
      stream.avail_out = sizeof plain;
      status = inflate(&stream, Z_NO_FLUSH);
    } while (status == Z_OK && (stream.avail_in > 0 || stream.avail_out == 0));
    if (status == Z_BUF_ERROR) status = Z_OK;
  }
  inflateEnd(&stream);
  return status == Z_STREAM_END;
}

static inline int reconcile_guard_check(git_odb_backend *backend, const git_oid *id) {
  struct reconcile_loose_guard *guard = (struct reconcile_loose_guard *)backend;
  char name[GIT_OID_HEXSZ + 2] = {0};
  git_oid_pathfmt(name, id);
  char path[4096];
  int length = snprintf(path, sizeof path, "%s%s", guard->folder, name);
  if (length < 0 || (size_t)length >= sizeof path) return GIT_PASSTHROUGH;
  int file = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  if (file < 0) return GIT_PASSTHROUGH;
  struct stat status;
  int is_whole = fstat(file, &status) == 0 && S_ISREG(status.st_mode) && reconcile_inflates(file);
  close(file);
  if (is_whole) return GIT_PASSTHROUGH;
  git_error_set_str(GIT_ERROR_ODB, "a loose object is damaged; 'git fsck' names it");
  return -1;
}

static inline int reconcile_guard_read(
    void **bytes, size_t *count, git_object_t *type, git_odb_backend *backend, const git_oid *id) {
  (void)bytes, (void)count, (void)type;
  return reconcile_guard_check(backend, id);
}

static inline int reconcile_guard_read_header(
    size_t *count, git_object_t *type, git_odb_backend *backend, const git_oid *id) {
  (void)count, (void)type;
  return reconcile_guard_check(backend, id);
}

// Puts the guard before the other stores of `objects`; `folder` ends in a slash.
static inline int reconcile_git_guard(git_odb *objects, const char *folder) {
  size_t length = strlen(folder) + 1;
  struct reconcile_loose_guard *guard = calloc(1, sizeof *guard + length);
  if (!guard) return -1;
  memcpy(guard->folder, folder, length);
  git_odb_init_backend(&guard->backend, GIT_ODB_BACKEND_VERSION);
  guard->backend.read = reconcile_guard_read;
  guard->backend.read_header = reconcile_guard_read_header;
  guard->backend.free = (void (*)(git_odb_backend *))free;
  // Packs have this priority too and were there first; loose objects have a lower one.
  int status = git_odb_add_backend(objects, &guard->backend, 2);
  if (status < 0) free(guard);
  return status;
}
