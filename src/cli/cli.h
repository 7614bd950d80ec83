/* The command line. A command is one const entry in a file of its own. */
#ifndef TOCSIN_CLI_CLI_H
#define TOCSIN_CLI_CLI_H

#include "incident/act.h"
#include "record/store.h"
#include "ui/term.h"
#include "watch/watch.h"

#include <stdbool.h>
#include <stdio.h>

/* What the options before (or after) the command's name said. */
struct globals {
	const char *program;       /* argv[0] */
	const char *config;        /* --config */
	const char *record;        /* --db */
	const char *theme;         /* --theme */
	const char *operator_name; /* --as */
	enum colour_when colour;
	bool ascii, linear, read_only, utc;
};

/* Exit codes beside those that a command defines (status, verify). */
enum {
	EXIT_OK = 0,
	EXIT_FAILED = 1,
	EXIT_USAGE = 64,
};

struct cli_command {
	const char *name;
	const char *args; /* "[SCENARIO]" */
	const char *help; /* one line */
	/* argv[0] is the command's name. Returns the exit code. */
	int (*run)(const struct globals *globals, int argc, char **argv);
	const char *manual; /* more lines for `tocsin NAME --help`, or NULL */
	bool hidden;        /* not in the list: for scripts of our own */
};
const struct cli_command *const *cli_commands(void); /* ends with NULL */
extern const struct cli_command cli_console_command, cli_demo, cli_status, cli_incident, cli_export, cli_verify, cli_runbook, cli_config_command, cli_sim, cli_standin, cli_manual, cli_init, cli_doctor, cli_outbox, cli_silence, cli_watch;
int cli_main(int argc, char **argv);

/* tocsin incident update, which is a command by itself but for its name. */
int cli_incident_update(const struct globals *globals, int argc, char **argv);

/* --- shared by commands --------------------------------------------------------- */

void cli_error(const struct error *err); /* "tocsin: …" on stderr */
/* The same, and the exit code for it: EXIT_USAGE or EXIT_FAILED. */
int cli_failed(enum status status, const struct error *err);
/* Prints the mistake and how to call the command; returns EXIT_USAGE. */
int cli_usage(const struct cli_command *command, const char *fmt, ...) TOCSIN_PRINTF(2, 3);

/* One option of a command. With `value`: takes one ("--for 5s" or "--for=5s"); with
 * `flag`: takes none; with `list`: takes one, and may stand often. */
struct cli_words {
	const char **items; /* to be freed by the command; the words are argv's */
	size_t count;
};
void cli_words_add(struct cli_words *words, const char *word);
struct cli_option {
	const char *name; /* "for" */
	const char **value;
	bool *flag;
	struct cli_words *list;
};
/* Takes the options (a table ending with name NULL) out of argv and leaves the plain
 * words, argv[0] included; "--" ends options. Returns the count of what is left, or
 * -1 after cli_usage was printed. */
int cli_options(const struct cli_command *command, const struct cli_option *options, int argc, char **argv);

/* The configuration: from --config, from URLs among the words, from the default file,
 * in this order. STATUS_NOT_FOUND when there is none. Problems are printed. */
enum status cli_config(const struct globals *globals, const char *const *urls, size_t url_count, struct config *out, struct error *err) TOCSIN_CHECK;
bool cli_is_url(const char *word);
/* False after cli_usage was printed: one of the words after argv[0] is no URL. */
bool cli_only_urls(const struct cli_command *command, int argc, char **argv);
/* What `config check` does: prints every mistake of a file, or that it is fine. */
int cli_config_check(const struct globals *globals, const char *path);
/* The theme asked for, else the configuration's, else dark. */
const char *cli_theme(const struct globals *globals, const struct config *config);

/* Opens the record: --db, else the configuration's (may be NULL), else the default place. */
enum status cli_store(const struct globals *globals, const struct config *config, enum store_mode mode, struct store **out, struct error *err) TOCSIN_CHECK;
/* The event loop, or NULL after the error was printed. */
struct loop *cli_loop(void);
/* Prints a JSON document whole, with a line end; half of one would be read as a fault of
 * the reader. Frees the buffer. */
enum status cli_print_json(struct buf *json, struct error *err) TOCSIN_CHECK;
/* Reads the whole record into a new fold. */
enum status cli_fold(struct store *store, struct fold **out, struct error *err) TOCSIN_CHECK;
/* Folds the record, lets `draft` say what happens by the fold, and appends that in one
 * transaction; all anew when somebody wrote between the reading and the writing. *fold and
 * *drafts are there while `draft` runs. What the record warns of is printed. */
typedef enum status cli_draft_fn(void *arg, struct error *err);
enum status cli_change(struct store *store, struct fold **fold, struct drafts *drafts, cli_draft_fn *draft, void *arg, struct error *err) TOCSIN_CHECK;
/* Who runs this command. The strings are static. */
struct actor cli_actor(const struct globals *globals);

/* `runbook run`, in a file of its own. */
int cli_runbook_run(const struct globals *globals, int argc, char **argv);

/* What `console` and `demo` share: a console over a configuration and a record, on the
 * terminal or driven by a script. Takes the store over; returns the exit code. */
struct console_options {
	const char *script;                  /* NULL: the terminal, or lines (--linear) */
	const char *const *tool_environment; /* see watch_options */
};
int cli_console(const struct globals *globals, const struct config *config, struct store *store, const struct console_options *options);
/* Runs the loop for `for_us`, or shorter: until the judges had what they need. */
void cli_observe(struct loop *loop, struct watch *watch, int64_t for_us, bool until_settled);
/* Prints the board as text, at the width of the terminal. */
void cli_print_board(const struct globals *globals, struct watch *watch, FILE *out);

#endif
