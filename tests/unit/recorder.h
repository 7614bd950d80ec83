/* A record in memory: takes drafts as the store would, and folds them. For tests. */
#ifndef TOCSIN_TESTS_RECORDER_H
#define TOCSIN_TESTS_RECORDER_H

#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "incident/act.h"

#include <stdlib.h>
#include <string.h>

/* 2026-01-01T00:00:00Z */
#define T0 (INT64_C(1767225600) * US_PER_S)

struct recorder {
	struct fold *fold;
	struct event *events; /* all that was appended, to fold them again */
	size_t count, capacity;
	struct actor who;
	struct drafts drafts;
	struct error err;
};

static inline void recorder_init(struct recorder *r)
{
	*r = (struct recorder){.fold = fold_new(), .who = {.name = "alice", .where = "ops1 pts/3", .now_us = T0}};
	drafts_init(&r->drafts);
}

static inline void recorder_free(struct recorder *r)
{
	for (size_t i = 0; i < r->count; i++)
		event_free(&r->events[i]);
	free(r->events);
	fold_free(r->fold);
	drafts_free(&r->drafts);
}

/* An event of a draft; hashes are recognizable, not real. */
static inline struct event recorder_event(const struct recorder *r, const struct draft *draft)
{
	struct event event = {.seq = r->count + 1, .kind = draft->kind};
	text_format(event.id, sizeof(event.id), "01KDVT000000000000000%05zu", r->count + 1);
	event.incident = draft->incident ? xstrdup(draft->incident) : NULL;
	event.kind_name = xstrdup(event_kind_name(draft->kind));
	event.occurred_us = draft->occurred_us ? draft->occurred_us : r->who.now_us;
	event.recorded_us = r->who.now_us;
	event.precision = xstrdup("exact");
	event.boot = xstrdup("boot");
	event.actor = xstrdup(draft->actor ? draft->actor : "tocsin");
	event.role = draft->role ? xstrdup(draft->role) : NULL;
	event.source = xstrdup(draft->source ? draft->source : "system");
	event.refs = xstrdup(draft->refs ? draft->refs : "[]");
	event.visibility = xstrdup("internal");
	event.summary = xstrdup(draft->summary ? draft->summary : "");
	event.body = xstrdup(draft->body ? draft->body : "");
	event.data = xstrdup(draft->data ? draft->data : "{}");
	memset(event.hash.bytes, (int)(event.seq & 0xff), sizeof(event.hash.bytes));
	memset(event.prev_hash.bytes, (int)((event.seq - 1) & 0xff), sizeof(event.prev_hash.bytes));
	return event;
}

static inline uint64_t recorder_append(struct recorder *r, const struct draft *draft)
{
	r->events = mem_grow(r->events, &r->capacity, r->count, sizeof(*r->events));
	r->events[r->count] = recorder_event(r, draft);
	fold_apply(r->fold, &r->events[r->count]);
	return ++r->count;
}

/* Appends what the last act drafted and moves the clock on by a second. Returns the last seq. */
static inline uint64_t recorder_commit(struct recorder *r)
{
	for (size_t i = 0; i < r->drafts.count; i++)
		recorder_append(r, &r->drafts.items[i]);
	drafts_free(&r->drafts);
	r->who.now_us += US_PER_S;
	return r->count;
}

/* An event as any writer could have made it. */
static inline uint64_t recorder_raw(struct recorder *r, enum event_kind kind, const char *incident, const char *data)
{
	struct draft draft = {.kind = kind, .incident = incident, .summary = "raw", .data = data};
	return recorder_append(r, &draft);
}

/* cmocka's setup and teardown of a test whose state is a recorder. */
static inline int recorder_setup(void **state)
{
	struct recorder *r = xcalloc(1, sizeof(*r));
	recorder_init(r);
	*state = r;
	return 0;
}

static inline int recorder_teardown(void **state)
{
	recorder_free(*state);
	free(*state);
	return 0;
}

/* Does an act and commits what it drafted; fails the test with the error's words. */
#define DO(r, call)                                    \
	do {                                           \
		if ((call) != STATUS_OK)               \
			fail_msg("%s", (r)->err.text); \
		recorder_commit(r);                    \
	} while (0)

#endif
