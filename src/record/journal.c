#include "record/journal.h"

#include "base/mem.h"
#include "base/text.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
	LOOK_MS = 1000,     /* how often others' news is looked for: one PRAGMA, no disk */
	LOOK_SOON_MS = 250, /* while others write */
	CHUNK_EVENTS = 512, /* delivered at once: the screen gets its turn in between */
	CHUNKS_AHEAD = 16,  /* read and not yet taken: a long record must not wait in memory */
};
#define LOOK_SOON_FOR_US (60 * US_PER_S)
#define LEASE_US (15 * US_PER_S)
#define LEASE_RENEW_US (5 * US_PER_S)
#define TROUBLE_REPEAT_US (5 * US_PER_S)
#define SAMPLES_KEPT_US (7 * US_PER_DAY)

/* --- what goes to the thread, and what comes back ----------------------------- */

enum job_kind {
	JOB_APPEND,
	JOB_BLOB,
	JOB_SAMPLES,
};

struct job {
	struct job *next;
	enum job_kind kind;
	struct draft *drafts;
	struct sample_row *samples;
	size_t count; /* of drafts or samples */
	void (*done)(void *arg, enum status status, const struct error *err);
	void *arg;
	bool apart; /* a faulty draft is left out, and does not refuse the others */
	size_t left_out;
	struct error err; /* what its first faulty draft is refused for */
	void *bytes;
	size_t len;
	char *media;
};

enum message_kind {
	MESSAGE_EVENTS,
	MESSAGE_LOADED,
	MESSAGE_DONE,
	MESSAGE_TROUBLE,
	MESSAGE_HEALED,
	MESSAGE_WARNING,
	MESSAGE_LEASE,
};

struct message {
	struct message *next;
	enum message_kind kind;
	struct event *events;
	size_t count;
	struct error err;
	void (*done)(void *arg, enum status status, const struct error *err);
	void *arg;
	struct lease lease;
};

enum {
	TROUBLE_WRITING,
	TROUBLE_READING,
	TROUBLE_COUNT,
};

enum {
	WARNING_STORE,
	WARNING_LEFT_OUT,
	WARNING_COUNT,
};

struct trouble {
	struct error err; /* STATUS_OK: none */
	int64_t told_us;
};

struct journal {
	/* The loop's side. */
	struct loop_wake *wake;
	struct journal_events events;
	void *arg;
	const struct clock *clock;
	size_t pending;
	struct head head;
	uint64_t held;

	/* Shared, under the lock. */
	pthread_mutex_t lock;
	pthread_cond_t news;
	struct job *jobs, **jobs_end;
	struct message *messages, **messages_end;
	bool stopping;
	size_t chunks; /* on their way to the loop */

	/* The thread's side. */
	pthread_t thread;
	struct store *store;
	bool want_lease;
	char *holder;
	struct lease lease;
	int64_t lease_due_us;
	struct sample_row *samples; /* wait for the lease to be renewed; their texts are ours */
	size_t sample_count, sample_capacity;
	uint64_t seen;              /* newest seq handed to the loop */
	bool behind;                /* there may be events after `seen` */
	int64_t look_soon_until_us; /* others wrote just now */
	bool loaded;
	struct error blob_error; /* refuses the next append */
	struct trouble troubles[TROUBLE_COUNT];
	struct error warnings[WARNING_COUNT]; /* the last that were told */
};

#define DRAFT_STRINGS(_) _(incident) _(precision) _(actor) _(role) _(source) _(refs) _(visibility) _(summary) _(body) _(data)

static void copy_draft(struct draft *dst, const struct draft *src)
{
	*dst = *src;
#define STRING_COPY(field) dst->field = src->field ? xstrdup(src->field) : NULL;
	DRAFT_STRINGS(STRING_COPY)
#undef STRING_COPY
}

static void free_draft(struct draft *draft)
{
#define STRING_FREE(field) free((char *)draft->field);
	DRAFT_STRINGS(STRING_FREE)
#undef STRING_FREE
}

static void free_sample_texts(struct sample_row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		free((char *)rows[i].component);
		free((char *)rows[i].value);
	}
}

static void free_job(struct job *job)
{
	for (size_t i = 0; job->drafts && i < job->count; i++)
		free_draft(&job->drafts[i]);
	if (job->samples)
		free_sample_texts(job->samples, job->count);
	free(job->drafts);
	free(job->samples);
	free(job->bytes);
	free(job->media);
	free(job);
}

static void free_message(struct message *message)
{
	for (size_t i = 0; i < message->count; i++)
		event_free(&message->events[i]);
	free(message->events);
	free(message);
}

static struct message *new_message(enum message_kind kind)
{
	struct message *message = xcalloc(1, sizeof(*message));

	message->kind = kind;
	return message;
}

static void send_message(struct journal *journal, struct message *message)
{
	pthread_mutex_lock(&journal->lock);
	*journal->messages_end = message;
	journal->messages_end = &message->next;
	journal->chunks += message->kind == MESSAGE_EVENTS;
	pthread_mutex_unlock(&journal->lock);
	loop_wake_ring(journal->wake);
}

/* --- the thread: trouble -------------------------------------------------------- */

static void set_trouble(struct journal *journal, int which, const struct error *err)
{
	struct trouble *trouble = &journal->troubles[which];
	int64_t now_us = clock_mono_us(journal->clock);
	bool same = trouble->err.status != STATUS_OK && strcmp(trouble->err.text, err->text) == 0;

	trouble->err = *err;
	if (same && now_us - trouble->told_us < TROUBLE_REPEAT_US)
		return;
	trouble->told_us = now_us;
	struct message *message = new_message(MESSAGE_TROUBLE);
	message->err = *err;
	send_message(journal, message);
}

static void end_trouble(struct journal *journal, int which)
{
	if (journal->troubles[which].err.status == STATUS_OK)
		return;
	error_clear(&journal->troubles[which].err);
	for (int i = 0; i < TROUBLE_COUNT; i++) {
		if (journal->troubles[i].err.status != STATUS_OK)
			return;
	}
	send_message(journal, new_message(MESSAGE_HEALED));
}

static void repeat_trouble(struct journal *journal)
{
	for (int i = 0; i < TROUBLE_COUNT; i++) {
		struct error err = journal->troubles[i].err;
		if (err.status != STATUS_OK)
			set_trouble(journal, i, &err);
	}
}

/* Tells what was not told before; NULL: there is none now. */
static void tell_warning(struct journal *journal, int which, const struct error *warning)
{
	struct error *told = &journal->warnings[which];

	if (!warning)
		error_clear(told);
	if (!warning || strcmp(warning->text, told->text) == 0)
		return;
	*told = *warning;
	struct message *message = new_message(MESSAGE_WARNING);
	message->err = *warning;
	send_message(journal, message);
}

static void note_write(struct journal *journal, enum status status, const struct error *err)
{
	if (status == STATUS_OK)
		end_trouble(journal, TROUBLE_WRITING);
	else
		set_trouble(journal, TROUBLE_WRITING, err);
}

/* --- the thread: news ------------------------------------------------------------ */

static bool collect_event(void *arg, const struct event *event)
{
	struct message *message = arg;

	event_copy(&message->events[message->count++], event);
	return message->count < CHUNK_EVENTS;
}

/* Reads the next portion of events for the loop. False when it cannot be read. */
static bool read_chunk(struct journal *journal)
{
	struct message *message = new_message(MESSAGE_EVENTS);
	struct error err = {0};

	message->events = xcalloc(CHUNK_EVENTS, sizeof(*message->events));
	enum status status = store_read(journal->store, journal->seen, collect_event, message, &err);
	if (message->count > 0)
		journal->seen = message->events[message->count - 1].seq;
	journal->behind = status != STATUS_OK || message->count == CHUNK_EVENTS;
	if (message->count > 0)
		send_message(journal, message);
	else
		free_message(message);
	if (status != STATUS_OK) {
		set_trouble(journal, TROUBLE_READING, &err);
		return false;
	}
	end_trouble(journal, TROUBLE_READING);
	if (!journal->behind && !journal->loaded) {
		journal->loaded = true;
		send_message(journal, new_message(MESSAGE_LOADED));
	}
	return true;
}

static void catch_up(struct journal *journal)
{
	journal->behind = true;
	while (journal->behind && read_chunk(journal))
		;
}

/* --- the thread: jobs -------------------------------------------------------------- */

static void send_done(struct journal *journal, const struct job *job, const struct error *err)
{
	struct message *message = new_message(MESSAGE_DONE);

	message->done = job->done;
	message->arg = job->arg;
	message->err = *err;
	send_message(journal, message);
}

static bool is_refused(const struct job *job)
{
	return job->err.status != STATUS_OK && !job->apart;
}

/* The drafts that are still to be written, which stay their jobs'. */
static struct draft *gather(const struct job *first, const struct job *end, size_t *count)
{
	struct draft *drafts = NULL;
	size_t capacity = 0;

	*count = 0;
	for (const struct job *job = first; job != end; job = job->next) {
		for (size_t i = 0; i < job->count && !is_refused(job); i++) {
			drafts = mem_grow(drafts, &capacity, *count, sizeof(*drafts));
			drafts[(*count)++] = job->drafts[i];
		}
	}
	return drafts;
}

static void leave_out(struct job *job, size_t at, const struct error *err)
{
	struct draft draft = job->drafts[at];

	if (job->left_out++ == 0) {
		job->err = *err;
		error_prefix(&job->err, "%s \"%.80s\"", event_kind_name(draft.kind), draft.summary ? draft.summary : "");
	}
	free_draft(&draft);
	job->count--;
	memmove(&job->drafts[at], &job->drafts[at + 1], (job->count - at) * sizeof(draft));
}

/* Takes the draft that stands there among those that were gathered out of the way: alone,
 * or with its job. False when there is none. */
static bool blame(struct job *first, const struct job *end, size_t at, const struct error *err)
{
	for (struct job *job = first; job != end; job = job->next) {
		size_t count = is_refused(job) ? 0 : job->count;
		if (at >= count) {
			at -= count;
			continue;
		}
		if (job->apart)
			leave_out(job, at, err);
		else
			job->err = *err;
		return true;
	}
	return false;
}

static void tell_left_out(struct journal *journal, const struct job *job)
{
	struct error warning = {0};

	if (job->left_out == 0)
		return;
	error_set(&warning, job->err.status, "record %s: left out %zu of the events that came together, which cannot be recorded: %s (the others are recorded; please report this)",
		  store_where(journal->store), job->left_out, job->err.text);
	tell_warning(journal, WARNING_LEFT_OUT, &warning);
}

/* Appends the drafts of these jobs in one transaction, without what a draft's own fault
 * takes out of it. What is left is refused together when the record cannot be written:
 * that is no draft's fault, and one by one they would only wait one by one. */
static void append_group(struct journal *journal, struct job *first, const struct job *end)
{
	struct error err;
	enum status status;
	ptrdiff_t faulty;
	size_t count;

	do {
		struct draft *drafts = gather(first, end, &count);
		error_clear(&err);
		status = store_append(journal->store, drafts, count, NULL, &err);
		free(drafts);
		faulty = store_faulty_draft(journal->store);
	} while (faulty >= 0 && blame(first, end, (size_t)faulty, &err));
	if (count)
		note_write(journal, status, &err);
	if (count && status == STATUS_OK)
		catch_up(journal);
	for (const struct job *job = first; job != end; job = job->next) {
		if (status == STATUS_OK)
			tell_left_out(journal, job);
		send_done(journal, job, is_refused(job) ? &job->err : &err);
	}
}

/* Runs the appends at the front of the list as one; returns what comes after them. */
static struct job *run_appends(struct journal *journal, struct job *first)
{
	struct job *end = first;

	if (journal->blob_error.status != STATUS_OK) {
		send_done(journal, first, &journal->blob_error);
		error_clear(&journal->blob_error);
		return first->next;
	}
	while (end && end->kind == JOB_APPEND)
		end = end->next;
	append_group(journal, first, end);
	return end;
}

static struct job *run_blob(struct journal *journal, struct job *job)
{
	struct hash256 hash;
	struct error err = {0};
	enum status status = store_put_blob(journal->store, job->bytes, job->len, job->media, &hash, &err);

	if (status != STATUS_LIMIT) /* too large, which says nothing about the record */
		note_write(journal, status, &err);
	if (status != STATUS_OK)
		journal->blob_error = err;
	return job->next;
}

/* They go with the next renewal of the lease; without it there is none to wait for. */
static struct job *run_samples(struct journal *journal, struct job *job)
{
	for (size_t i = 0; i < job->count && journal->lease.mine; i++) {
		journal->samples = mem_grow(journal->samples, &journal->sample_capacity, journal->sample_count, sizeof(*journal->samples));
		journal->samples[journal->sample_count++] = job->samples[i];
		job->samples[i] = (struct sample_row){0};
	}
	return job->next;
}

static void run_jobs(struct journal *journal, struct job *jobs)
{
	static struct job *(*const run[])(struct journal *, struct job *) = {
		[JOB_APPEND] = run_appends,
		[JOB_BLOB] = run_blob,
		[JOB_SAMPLES] = run_samples,
	};

	while (jobs) {
		struct job *rest = run[jobs->kind](journal, jobs);
		while (jobs != rest) {
			struct job *next = jobs->next;
			free_job(jobs);
			jobs = next;
		}
	}
}

/* --- the thread: lease --------------------------------------------------------------- */

static void tell_lease(struct journal *journal, const struct lease *lease)
{
	bool same = lease->mine == journal->lease.mine && strcmp(lease->holder, journal->lease.holder) == 0;

	journal->lease = *lease;
	if (same)
		return;
	struct message *message = new_message(MESSAGE_LEASE);
	message->lease = *lease;
	send_message(journal, message);
}

/* Samples wait for one renewal, however it goes: they must not pile up. */
static enum status renew_lease(struct journal *journal, struct lease *lease, struct error *err)
{
	const struct sample_batch samples = {journal->samples, journal->sample_count, SAMPLES_KEPT_US};
	enum status status = store_lease(journal->store, journal->holder, LEASE_US, &samples, lease, err);

	free_sample_texts(journal->samples, journal->sample_count);
	journal->sample_count = 0;
	return status;
}

static void keep_lease(struct journal *journal)
{
	struct lease lease;
	struct error err = {0};
	int64_t now_us = clock_mono_us(journal->clock);

	if (!journal->want_lease || now_us < journal->lease_due_us)
		return;
	journal->lease_due_us = now_us + LEASE_RENEW_US;
	enum status status = renew_lease(journal, &lease, &err);
	note_write(journal, status, &err);
	if (status == STATUS_OK) {
		tell_lease(journal, &lease);
	} else if (journal->lease.mine && clock_wall_us(journal->clock) >= journal->lease.until_us) {
		/* It ran out while it could not be renewed: another console may have it by now. */
		lease = journal->lease;
		lease.mine = false;
		tell_lease(journal, &lease);
	}
}

/* --- the thread itself ------------------------------------------------------------------ */

static void look_for_news(struct journal *journal)
{
	if (!store_changed(journal->store))
		return;
	journal->behind = true;
	journal->look_soon_until_us = clock_mono_us(journal->clock) + LOOK_SOON_FOR_US;
}

/* Waits for a job, but not longer than others' news may wait: who writes once is soon
 * followed by an answer. Under the lock. */
static void wait_for_work(struct journal *journal)
{
	bool soon = clock_mono_us(journal->clock) < journal->look_soon_until_us;
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_nsec += (soon ? LOOK_SOON_MS : LOOK_MS) * 1000000L;
	until.tv_sec += until.tv_nsec / 1000000000L;
	until.tv_nsec %= 1000000000L;
	pthread_cond_timedwait(&journal->news, &journal->lock, &until);
}

static struct job *take_jobs(struct journal *journal)
{
	struct job *jobs = journal->jobs;

	journal->jobs = NULL;
	journal->jobs_end = &journal->jobs;
	return jobs;
}

static void *work(void *arg)
{
	struct journal *journal = arg;
	bool hurry = true; /* more is waiting to be read */

	pthread_mutex_lock(&journal->lock);
	while (!journal->stopping || journal->jobs) {
		if (!journal->jobs && !hurry)
			wait_for_work(journal);
		struct job *jobs = take_jobs(journal);
		bool room = journal->chunks < CHUNKS_AHEAD;
		pthread_mutex_unlock(&journal->lock);

		run_jobs(journal, jobs);
		keep_lease(journal);
		repeat_trouble(journal);
		tell_warning(journal, WARNING_STORE, store_warning(journal->store));
		look_for_news(journal);
		hurry = journal->behind && room && read_chunk(journal) && journal->behind;
		pthread_mutex_lock(&journal->lock);
	}
	pthread_mutex_unlock(&journal->lock);
	journal->lease_due_us = INT64_MIN;
	if (journal->sample_count && journal->lease.mine)
		keep_lease(journal);
	if (journal->lease.mine && store_lease_release(journal->store, journal->holder, NULL) != STATUS_OK)
		journal->lease.mine = false; /* it runs out by itself */
	return NULL;
}

/* Signals belong to the loop's thread. */
static int start_thread(struct journal *journal)
{
	sigset_t all, before;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	int failed = pthread_create(&journal->thread, NULL, work, journal);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return failed;
}

/* --- the loop's side ---------------------------------------------------------------------- */

static void deliver(struct journal *journal, struct message *message)
{
	const struct journal_events *events = &journal->events;
	const struct event *last;

	switch (message->kind) {
	case MESSAGE_EVENTS:
		last = &message->events[message->count - 1];
		journal->head = (struct head){.seq = last->seq, .hash = last->hash};
		events->events(journal->arg, message->events, message->count);
		break;
	case MESSAGE_LOADED:
		if (events->loaded)
			events->loaded(journal->arg);
		break;
	case MESSAGE_DONE:
		journal->pending--;
		if (message->done)
			message->done(message->arg, message->err.status, message->err.status == STATUS_OK ? NULL : &message->err);
		break;
	case MESSAGE_TROUBLE:
		events->trouble(journal->arg, &message->err);
		break;
	case MESSAGE_HEALED:
		events->trouble(journal->arg, NULL);
		break;
	case MESSAGE_WARNING:
		if (events->warning)
			events->warning(journal->arg, &message->err);
		break;
	case MESSAGE_LEASE:
		if (events->lease)
			events->lease(journal->arg, &message->lease);
		break;
	}
	free_message(message);
}

static struct message *take_message(struct journal *journal)
{
	pthread_mutex_lock(&journal->lock);
	struct message *message = journal->messages;
	if (message)
		journal->messages = message->next;
	if (!journal->messages)
		journal->messages_end = &journal->messages;
	if (message && message->kind == MESSAGE_EVENTS) {
		journal->chunks--;
		pthread_cond_signal(&journal->news);
	}
	pthread_mutex_unlock(&journal->lock);
	return message;
}

static void woken(void *arg)
{
	struct journal *journal = arg;
	struct message *message;

	while ((message = take_message(journal))) {
		bool portion = message->kind == MESSAGE_EVENTS;
		deliver(journal, message);
		if (portion) {
			/* The keyboard may have its turn before the next one. */
			loop_wake_ring(journal->wake);
			return;
		}
	}
}

static void add_job(struct journal *journal, struct job *job)
{
	pthread_mutex_lock(&journal->lock);
	*journal->jobs_end = job;
	journal->jobs_end = &job->next;
	pthread_cond_signal(&journal->news);
	pthread_mutex_unlock(&journal->lock);
}

static void init_locks(struct journal *journal)
{
	pthread_condattr_t attributes;

	pthread_mutex_init(&journal->lock, NULL);
	pthread_condattr_init(&attributes);
	/* The wall clock may be set back while we wait. */
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&journal->news, &attributes);
	pthread_condattr_destroy(&attributes);
}

static void close_all(struct journal *journal)
{
	loop_wake_stop(journal->wake);
	store_close(journal->store);
	pthread_cond_destroy(&journal->news);
	pthread_mutex_destroy(&journal->lock);
	free_sample_texts(journal->samples, journal->sample_count);
	free(journal->samples);
	free(journal->holder);
	free(journal);
}

struct journal *journal_new(struct loop *loop, struct store *store, bool want_lease, const char *holder, const struct journal_events *events, void *arg)
{
	struct journal *journal = xcalloc(1, sizeof(*journal));
	struct error err = {0};

	journal->events = *events;
	journal->arg = arg;
	journal->store = store;
	journal->clock = store_clock(store);
	journal->want_lease = want_lease;
	journal->holder = xstrdup(holder ? holder : "");
	journal->lease_due_us = INT64_MIN;
	journal->behind = true;
	journal->head.hash = event_genesis(store_origin(store));
	/* Only a figure for the eye: the thread tells when the record cannot be read. */
	struct head newest;
	if (store_head(store, &newest, NULL) == STATUS_OK)
		journal->held = newest.seq;
	journal->jobs_end = &journal->jobs;
	journal->messages_end = &journal->messages;
	journal->wake = loop_wake(loop, woken, journal);
	init_locks(journal);
	int failed = journal->wake ? start_thread(journal) : EAGAIN;
	if (failed) {
		error_set(&err, STATUS_LIMIT, "record %s: no thread for it: %s (raise the limit of processes)", store_where(store), strerror(failed));
		events->trouble(arg, &err);
		close_all(journal);
		return NULL;
	}
	return journal;
}

void journal_free(struct journal *journal)
{
	struct message *message;

	if (!journal)
		return;
	pthread_mutex_lock(&journal->lock);
	journal->stopping = true;
	pthread_cond_signal(&journal->news);
	pthread_mutex_unlock(&journal->lock);
	pthread_join(journal->thread, NULL);
	while ((message = take_message(journal)))
		deliver(journal, message);
	/* What a callback handed in just now came too late, and is told so. */
	for (struct job *job = journal->jobs, *next; job; job = next) {
		struct error err = {0};
		next = job->next;
		error_set(&err, STATUS_CANCELLED, "record %s: it was closed before this could be written (do it again)", store_where(journal->store));
		if (job->done)
			job->done(job->arg, STATUS_CANCELLED, &err);
		free_job(job);
	}
	close_all(journal);
}

static void add_append(struct journal *journal, bool apart, const struct draft *drafts, size_t count, void (*done)(void *arg, enum status status, const struct error *err), void *arg)
{
	struct job *job = xcalloc(1, sizeof(*job));
	int64_t now_us = clock_wall_us(journal->clock);

	job->kind = JOB_APPEND;
	job->apart = apart;
	job->count = count;
	job->drafts = xcalloc(count ? count : 1, sizeof(*job->drafts));
	for (size_t i = 0; i < count; i++) {
		copy_draft(&job->drafts[i], &drafts[i]);
		if (!job->drafts[i].occurred_us)
			job->drafts[i].occurred_us = now_us;
	}
	job->done = done;
	job->arg = arg;
	journal->pending++;
	add_job(journal, job);
}

void journal_append(struct journal *journal, const struct draft *drafts, size_t count, void (*done)(void *arg, enum status status, const struct error *err), void *arg)
{
	add_append(journal, false, drafts, count, done, arg);
}

void journal_append_each(struct journal *journal, const struct draft *drafts, size_t count, void (*done)(void *arg, enum status status, const struct error *err), void *arg)
{
	add_append(journal, true, drafts, count, done, arg);
}

struct hash256 journal_put_blob(struct journal *journal, const void *bytes, size_t len, const char *media)
{
	struct job *job = xcalloc(1, sizeof(*job));

	job->kind = JOB_BLOB;
	job->bytes = xmalloc(len ? len : 1);
	memcpy(job->bytes, len ? bytes : "", len);
	job->len = len;
	job->media = media ? xstrdup(media) : NULL;
	add_job(journal, job);
	return sha256(bytes, len);
}

void journal_put_samples(struct journal *journal, const struct sample_row *rows, size_t count)
{
	struct job *job = xcalloc(1, sizeof(*job));

	job->kind = JOB_SAMPLES;
	job->count = count;
	job->samples = xcalloc(count ? count : 1, sizeof(*job->samples));
	for (size_t i = 0; i < count; i++) {
		job->samples[i] = rows[i];
		job->samples[i].component = xstrdup(rows[i].component);
		job->samples[i].value = xstrdup(rows[i].value);
	}
	add_job(journal, job);
}

size_t journal_pending(const struct journal *journal)
{
	return journal->pending;
}

uint64_t journal_held(const struct journal *journal)
{
	return journal->held;
}

struct head journal_head(const struct journal *journal)
{
	return journal->head;
}
