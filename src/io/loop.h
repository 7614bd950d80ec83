/* The event loop: one thread owns the screen and the model, nothing blocks it.
 * A thin layer on libuv, so that the rest of the program never sees its types. */
#ifndef TOCSIN_IO_LOOP_H
#define TOCSIN_IO_LOOP_H

#include "base/clock.h"
#include "base/status.h"

#include <stdbool.h>
#include <stdint.h>

struct loop;
struct loop_timer;
struct loop_watch;
struct loop_wake;

/* A loop, or NULL when the system has no descriptors left. From then on the process
 * ignores SIGPIPE: a peer that hangs up must be an error, not the end. */
struct loop *loop_new(void);
/* Closes every handle that is left and frees the loop. Work under way is waited for
 * and its `done` still runs, so that its memory is given back. NULL allowed. */
void loop_free(struct loop *loop);
/* Runs until loop_stop or until nothing is left to wait for. */
void loop_run(struct loop *loop);
/* Handles what is due now without waiting; returns false when nothing is left. */
bool loop_poll(struct loop *loop);
void loop_stop(struct loop *loop);

/* Calls back after delay_ms and, if repeat_ms > 0, again and again. A timer that has
 * fired for the last time stays until loop_timer_stop. A negative delay makes it wait
 * for loop_timer_again. Callbacks may stop any timer, watch or signal, their own too. */
struct loop_timer *loop_timer(struct loop *loop, int64_t delay_ms, int64_t repeat_ms, void (*fire)(void *arg), void *arg);
/* Moves a timer's next firing; keeps its repeat. A negative delay silences it. */
void loop_timer_again(struct loop_timer *timer, int64_t delay_ms);
void loop_timer_stop(struct loop_timer *timer); /* and frees it; NULL allowed */

/* Calls back whenever fd can be read or written without waiting; `events` of the
 * callback says which. A descriptor in error is reported as both. The caller closes fd,
 * after loop_watch_stop. NULL when fd is nothing that can be waited for (a regular
 * file, /dev/null) or is watched already. */
enum {
	LOOP_READ = 1,
	LOOP_WRITE = 2,
};
struct loop_watch *loop_watch(struct loop *loop, int fd, int events, void (*ready)(void *arg, int events), void *arg);
/* Changes what is waited for; 0 pauses. */
void loop_watch_set(struct loop_watch *watch, int events);
void loop_watch_stop(struct loop_watch *watch); /* and frees it; NULL allowed */
/* Lets this one watch of the loop go first: a person's key must not wait until thousands
 * of answers that came before it were read. Meant for reading. */
void loop_watch_first(struct loop_watch *watch);

/* A signal delivered as an event; NULL when signum cannot be caught. */
struct loop_signal;
struct loop_signal *loop_signal(struct loop *loop, int signum, void (*caught)(void *arg, int signum), void *arg);
void loop_signal_stop(struct loop_signal *signal); /* and frees it; NULL allowed */

/* A bell that any thread may ring; the callback runs on the loop's thread, once for
 * any number of rings before it. NULL when the system has no descriptors left. */
struct loop_wake *loop_wake(struct loop *loop, void (*woken)(void *arg), void *arg);
void loop_wake_ring(struct loop_wake *wake);
void loop_wake_stop(struct loop_wake *wake); /* and frees it; NULL allowed */

/* Runs `work` on a worker thread, then `done` on the loop's thread. */
void loop_work(struct loop *loop, void (*work)(void *arg), void (*done)(void *arg), void *arg);

#endif
