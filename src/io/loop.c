#include "io/loop.h"

#include "base/mem.h"

#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <uv.h>

/* Every handle is the first member of a struct of ours, and its `data` points back
 * to it. libuv still uses a handle after uv_close until it calls back; only then is
 * the struct freed. */

/* While callbacks queue up, the first watch is looked after this often. */
#define FIRST_EVERY_NS UINT64_C(200000)

struct loop {
	uv_loop_t uv;
	struct loop_watch *first; /* NULL: none */
	uint64_t first_seen_ns;
};

struct loop_timer {
	uv_timer_t uv;
	uint64_t repeat_ms;
	void (*fire)(void *arg);
	void *arg;
};

struct loop_watch {
	uv_poll_t uv;
	int events;
	void (*ready)(void *arg, int events);
	void *arg;
};

struct loop_signal {
	uv_signal_t uv;
	void (*caught)(void *arg, int signum);
	void *arg;
};

struct loop_wake {
	uv_async_t uv;
	void (*woken)(void *arg);
	void *arg;
};

struct work {
	uv_work_t uv;
	void (*work)(void *arg);
	void (*done)(void *arg);
	void *arg;
};

static void handle_closed(uv_handle_t *handle)
{
	free(handle->data);
}

static void handle_close(uv_handle_t *handle, void *arg TOCSIN_UNUSED)
{
	if (!uv_is_closing(handle))
		uv_close(handle, handle_closed);
}

struct loop *loop_new(void)
{
	struct loop *loop = xcalloc(1, sizeof(*loop));

	if (uv_loop_init(&loop->uv) != 0) {
		free(loop);
		return NULL;
	}
	loop->uv.data = loop;
	signal(SIGPIPE, SIG_IGN);
	return loop;
}

void loop_free(struct loop *loop)
{
	if (!loop)
		return;
	/* Work that ends meanwhile may still open handles, hence the loop. */
	while (uv_loop_close(&loop->uv) == UV_EBUSY) {
		uv_walk(&loop->uv, handle_close, NULL);
		uv_run(&loop->uv, UV_RUN_DEFAULT);
	}
	free(loop);
}

void loop_run(struct loop *loop)
{
	uv_run(&loop->uv, UV_RUN_DEFAULT);
}

bool loop_poll(struct loop *loop)
{
	return uv_run(&loop->uv, UV_RUN_NOWAIT) != 0;
}

void loop_stop(struct loop *loop)
{
	uv_stop(&loop->uv);
}

/* To be called before each callback. */
static void let_first_go(uv_loop_t *uv)
{
	struct loop *loop = uv->data;
	struct pollfd look = {.events = POLLIN};
	uint64_t now_ns;

	if (!loop->first || loop->first->events != LOOP_READ)
		return;
	now_ns = uv_hrtime();
	if (now_ns - loop->first_seen_ns < FIRST_EVERY_NS)
		return;
	loop->first_seen_ns = now_ns;
	if (uv_fileno((uv_handle_t *)&loop->first->uv, &look.fd) == 0 && poll(&look, 1, 0) == 1)
		loop->first->ready(loop->first->arg, LOOP_READ);
}

static void timer_fired(uv_timer_t *uv)
{
	struct loop_timer *timer = uv->data;

	let_first_go(uv->loop);
	if (!uv_is_closing((uv_handle_t *)uv))
		timer->fire(timer->arg);
}

struct loop_timer *loop_timer(struct loop *loop, int64_t delay_ms, int64_t repeat_ms, void (*fire)(void *arg), void *arg)
{
	struct loop_timer *timer = xcalloc(1, sizeof(*timer));

	timer->repeat_ms = repeat_ms > 0 ? (uint64_t)repeat_ms : 0;
	timer->fire = fire;
	timer->arg = arg;
	uv_timer_init(&loop->uv, &timer->uv);
	timer->uv.data = timer;
	loop_timer_again(timer, delay_ms);
	return timer;
}

void loop_timer_again(struct loop_timer *timer, int64_t delay_ms)
{
	if (delay_ms < 0) {
		uv_timer_stop(&timer->uv);
		return;
	}
	/* The loop's idea of now is as old as its last round. */
	uv_update_time(timer->uv.loop);
	uv_timer_start(&timer->uv, timer_fired, (uint64_t)delay_ms, timer->repeat_ms);
}

void loop_timer_stop(struct loop_timer *timer)
{
	if (timer)
		uv_close((uv_handle_t *)&timer->uv, handle_closed);
}

static void watch_ready(uv_poll_t *uv, int status, int events);

static void watch_start(struct loop_watch *watch)
{
	int events = 0;

	if (watch->events & LOOP_READ)
		events |= UV_READABLE;
	if (watch->events & LOOP_WRITE)
		events |= UV_WRITABLE;
	if (events)
		uv_poll_start(&watch->uv, events, watch_ready);
	else
		uv_poll_stop(&watch->uv);
}

static void watch_ready(uv_poll_t *uv, int status, int events)
{
	struct loop_watch *watch = uv->data;
	int what = 0;

	let_first_go(uv->loop);
	if (uv_is_closing((uv_handle_t *)uv))
		return;
	if (status == 0 && (events & UV_READABLE))
		what |= LOOP_READ;
	if (status == 0 && (events & UV_WRITABLE))
		what |= LOOP_WRITE;
	watch->ready(watch->arg, status == 0 ? what : LOOP_READ | LOOP_WRITE);

	/* libuv stops a descriptor in error by itself. Who still wants it keeps it. */
	if (status != 0 && !uv_is_closing((uv_handle_t *)uv))
		watch_start(watch);
}

struct loop_watch *loop_watch(struct loop *loop, int fd, int events, void (*ready)(void *arg, int events), void *arg)
{
	struct loop_watch *watch = xcalloc(1, sizeof(*watch));

	if (uv_poll_init(&loop->uv, &watch->uv, fd) != 0) {
		free(watch);
		return NULL;
	}
	watch->uv.data = watch;
	watch->events = events;
	watch->ready = ready;
	watch->arg = arg;
	watch_start(watch);
	return watch;
}

void loop_watch_set(struct loop_watch *watch, int events)
{
	watch->events = events;
	watch_start(watch);
}

void loop_watch_first(struct loop_watch *watch)
{
	struct loop *loop = watch->uv.loop->data;

	loop->first = watch;
}

void loop_watch_stop(struct loop_watch *watch)
{
	struct loop *loop;

	if (!watch)
		return;
	loop = watch->uv.loop->data;
	if (loop->first == watch)
		loop->first = NULL;
	uv_close((uv_handle_t *)&watch->uv, handle_closed);
}

static void signal_caught(uv_signal_t *uv, int signum)
{
	struct loop_signal *handle = uv->data;

	handle->caught(handle->arg, signum);
}

struct loop_signal *loop_signal(struct loop *loop, int signum, void (*caught)(void *arg, int signum), void *arg)
{
	struct loop_signal *handle = xcalloc(1, sizeof(*handle));

	if (uv_signal_init(&loop->uv, &handle->uv) != 0) {
		free(handle);
		return NULL;
	}
	handle->uv.data = handle;
	handle->caught = caught;
	handle->arg = arg;
	if (uv_signal_start(&handle->uv, signal_caught, signum) != 0) {
		loop_signal_stop(handle);
		return NULL;
	}
	return handle;
}

void loop_signal_stop(struct loop_signal *handle)
{
	if (handle)
		uv_close((uv_handle_t *)&handle->uv, handle_closed);
}

static void wake_rung(uv_async_t *uv)
{
	struct loop_wake *wake = uv->data;

	wake->woken(wake->arg);
}

struct loop_wake *loop_wake(struct loop *loop, void (*woken)(void *arg), void *arg)
{
	struct loop_wake *wake = xcalloc(1, sizeof(*wake));

	if (uv_async_init(&loop->uv, &wake->uv, wake_rung) != 0) {
		free(wake);
		return NULL;
	}
	wake->uv.data = wake;
	wake->woken = woken;
	wake->arg = arg;
	return wake;
}

void loop_wake_ring(struct loop_wake *wake)
{
	uv_async_send(&wake->uv);
}

void loop_wake_stop(struct loop_wake *wake)
{
	if (wake)
		uv_close((uv_handle_t *)&wake->uv, handle_closed);
}

static void work_run(uv_work_t *uv)
{
	struct work *work = uv->data;

	work->work(work->arg);
}

static void work_done(uv_work_t *uv, int status TOCSIN_UNUSED)
{
	struct work *work = uv->data;

	if (work->done)
		work->done(work->arg);
	free(work);
}

void loop_work(struct loop *loop, void (*work)(void *arg), void (*done)(void *arg), void *arg)
{
	struct work *request = xcalloc(1, sizeof(*request));

	request->uv.data = request;
	request->work = work;
	request->done = done;
	request->arg = arg;
	uv_queue_work(&loop->uv, &request->uv, work_run, work_done);
}
