/* A long record: a million events opened and scrolled, beside lnav with as many lines. */
#include "bench.h"
#include "peer.h"
#include "terminal.h"

#include "base/mem.h"
#include "base/text.h"
#include "record/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	COLUMNS = 200,
	ROWS = 60,
	PORTION = 5000,
	EVENTS = 1000000,
	EVENTS_QUICK = 100000,
	KEYS = 60,
	LOOKED_AT = 45,
}; /* a row of the list in both programs */

struct opened {
	double first, whole, p50, p99, memory;
};

/* Events of a long night, and the same as lines of a log. */
static void write_both(const char *record, const char *log, size_t events)
{
	static struct draft drafts[PORTION];
	static char summaries[PORTION][96];
	struct store *store;
	struct error err = {0};
	FILE *file = fopen(log, "w");
	int64_t at_us = clock_wall_us(clock_system()) - (int64_t)events * US_PER_S / 10;

	bench_need(file != NULL, "writing a log");
	bench_need(store_open(&store, record, STORE_WRITE, clock_system(), &err) == STATUS_OK, err.text);
	for (size_t done = 0; done < events; done += PORTION) {
		for (size_t i = 0; i < PORTION; i++) {
			char when[64];
			at_us += US_PER_S / 10;
			text_format(summaries[i], sizeof(summaries[i]), "event %zu: besu-rpc-%zu answers slowly, 612 ms (limit 500)", done + i + 1, i % 9);
			drafts[i] = (struct draft){.kind = EVENT_NOTE, .occurred_us = at_us, .actor = "alice@ops1 pts/3", .source = "operator", .summary = summaries[i], .data = "{\"component\":\"node/besu-rpc-3\",\"from\":\"ok\",\"to\":\"warning\"}"};
			fprintf(file, "%s tocsin[4711]: %s\n", time_rfc3339(when, at_us), summaries[i]);
		}
		bench_need(store_append(store, drafts, PORTION, NULL, &err) == STATUS_OK, err.text);
	}
	store_close(store);
	bench_need(fclose(file) == 0, "writing a log");
}

/* Turns pages and waits each time until the row shows something else. */
static void scroll(struct terminal *terminal, const char *page_up, struct opened *opened)
{
	double times[KEYS];
	char was[1024], is[1024];

	/* The first one moves the selection to the top of what is seen. */
	terminal_type(terminal, page_up);
	terminal_listen(terminal, bench_now() + 0.5);
	for (int i = 0; i < KEYS; i++) {
		terminal_listen(terminal, bench_now() + 0.03);
		terminal_row(terminal, LOOKED_AT, was, sizeof(was));
		double began = bench_now();
		terminal_type(terminal, page_up);
		do
			bench_need(bench_now() - began < 10 && terminal_hear(terminal, began + 10), "scrolling");
		while (strcmp(terminal_row(terminal, LOOKED_AT, is, sizeof(is)), was) == 0);
		times[i] = terminal->heard - began;
	}
	opened->p50 = bench_percentile(times, KEYS, 0.5);
	opened->p99 = bench_percentile(times, KEYS, 0.99);
	opened->memory = process_memory(terminal->pid);
}

static void open_record(const char *record, size_t events, struct opened *opened)
{
	struct peer peer;
	struct terminal terminal;
	char url[PEER_URL], last[64];

	peer_start(&peer, 1);
	const char *const argv[] = {bench_program(), "--db", record, "--read-only", "console", peer_url(url, &peer, 0), NULL};
	terminal_open(&terminal, COLUMNS, ROWS, argv);
	opened->first = terminal_wait(&terminal, "Timeline", 30);
	opened->whole = opened->first + terminal_wait(&terminal, text_format(last, sizeof(last), "event %zu:", events), 120);
	bench_need(opened->first >= 0 && opened->whole >= opened->first, "opening the long record");
	/* The last pane of the board, with all of the screen. */
	terminal_type(&terminal, "4z");
	terminal_listen(&terminal, bench_now() + 1);
	scroll(&terminal, "\033[5~", opened);
	terminal_close(&terminal);
	peer_stop(&peer);
}

static void open_log(const char *log, size_t events, struct opened *opened)
{
	const char *const argv[] = {"lnav", "-N", log, NULL};
	struct terminal terminal;
	char last[64];

	terminal_open(&terminal, COLUMNS, ROWS, argv);
	opened->first = terminal_wait(&terminal, "event ", 30);
	double whole = terminal_wait(&terminal, text_format(last, sizeof(last), "event %zu:", events), 60);
	opened->whole = opened->first >= 0 && whole >= 0 ? opened->first + whole : -1;
	if (opened->whole >= 0)
		scroll(&terminal, "\033[5~", opened);
	terminal_close(&terminal);
}

void bench_million(void)
{
	size_t events = bench_quick() ? EVENTS_QUICK : EVENTS;
	struct opened ours = {0}, theirs = {-1, -1, -1, -1, -1};
	char *record = xasprintf("%s/long.db", bench_directory()), *log = xasprintf("%s/long.log", bench_directory());
	char part[96];

	text_format(part, sizeof(part), "a record of %zu events (a log of as many lines beside it)", events);
	bench_part(part);
	write_both(record, log, events);
	open_record(record, events, &ours);
	if (bench_have("lnav"))
		open_log(log, events, &theirs);
	bench_show(&(struct figure){"first frame after", IN_SECONDS, ours.first, "lnav", theirs.first, 0, false});
	bench_show(&(struct figure){"all of it there after", IN_SECONDS, ours.whole, "lnav", theirs.whole, 0, false});
	bench_show(&(struct figure){"a page up, p50", IN_SECONDS, ours.p50, "lnav", theirs.p50, 1, false});
	bench_show(&(struct figure){"  p99", IN_SECONDS, ours.p99, "lnav", theirs.p99, 0, false});
	bench_show(&(struct figure){"memory", IN_BYTES, ours.memory, "lnav", theirs.memory, 0, false});
	free(record);
	free(log);
}
