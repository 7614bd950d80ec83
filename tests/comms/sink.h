/* A peer that takes what is sent: HTTP and SMTP on raw sockets of loopback, so that it can
 * answer badly, late, in half, or not at all. For tests. */
#ifndef TOCSIN_TESTS_COMMS_SINK_H
#define TOCSIN_TESTS_COMMS_SINK_H

#include <stdbool.h>
#include <stddef.h>

enum sink_manner {
	SINK_TAKES,      /* 200; 250 */
	SINK_BAD,        /* 400; 550 to a recipient */
	SINK_GONE,       /* 404; 554 to the text */
	SINK_LATER,      /* 429 with Retry-After: 60; 451 to a recipient */
	SINK_BROKEN,     /* 500; 421 to the text */
	SINK_HANGS,      /* takes all of it and says nothing */
	SINK_CUTS,       /* takes all of it and hangs up */
	SINK_CUTS_EARLY, /* hangs up before it has read anything */
	SINK_MANNERS,
};
const char *sink_manner_name(enum sink_manner manner);

struct sink;

/* Serves on a free port from a thread of its own. `log`, unless NULL, is a file that gets a
 * line for each message taken: its first line, then its text with line ends as "\n". */
struct sink *sink_open(bool smtp, const char *log);
void sink_close(struct sink *sink);
int sink_port(const struct sink *sink);
void sink_set(struct sink *sink, enum sink_manner manner);
/* What an HTTP answer of SINK_TAKES says; a literal, "ok" unless set. */
void sink_say(struct sink *sink, const char *body);
/* How many messages came whole, and a copy of the last one, owned by the caller. */
size_t sink_count(struct sink *sink);
char *sink_last(struct sink *sink);

#endif
