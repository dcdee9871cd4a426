#define _GNU_SOURCE
#include "virtual_time.h"

#include <dlfcn.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define SWIFT __attribute__((swiftcall))

typedef SWIFT void (*enqueue_hook)(void *job, void *original);
extern enqueue_hook swift_task_enqueueGlobal_hook;
extern SWIFT void swift_job_run(void *job, void *identity, void *implementation);

// Something to run: a job of Swift, or, with a function, a timer of Dispatch.
struct work {
  void (*function)(void *);
  void *context;
  int32_t process;
  int64_t due;
  uint64_t number;
};

struct list {
  struct work *items;
  size_t count, space;
};

// Dispatch's own threads look at the clock too, as they wait for work that never comes.
static _Atomic bool is_virtual;
static _Atomic int64_t now;
static bool is_finished;
static uint64_t random_state;
static int32_t process;
static bool is_stopped[virtual_time_processes];
static struct list ready[virtual_time_processes];
static struct list timers;
static uint64_t timer_count, job_count;

static void append(struct list *list, struct work work) {
  if (list->count == list->space) {
    list->space = list->space ? list->space * 2 : 64;
    list->items = realloc(list->items, list->space * sizeof(struct work));
    if (!list->items) abort();
  }
  list->items[list->count++] = work;
}

// SplitMix64.
static uint64_t next_random(void) {
  uint64_t mixed = random_state += 0x9E3779B97F4A7C15;
  mixed = (mixed ^ mixed >> 30) * 0xBF58476D1CE4E5B9;
  mixed = (mixed ^ mixed >> 27) * 0x94D049BB133111EB;
  return mixed ^ mixed >> 31;
}

// What the process calls in place of the system's.

int clock_gettime(clockid_t clock, struct timespec *time) {
  if (!is_virtual) {
    static int (*real)(clockid_t, struct timespec *);
    if (!real) real = dlsym(RTLD_NEXT, "clock_gettime");
    return real(clock, time);
  }
  int64_t moment = now;
  time->tv_sec = moment / 1000000000;
  time->tv_nsec = moment % 1000000000;
  return 0;
}

// Swift's library asks the kernel for random numbers in this way.
long syscall(long call, ...) {
  long values[6];
  va_list arguments;
  va_start(arguments, call);
  for (int each = 0; each < 6; each++) values[each] = va_arg(arguments, long);
  va_end(arguments);
  if (!is_virtual || call != SYS_getrandom) {
    long (*real)(long, ...) = dlsym(RTLD_NEXT, "syscall");
    return real(call, values[0], values[1], values[2], values[3], values[4], values[5]);
  }
  unsigned char *bytes = (unsigned char *)values[0];
  for (long each = 0; each < values[1]; each++) bytes[each] = (unsigned char)(next_random() >> 56);
  return values[1];
}

static SWIFT void enqueue(void *job, void *original) {
  (void)original;
  append(&ready[process], (struct work){.context = job, .process = process});
}

// Timers: a heap by moment, then by age.

static bool is_before(const struct work *left, const struct work *right) {
  return left->due != right->due ? left->due < right->due : left->number < right->number;
}

static void swap(size_t left, size_t right) {
  struct work item = timers.items[left];
  timers.items[left] = timers.items[right];
  timers.items[right] = item;
}

// Swift's sleeps come here; the two highest bits of the moment tell its clock.
void dispatch_after_f(uint64_t when, void *queue, void *context, void (*function)(void *)) {
  if (!is_virtual) {
    void (*real)(uint64_t, void *, void *, void (*)(void *)) = dlsym(RTLD_NEXT, "dispatch_after_f");
    real(when, queue, context, function);
    return;
  }
  append(&timers, (struct work){.function = function, .context = context, .process = process,
                                .due = (int64_t)(when << 2 >> 2), .number = timer_count++});
  for (size_t at = timers.count - 1; at > 0 && is_before(&timers.items[at], &timers.items[(at - 1) / 2]);
       at = (at - 1) / 2)
    swap(at, (at - 1) / 2);
}

static struct work take_timer(void) {
  struct work first = timers.items[0];
  timers.items[0] = timers.items[--timers.count];
  for (size_t at = 0, child; (child = 2 * at + 1) < timers.count; at = child) {
    if (child + 1 < timers.count && is_before(&timers.items[child + 1], &timers.items[child])) child++;
    if (!is_before(&timers.items[child], &timers.items[at])) break;
    swap(at, child);
  }
  return first;
}

// Running.

// Takes any job that is ready: threads would not keep an order either.
static bool take_ready(struct work *work) {
  size_t count = 0;
  for (int32_t each = 0; each < virtual_time_processes; each++)
    if (!is_stopped[each]) count += ready[each].count;
  if (count == 0) return false;
  size_t chosen = next_random() % count;
  for (int32_t each = 0; each < virtual_time_processes; each++) {
    if (is_stopped[each]) continue;
    if (chosen < ready[each].count) {
      *work = ready[each].items[chosen];
      ready[each].items[chosen] = ready[each].items[--ready[each].count];
      return true;
    }
    chosen -= ready[each].count;
  }
  return false;
}

void virtual_time_begin(int64_t start, uint64_t seed) {
  swift_task_enqueueGlobal_hook = enqueue;
  is_virtual = true;
  now = start;
  random_state = seed;
  process = 0;
  timers.count = 0;
  timer_count = job_count = 0;
  for (int32_t each = 0; each < virtual_time_processes; each++) {
    ready[each].count = 0;
    is_stopped[each] = false;
  }
}

void virtual_time_end(void) { is_virtual = false; }

bool virtual_time_run(uint64_t jobs) {
  struct work work;
  for (is_finished = false; !is_finished; job_count++) {
    if (jobs-- == 0) return false;
    while (!take_ready(&work)) {
      if (timers.count == 0) return false;
      struct work timer = take_timer();
      // A moment between two nanoseconds was rounded down: nobody must wake too early.
      if (timer.due >= now) now = timer.due + 1;
      append(&ready[timer.process], timer);
    }
    process = work.process;
    if (work.function) work.function(work.context);
    else swift_job_run(work.context, NULL, NULL);
  }
  return true;
}

void virtual_time_finish(void) { is_finished = true; }

uint64_t virtual_time_jobs(void) { return job_count; }

bool virtual_time_is_on(void) { return is_virtual; }

int32_t virtual_time_enter(int32_t entered) {
  if (!is_virtual) return 0;
  int32_t left = process;
  process = entered;
  return left;
}

void virtual_time_stop(int32_t stopped, bool is) { is_stopped[stopped] = is; }
