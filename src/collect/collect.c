#include "collect/collect.h"

#include "base/mem.h"
#include "collect/backoff.h"
#include "collect/hint.h"
#include "io/http.h"

#include <stdlib.h>
#include <string.h>

enum {
	INTERVAL_MS = 1000,
	TIMEOUT_MS = 3000,
	TICK_MS = 10,             /* polls start on these, so that those due together share a wake-up */
	POLLS_PER_SLOT = 4,       /* so many share one at least: a small network costs few wake-ups */
	FOLLOW_UPS = 100,         /* requests that one poll may take */
	STARTS_PER_S = 1000,      /* first polls connect and ask for much: more nodes take longer */
	HINTS_MS = 2 * 60 * 1000, /* hints are asked so often */
	HINT_APART_MS = 20,       /* those of the first time, so long after one another */
	PLAN_LIMIT = 64 * 1024,
	BODY_LIMIT = 2 * 1024 * 1024,
};

/* Dwell needs the samples of the first failures; with a timeout the longest pause stays below
 * stale_after_ms. */
static const struct backoff backoff = {.patient = 3, .longest_ms = 5000, .retry_after_max_ms = 60000};

struct endpoint {
	struct collector *collector;
	const struct protocol *protocol;
	void *memory;
	struct component *node;
	char *name, *url, *ca_file;
	char **headers; /* NULL-terminated, or NULL */
	int64_t interval_ms, timeout_ms;
	int64_t phase_ms; /* of its polls, within the interval */
	int64_t due_ms;   /* next poll, on the monotonic clock */
	int64_t hints_due_ms;
	enum hint hint;      /* that is on its way */
	bool hinting;        /* one is */
	unsigned failures;   /* in a row */
	unsigned follow_ups; /* requests in this poll beyond the first */
	bool in_flight;
	bool late; /* it was on its way when this process did not run */
	bool tried;
};

struct collector {
	struct loop *loop;
	const struct clock *clock;
	struct world *world;
	struct http *http; /* NULL: not started */
	struct loop_timer *timer;
	int64_t fire_ms; /* what the timer is set to */
	struct endpoint **endpoints;
	size_t count, capacity;
	size_t in_flight; /* polls */
	uint64_t seed;
	uint64_t random;          /* state of the jitter */
	int64_t wall_us, mono_us; /* when the clocks were compared last */
	int64_t stepped_us;       /* what collector_take_clock_step has to tell */
	void (*changed)(void *arg);
	void *arg;
};

/* --- spreading ------------------------------------------------------------------- */

/* splitmix64: good enough to keep polls apart, and the same for the same seed. */
static uint64_t random_next(uint64_t *state)
{
	uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

/* The slot of an endpoint follows from its name, so that restarts do not align polls. There
 * are as many slots as the polls of `count` endpoints fill. */
static int64_t phase_of(const char *name, uint64_t seed, int64_t interval_ms, size_t count)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325) ^ seed;
	uint64_t first = random_next(&hash), ticks = (uint64_t)(interval_ms / TICK_MS), slots = (count + POLLS_PER_SLOT - 1) / POLLS_PER_SLOT;

	if (ticks < 2)
		return 0;
	if (slots > ticks)
		slots = ticks;
	for (; *name; name++)
		hash = (hash ^ (uint8_t)*name) * UINT64_C(0x100000001b3);
	return (int64_t)((first + random_next(&hash) % slots * ticks / slots) % ticks) * TICK_MS;
}

static int64_t now_ms(const struct collector *collector)
{
	return clock_mono_us(collector->clock) / US_PER_MS;
}

/* The next moment of the endpoint's own slot. */
static int64_t next_slot(const struct endpoint *endpoint, int64_t now)
{
	int64_t passed = (now - endpoint->phase_ms) % endpoint->interval_ms;

	if (passed < 0)
		passed += endpoint->interval_ms;
	return now + endpoint->interval_ms - passed;
}

static void schedule(struct endpoint *endpoint, int64_t retry_after_s)
{
	int64_t now = now_ms(endpoint->collector);

	endpoint->due_ms = next_slot(endpoint, now);
	if (endpoint->failures > backoff.patient || (endpoint->failures > 0 && retry_after_s > 0))
		endpoint->due_ms = (now + backoff_ms(&backoff, endpoint->interval_ms, endpoint->failures, retry_after_s, random_next(&endpoint->collector->random))) / TICK_MS * TICK_MS;
}

/* --- polling ---------------------------------------------------------------------- */

static void poll_send(struct endpoint *endpoint);

/* Makes the timer fire at `due_ms` if it would fire later. */
static void arm(struct collector *collector, int64_t due_ms)
{
	int64_t now = now_ms(collector);

	if (due_ms >= collector->fire_ms)
		return;
	collector->fire_ms = due_ms;
	loop_timer_again(collector->timer, due_ms > now ? due_ms - now : 0);
}

static void fire(void *arg)
{
	struct collector *collector = arg;
	int64_t now = now_ms(collector), next = INT64_MAX;

	for (size_t i = 0; i < collector->count; i++) {
		struct endpoint *endpoint = collector->endpoints[i];

		if (endpoint->in_flight)
			continue;
		if (endpoint->due_ms > now) {
			next = endpoint->due_ms < next ? endpoint->due_ms : next;
			continue;
		}
		endpoint->follow_ups = 0;
		poll_send(endpoint);
	}
	collector->fire_ms = INT64_MAX;
	if (next != INT64_MAX)
		arm(collector, next);
}

static bool wants_more(const struct endpoint *endpoint, const struct node_sample *sample)
{
	if (sample->reach == REACH_UNREACHABLE || endpoint->follow_ups >= FOLLOW_UPS)
		return false;
	return endpoint->protocol->eager(endpoint->memory);
}

/* Wall and monotonic time that part by more than this between two looks are a clock that
 * was set (incident reference 2.3). */
#define CLOCK_STEP_US (2 * US_PER_S)

static void follow_clock(struct collector *collector)
{
	int64_t wall_us = clock_wall_us(collector->clock), mono_us = clock_mono_us(collector->clock);
	int64_t step_us = (wall_us - collector->wall_us) - (mono_us - collector->mono_us);

	if (step_us > CLOCK_STEP_US || step_us < -CLOCK_STEP_US) {
		world_clock_stepped(collector->world, step_us);
		collector->stepped_us += step_us;
	}
	collector->wall_us = wall_us;
	collector->mono_us = mono_us;
}

int64_t collector_take_clock_step(struct collector *collector)
{
	follow_clock(collector);
	int64_t step_us = collector->stepped_us;
	collector->stepped_us = 0;
	return step_us;
}

/* --- hints ------------------------------------------------------------------------- */

static void hint_send(struct endpoint *endpoint);

static void hint_done(void *arg, const struct http_reply *reply)
{
	struct endpoint *endpoint = arg;
	char text[HINT_TEXT];

	endpoint->hinting = false;
	if (!hint_read(reply, text))
		return;
	world_hint(endpoint->node, hint_value(endpoint->hint), text, clock_wall_us(endpoint->collector->clock));
	if (++endpoint->hint < HINT_COUNT)
		hint_send(endpoint);
}

static void hint_send(struct endpoint *endpoint)
{
	char *url = hint_url(endpoint->url, endpoint->hint);
	const struct http_request request = {
		.url = url,
		.headers = (const char *const *)endpoint->headers,
		.ca_file = endpoint->ca_file,
		.connect_timeout_ms = endpoint->timeout_ms,
		.timeout_ms = endpoint->timeout_ms,
		.body_limit = HINT_BODY_BYTES,
	};

	endpoint->hinting = true;
	http_send(endpoint->collector->http, &request, hint_done, endpoint);
	free(url);
}

/* Asks one after the other, when it is time and the node is one that has them. */
static void ask_hints(struct endpoint *endpoint)
{
	int64_t now = now_ms(endpoint->collector);

	if (endpoint->hinting || now < endpoint->hints_due_ms || !hint_applies(component_text(endpoint->node, NODE_VERSION)))
		return;
	endpoint->hints_due_ms = now + HINTS_MS;
	endpoint->hint = (enum hint)0;
	hint_send(endpoint);
}

/* --- the answer of a poll ------------------------------------------------------------ */

/* True, once, when nothing came while this process did not run. */
static bool ran_late(struct endpoint *endpoint, const struct http_reply *reply)
{
	bool late = endpoint->late && reply->outcome == HTTP_UNREACHABLE;

	endpoint->late = false;
	return late;
}

static void poll_done(void *arg, const struct http_reply *reply)
{
	struct endpoint *endpoint = arg;
	struct collector *collector = endpoint->collector;
	struct node_sample sample;
	bool more, reached;

	endpoint->in_flight = false;
	collector->in_flight--;
	follow_clock(collector);
	if (ran_late(endpoint, reply)) {
		poll_send(endpoint);
		return;
	}
	endpoint->protocol->decode(endpoint->memory, reply, clock_wall_us(collector->clock), &sample);
	more = wants_more(endpoint, &sample);
	reached = sample.reach == REACH_OK;
	endpoint->failures = reached ? 0 : endpoint->failures + 1;
	world_observe(collector->world, endpoint->node, &sample);
	node_sample_free(&sample);
	if (more) {
		endpoint->follow_ups++;
		poll_send(endpoint);
	} else {
		endpoint->tried = true;
		if (reached)
			ask_hints(endpoint);
		schedule(endpoint, reply->retry_after_s);
		arm(collector, endpoint->due_ms);
	}
	if (collector->changed)
		collector->changed(collector->arg);
}

static void poll_send(struct endpoint *endpoint)
{
	struct collector *collector = endpoint->collector;
	struct http_request request = {
		.url = endpoint->url,
		.headers = (const char *const *)endpoint->headers,
		.ca_file = endpoint->ca_file,
		.connect_timeout_ms = endpoint->timeout_ms,
		.timeout_ms = endpoint->timeout_ms,
		.body_limit = BODY_LIMIT,
	};
	struct buf body;

	buf_init(&body, PLAN_LIMIT);
	endpoint->protocol->plan(endpoint->memory, collector->world, endpoint->node, clock_wall_us(collector->clock), &body);
	request.body = buf_text(&body);
	request.body_len = body.len;
	endpoint->in_flight = true;
	collector->in_flight++;
	world_asked(endpoint->node);
	http_send(collector->http, &request, poll_done, endpoint);
	buf_free(&body);
}

/* --- the collector ------------------------------------------------------------------- */

struct collector *collector_new(struct loop *loop, const struct clock *clock, struct world *world, uint64_t seed)
{
	struct collector *collector = xcalloc(1, sizeof(*collector));

	collector->loop = loop;
	collector->clock = clock;
	collector->world = world;
	collector->seed = seed;
	collector->random = seed;
	collector->wall_us = clock_wall_us(clock);
	collector->mono_us = clock_mono_us(clock);
	return collector;
}

static void endpoint_free(struct endpoint *endpoint)
{
	endpoint->protocol->memory_free(endpoint->memory);
	for (size_t i = 0; endpoint->headers && endpoint->headers[i]; i++)
		free(endpoint->headers[i]);
	free(endpoint->headers);
	free(endpoint->name);
	free(endpoint->url);
	free(endpoint->ca_file);
	free(endpoint);
}

void collector_free(struct collector *collector)
{
	if (!collector)
		return;
	loop_timer_stop(collector->timer);
	if (collector->http)
		http_free(collector->http);
	for (size_t i = 0; i < collector->count; i++)
		endpoint_free(collector->endpoints[i]);
	free(collector->endpoints);
	free(collector);
}

static char **headers_copy(const char *const *headers)
{
	size_t count = 0;
	char **copy;

	if (!headers)
		return NULL;
	while (headers[count])
		count++;
	copy = xcalloc(count + 1, sizeof(*copy));
	for (size_t i = 0; i < count; i++)
		copy[i] = xstrdup(headers[i]);
	return copy;
}

static enum status spec_check(const struct collector *collector, const struct endpoint_spec *spec, struct error *err)
{
	if (collector->http)
		return error_set(err, STATUS_USAGE, "%s: the collector runs already (add all endpoints first)", spec->name);
	if (!protocol_find(spec->protocol))
		return error_set(err, STATUS_INVALID, "%s: unknown protocol %s (write besu)", spec->name, spec->protocol);
	for (size_t i = 0; i < collector->count; i++)
		if (strcmp(collector->endpoints[i]->name, spec->name) == 0)
			return error_set(err, STATUS_CONFLICT, "%s: two endpoints have this name (rename one)", spec->name);
	return STATUS_OK;
}

enum status collector_add(struct collector *collector, const struct endpoint_spec *spec, struct error *err)
{
	enum status status = spec_check(collector, spec, err);
	struct endpoint *endpoint;
	char masked[160];

	if (status != STATUS_OK)
		return status;
	endpoint = xcalloc(1, sizeof(*endpoint));
	endpoint->collector = collector;
	endpoint->protocol = protocol_find(spec->protocol);
	endpoint->memory = endpoint->protocol->memory_new();
	endpoint->name = xstrdup(spec->name);
	endpoint->url = xstrdup(spec->url);
	mem_set(&endpoint->ca_file, spec->ca_file);
	endpoint->headers = headers_copy(spec->headers);
	endpoint->interval_ms = spec->interval_ms > 0 ? spec->interval_ms : INTERVAL_MS;
	endpoint->timeout_ms = spec->timeout_ms > 0 ? spec->timeout_ms : TIMEOUT_MS;
	endpoint->node = world_add_node(collector->world, spec->name, http_mask_url(masked, sizeof(masked), spec->url));
	collector->endpoints = mem_grow(collector->endpoints, &collector->capacity, collector->count, sizeof(*collector->endpoints));
	collector->endpoints[collector->count++] = endpoint;
	return STATUS_OK;
}

void collector_start(struct collector *collector, void (*changed)(void *arg), void *arg)
{
	int64_t now = now_ms(collector);

	collector->changed = changed;
	collector->arg = arg;
	collector->http = http_new(collector->loop, collector->count);
	/* The first poll of each comes in its own slot. */
	for (size_t i = 0; i < collector->count; i++) {
		struct endpoint *endpoint = collector->endpoints[i];
		endpoint->phase_ms = phase_of(endpoint->name, collector->seed, endpoint->interval_ms, collector->count);
		endpoint->due_ms = next_slot(endpoint, now) + (int64_t)(i / STARTS_PER_S) * 1000;
		endpoint->hints_due_ms = now + (int64_t)i * HINT_APART_MS % HINTS_MS;
	}
	collector->fire_ms = now;
	collector->timer = loop_timer(collector->loop, 0, 0, fire, collector);
}

void collector_refresh(struct collector *collector)
{
	if (!collector->timer)
		return;
	for (size_t i = 0; i < collector->count; i++)
		collector->endpoints[i]->due_ms = collector->endpoints[i]->hints_due_ms = now_ms(collector);
	arm(collector, now_ms(collector));
}

void collector_resume(struct collector *collector)
{
	for (size_t i = 0; i < collector->count; i++) {
		collector->endpoints[i]->late = collector->endpoints[i]->in_flight;
		collector->endpoints[i]->tried = false;
	}
	collector_refresh(collector);
}

bool collector_waits(const struct collector *collector)
{
	return collector->in_flight > 0;
}

bool collector_all_tried(const struct collector *collector)
{
	for (size_t i = 0; i < collector->count; i++)
		if (!collector->endpoints[i]->tried)
			return false;
	return true;
}
