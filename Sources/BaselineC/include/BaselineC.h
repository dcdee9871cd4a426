// What the bare C libraries need for the work that reconcile-bench measures: the loops it is held
// against. Nothing that is shipped depends on this.
#pragma once

#include <stddef.h>
#include <stdint.h>

/// Reads a YAML text event by event and builds nothing.
/// Returns the number of events, or -1 where the text is malformed.
long baseline_yaml_events(const uint8_t *text, size_t length);

/// Reads every file of HEAD under a folder and keeps nothing.
/// Returns 0, or libgit2's status.
int baseline_git_read(const char *repository, const char *folder, size_t *files, size_t *bytes);

/// Sends `total` requests of `size` bytes, `in_flight` at a time, over one shared inbox.
/// Returns nanoseconds from the first request to the last answer, or -1.
int64_t baseline_nats_requests(
    const char *url, const char *subject, int in_flight, int total, int size);

/// Somebody who answers every request with its own bytes.
struct baseline_responder;
struct baseline_responder *baseline_responder_start(const char *url, const char *subject);
void baseline_responder_stop(struct baseline_responder *responder);

/// One step of a plan, as small as it can be.
struct baseline_step {
  int32_t actor, host, instances;
};

/// Writes one step for each instance, hosts in turn: no plan can cost less than writing it down.
/// Returns how many.
size_t baseline_plan(int actors, int instances, int hosts, struct baseline_step *steps);
