/* The event loop: timers, watches, signals, bells and workers, and stopping them
 * from within their own callbacks. */
#include "io/loop.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

struct scene {
	struct loop *loop;
	struct loop_timer *timer;
	struct loop_watch *watch, *other;
	struct loop_signal *signal;
	struct loop_wake *wake;
	int count;
	int events;
	int fds[2];
	pthread_t worker;
};

static int scene_open(void **state)
{
	static struct scene scene;

	scene = (struct scene){.loop = loop_new()};
	*state = &scene;
	return scene.loop ? pipe(scene.fds) : -1;
}

static int scene_close(void **state)
{
	struct scene *scene = *state;

	loop_free(scene->loop);
	close(scene->fds[0]);
	close(scene->fds[1]);
	return 0;
}

static void count_one(void *arg)
{
	struct scene *scene = arg;

	scene->count++;
}

static void count_to_three(void *arg)
{
	struct scene *scene = arg;

	if (++scene->count == 3)
		loop_timer_stop(scene->timer);
}

static void stop_loop(void *arg)
{
	struct scene *scene = arg;

	loop_stop(scene->loop);
}

static void one_shot_fires_once_and_the_loop_ends(void **state)
{
	struct scene *scene = *state;
	struct loop_timer *timer = loop_timer(scene->loop, 1, 0, count_one, scene);

	loop_run(scene->loop);
	assert_int_equal(scene->count, 1);
	assert_false(loop_poll(scene->loop));

	loop_timer_again(timer, 0);
	loop_run(scene->loop);
	assert_int_equal(scene->count, 2);
	loop_timer_stop(timer);
}

static void repeating_timer_stops_itself(void **state)
{
	struct scene *scene = *state;

	scene->timer = loop_timer(scene->loop, 0, 1, count_to_three, scene);
	loop_run(scene->loop);
	assert_int_equal(scene->count, 3);
}

static void moved_timer_keeps_its_repeat(void **state)
{
	struct scene *scene = *state;

	scene->timer = loop_timer(scene->loop, 3600 * 1000, 1, count_to_three, scene);
	loop_timer_again(scene->timer, 0);
	loop_run(scene->loop);
	assert_int_equal(scene->count, 3);
}

static void silent_timer_holds_nothing_up(void **state)
{
	struct scene *scene = *state;
	struct loop_timer *timer = loop_timer(scene->loop, -1, 0, count_one, scene);

	loop_run(scene->loop);
	assert_int_equal(scene->count, 0);
	loop_timer_again(timer, 3600 * 1000);
	loop_timer_again(timer, -1);
	loop_run(scene->loop);
	assert_int_equal(scene->count, 0);
}

static void stop_ends_a_run(void **state)
{
	struct scene *scene = *state;

	loop_timer(scene->loop, 3600 * 1000, 0, count_one, scene);
	loop_timer(scene->loop, 0, 0, stop_loop, scene);
	loop_run(scene->loop);
	assert_int_equal(scene->count, 0);
}

static void watch_stops_itself(void *arg, int events)
{
	struct scene *scene = arg;

	scene->count++;
	scene->events |= events;
	loop_watch_stop(scene->watch);
}

static void readable_pipe_is_told(void **state)
{
	struct scene *scene = *state;

	scene->watch = loop_watch(scene->loop, scene->fds[0], LOOP_READ, watch_stops_itself, scene);
	loop_poll(scene->loop);
	assert_int_equal(scene->count, 0);
	assert_int_equal(write(scene->fds[1], "x", 1), 1);
	loop_run(scene->loop);
	assert_int_equal(scene->count, 1);
	assert_int_equal(scene->events, LOOP_READ);
}

static void paused_watch_is_silent(void **state)
{
	struct scene *scene = *state;

	scene->watch = loop_watch(scene->loop, scene->fds[1], LOOP_WRITE, watch_stops_itself, scene);
	loop_watch_set(scene->watch, 0);
	loop_poll(scene->loop);
	assert_int_equal(scene->count, 0);
	loop_watch_set(scene->watch, LOOP_WRITE);
	loop_run(scene->loop);
	assert_int_equal(scene->events, LOOP_WRITE);
}

static void broken_pipe_is_told_as_both(void **state)
{
	struct scene *scene = *state;

	close(scene->fds[0]);
	scene->watch = loop_watch(scene->loop, scene->fds[1], LOOP_WRITE, watch_stops_itself, scene);
	loop_run(scene->loop);
	assert_int_equal(scene->events, LOOP_READ | LOOP_WRITE);
	scene->fds[0] = open("/dev/null", O_RDONLY);
}

static void watch_stops_both(void *arg, int events TOCSIN_UNUSED)
{
	struct scene *scene = arg;

	scene->count++;
	loop_watch_stop(scene->watch);
	loop_watch_stop(scene->other);
}

static void stopping_a_ready_neighbour_silences_it(void **state)
{
	struct scene *scene = *state;
	int second = dup(scene->fds[1]);

	scene->watch = loop_watch(scene->loop, scene->fds[1], LOOP_WRITE, watch_stops_both, scene);
	scene->other = loop_watch(scene->loop, second, LOOP_WRITE, watch_stops_both, scene);
	loop_run(scene->loop);
	assert_int_equal(scene->count, 1);
	close(second);
}

static void what_cannot_be_watched_is_refused(void **state)
{
	struct scene *scene = *state;
	int null = open("/dev/null", O_RDONLY);

	assert_null(loop_watch(scene->loop, null, LOOP_READ, watch_stops_itself, scene));
	assert_null(loop_watch(scene->loop, -1, LOOP_READ, watch_stops_itself, scene));
	close(null);
}

static void signal_comes(void *arg, int signum)
{
	struct scene *scene = arg;

	scene->count = signum;
	loop_signal_stop(scene->signal);
}

static void signal_is_an_event(void **state)
{
	struct scene *scene = *state;

	scene->signal = loop_signal(scene->loop, SIGUSR1, signal_comes, scene);
	raise(SIGUSR1);
	loop_run(scene->loop);
	assert_int_equal(scene->count, SIGUSR1);
	assert_null(loop_signal(scene->loop, SIGKILL, signal_comes, scene));
}

static void *ring(void *arg)
{
	struct scene *scene = arg;

	loop_wake_ring(scene->wake);
	return NULL;
}

static void bell_rung(void *arg)
{
	struct scene *scene = arg;

	scene->count++;
	loop_wake_stop(scene->wake);
}

static void bell_rings_from_another_thread(void **state)
{
	struct scene *scene = *state;

	scene->wake = loop_wake(scene->loop, bell_rung, scene);
	assert_int_equal(pthread_create(&scene->worker, NULL, ring, scene), 0);
	loop_run(scene->loop);
	pthread_join(scene->worker, NULL);
	assert_int_equal(scene->count, 1);
}

static void note_thread(void *arg)
{
	struct scene *scene = arg;

	scene->worker = pthread_self();
}

static void work_is_done_elsewhere(void **state)
{
	struct scene *scene = *state;

	loop_work(scene->loop, note_thread, count_one, scene);
	loop_run(scene->loop);
	assert_int_equal(scene->count, 1);
	assert_false(pthread_equal(scene->worker, pthread_self()));
}

static void freeing_closes_what_is_left(void **state)
{
	struct scene *scene = *state;

	loop_timer(scene->loop, 3600 * 1000, 1, count_one, scene);
	loop_watch(scene->loop, scene->fds[0], LOOP_READ, watch_stops_itself, scene);
	loop_signal(scene->loop, SIGUSR1, signal_comes, scene);
	loop_wake(scene->loop, bell_rung, scene);
	loop_work(scene->loop, note_thread, count_one, scene);
	loop_free(scene->loop);
	assert_int_equal(scene->count, 1); /* the work, and nothing else */
	scene->loop = NULL;
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, scene_open, scene_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(one_shot_fires_once_and_the_loop_ends),
		CASE(repeating_timer_stops_itself),
		CASE(moved_timer_keeps_its_repeat),
		CASE(silent_timer_holds_nothing_up),
		CASE(stop_ends_a_run),
		CASE(readable_pipe_is_told),
		CASE(paused_watch_is_silent),
		CASE(broken_pipe_is_told_as_both),
		CASE(stopping_a_ready_neighbour_silences_it),
		CASE(what_cannot_be_watched_is_refused),
		CASE(signal_is_an_event),
		CASE(bell_rings_from_another_thread),
		CASE(work_is_done_elsewhere),
		CASE(freeing_closes_what_is_left),
	};

	return cmocka_run_group_tests_name("loop", tests, NULL, NULL);
}
