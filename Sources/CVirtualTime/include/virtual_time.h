#ifndef VIRTUAL_TIME_H
#define VIRTUAL_TIME_H

#include <stdbool.h>
#include <stdint.h>

// Time, chance and the order of Swift's jobs, in one hand.
//
// Takes the place of the system's clocks, of its random numbers and of the threads that run Swift
// tasks, for the whole process that links this: after `virtual_time_begin` every job runs on the
// thread that calls `virtual_time_run`, the clocks stand still while jobs run, and once nothing is
// ready they leap to the next moment that somebody waits for. The same seed gives the same run.

// Begins a run at a moment in nanoseconds, of all clocks alike; what was left over is forgotten.
void virtual_time_begin(int64_t now, uint64_t seed);

// Gives the clocks and random numbers of the system back; jobs stay here.
void virtual_time_end(void);

// Runs jobs until it is finished; returns false where nobody waits for anything before that, or
// where so many jobs have run.
bool virtual_time_run(uint64_t jobs);

// Ends the run after the job that calls this.
void virtual_time_finish(void);

// Whether a run has begun and not ended; else time, chance and jobs are the system's.
bool virtual_time_is_on(void);

// How many jobs have run since the beginning.
uint64_t virtual_time_jobs(void);

// Jobs belong to a process of the simulated world: to that of the job that made them ready, or to
// the one that was entered meanwhile. Those of a stopped process wait until it goes on.
enum { virtual_time_processes = 16 };

// Enters a process; returns the one that was left.
int32_t virtual_time_enter(int32_t process);

// Stops a process, as SIGSTOP would, or lets it go on.
void virtual_time_stop(int32_t process, bool is_stopped);

#endif
