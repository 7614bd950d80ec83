/* Runbooks: ordinary Markdown to steps, read with libcmark. What cannot be
 * classified is a manual step, never lost (incident reference 4). */
#ifndef TOCSIN_RUNBOOK_RUNBOOK_H
#define TOCSIN_RUNBOOK_RUNBOOK_H

#include "base/hash.h"
#include "base/status.h"
#include "runbook/danger.h"

#include <stdbool.h>
#include <stddef.h>

/* One piece of code of a step. All of them are shown; only those with `shell` may run. */
struct command {
	char *language;    /* "bash", "" when the fence has none, "inline" for inline code */
	char *text;        /* as written, "$ " prompts and the output between them removed */
	char *output;      /* what the document shows as its output: for reading, never run; NULL without */
	char *info;        /* the fence's info string as written, NULL without */
	char *name;        /* runme's name, or NULL */
	char *cwd;         /* directory to run in, from the info string; it may be relative to the book's; NULL: the book's */
	char *interpreter; /* what an info string or the front matter asks for ("bash"), NULL: /bin/sh */
	char *doubt;       /* why it never runs, in words ("its markup is lost"); NULL when it may */
	int line;          /* in the file, 1-based: of the fence or of the paragraph */
	int line_end;      /* the last line that belongs to it */
	int timeout_s;     /* "timeout=120" or "timeout=2m" in the info string, 0: not said */
	enum danger floor; /* at least this class ("class=destructive" in the info string); nothing can lower a class */
	bool shell;        /* may run; other languages are shown, never run */
	bool verify;       /* a check of the step: polled until it ends with 0, after the others */
	bool interactive;  /* "interactive=true": wants the terminal. Not said counts as false */
	bool background;   /* "background=true": goes on while the next steps are worked */
	bool alone;        /* "excludeFromRunAll=true": never part of running several at once */
};

/* What a step asks of its reader. */
enum step_kind {
	STEP_MANUAL,  /* done by a person, then ticked: nothing in it may run but its checks */
	STEP_COMMAND, /* has at least one command that may run */
	STEP_VERIFY,  /* its title asks to verify, and all that may run only reads: polled until it holds */
	STEP_BRANCH,  /* a way to choose or to leave aside: its steps below are offered, not guessed */
	STEP_KIND_COUNT,
};
const char *step_kind_name(enum step_kind kind); /* "manual" */

struct step {
	char number[16]; /* "3", "2.1": as shown and as recorded; unique in the runbook */
	int depth;       /* 0 at the top */
	int parent;      /* index in steps of the step around it, -1 at the top */
	enum step_kind kind;
	char *section;                                 /* the headings that it stands under: "Common incidents > Network outage", "" without */
	char *written;                                 /* its number as the document writes it: "3.", "Step 4", "" without */
	char *title;                                   /* one clean line */
	char *body;                                    /* the rest as clean text, may be "" */
	char *when, *expected, *verify, *why, *impact; /* SEAL markers, NULL when absent. With `when` the step is offered, whatever its kind */
	char *rollback;                                /* how to take it back, NULL when absent */
	char *link;                                    /* another runbook that it points to, as written ("other.md#part"), NULL when absent */
	int line, line_end;                            /* in the file, 1-based; steps below it are not counted in */
	struct command *commands;
	size_t command_count;
};

/* What the front matter, or a table of two columns at the top, says. */
struct runbook_fact {
	char *key; /* lower case, blanks and '_' become '-': "last-tested" */
	char *value;
	int line;
};

struct runbook {
	char name[64]; /* "network-outage": the file's stem */
	char *path;    /* NULL when parsed from memory */
	char *title;
	char *owner, *updated, *tested; /* front matter or table, NULL when absent */
	char *severity;                 /* as written, NULL when absent */
	char *cwd, *interpreter;        /* for all its commands, NULL when absent */
	char **causes;                  /* what it is for: names of causes */
	size_t cause_count;
	struct runbook_fact *facts; /* everything that was said about the runbook, the above included */
	size_t fact_count;
	char *intro; /* text that belongs to no step: before the first, and of parts that only inform; clean */
	char **symptoms;
	size_t symptom_count;
	struct step *steps; /* in the order of the file */
	size_t step_count;
	bool stripped;         /* the markup is partly lost: its lines were read by their look, and nothing in it runs */
	struct hash256 sha256; /* of the file's bytes */
};

/* True if the command is shell text, whether it may run or not. */
bool command_is_shell(const struct command *command);
/* The class of a command, as written or as bound: what its text can do, and at least what
 * its author says. */
enum danger command_danger(const struct command *command, const char *script);

enum status runbook_parse(const char *text, size_t len, const char *name, struct runbook *out, struct error *err) TOCSIN_CHECK;
enum status runbook_load(const char *path, struct runbook *out, struct error *err) TOCSIN_CHECK;
void runbook_free(struct runbook *runbook);
const struct step *runbook_step(const struct runbook *runbook, const char *number);

/* True if it is meant for the cause of this name: by its own name, or by what it says. */
bool runbook_fits(const struct runbook *runbook, const char *cause);

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
