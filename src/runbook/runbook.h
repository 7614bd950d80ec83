/* Runbooks: ordinary Markdown to steps, read with libcmark. What cannot be
 * classified is a manual step, never lost (incident reference 4). */
#ifndef TOCSIN_RUNBOOK_RUNBOOK_H
#define TOCSIN_RUNBOOK_RUNBOOK_H

#include "base/hash.h"
#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>

struct command {
	char *language; /* "bash", "" when the fence has none, "inline" for inline code */
	char *text;     /* as written, "$ " prompts removed */
	char *name;     /* runme's name, or NULL */
	int line;       /* in the file, 1-based */
	bool shell;     /* may run; other languages are shown, never run */
};

struct step {
	char number[16];                               /* "3", "2.1": as shown and as recorded */
	int depth;                                     /* 0 at the top */
	char *title;                                   /* one clean line */
	char *body;                                    /* the rest as clean text, may be "" */
	char *when, *expected, *verify, *why, *impact; /* SEAL markers, NULL when absent */
	int line;
	struct command *commands;
	size_t command_count;
};

struct runbook {
	char name[64]; /* "network-outage": the file's stem */
	char *path;    /* NULL when parsed from memory */
	char *title;
	char *owner, *updated, *tested; /* front matter or table, NULL when absent */
	char *intro;                    /* text before the first step, clean */
	char **symptoms;
	size_t symptom_count;
	struct step *steps;
	size_t step_count;
	struct hash256 sha256; /* of the file's bytes */
};

enum status runbook_parse(const char *text, size_t len, const char *name, struct runbook *out, struct error *err) TOCSIN_CHECK;
enum status runbook_load(const char *path, struct runbook *out, struct error *err) TOCSIN_CHECK;
void runbook_free(struct runbook *runbook);
const struct step *runbook_step(const struct runbook *runbook, const char *number);

/* The library: the person's own directory first, then the shipped one. */
struct runbook_list {
	char **names;
	char **paths;
	size_t count;
};
void runbook_list(struct runbook_list *out, const char *extra_directory);
void runbook_list_free(struct runbook_list *list);
/* Finds by name in the library, or takes a path as it is. */
enum status runbook_find(const char *name_or_path, const char *extra_directory, struct runbook *out, struct error *err) TOCSIN_CHECK;

#endif
