#pragma once

/// What Swift's Glibc module leaves out.

/// Starts a program in a process group of its own, with three descriptors and no others.
///
/// `directory` may be null. Returns 0 and sets `pid`, or returns an error number.
int posix_spawn_alone(int *pid, const char *path, char *const argv[], char *const envp[],
                      const char *directory, int input, int output, int error);

/// Makes a pipe whose ends no started program inherits.
///
/// Returns 0 and sets both ends, or returns an error number.
int posix_pipe_alone(int *reader, int *writer);

/// Makes a file in memory that no started program inherits.
///
/// Returns its descriptor, or -1 with `errno`.
int posix_memory_file(const char *name);

/// Has memory of all threads come from so many heaps at most; to be called before there are threads.
void malloc_limit_heaps(int heaps);

/// Sends a message to a socket in the file system, or with an `@` in front to an abstract one, and waits
/// for nothing.
///
/// Returns whether it was sent.
int posix_send_datagram(const char *path, const char *message);
