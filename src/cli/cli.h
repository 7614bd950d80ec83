/* The command line. A command is one const entry in a file of its own. */
#ifndef TOCSIN_CLI_CLI_H
#define TOCSIN_CLI_CLI_H

#include "base/status.h"
#include "ui/term.h"

#include <stdbool.h>

/* What the options before (or after) the command's name said. */
struct globals {
	const char *program;
	const char *config;    /* --config */
	const char *record;    /* --db */
	const char *theme;     /* --theme */
	const char *operator_name; /* --as */
	enum colour_when colour;
	bool ascii, read_only, utc;
};

/* Exit codes beside those that a command defines (status, verify). */
enum { EXIT_OK = 0, EXIT_FAILED = 1, EXIT_USAGE = 64 };

struct cli_command {
	const char *name;
	const char *args;  /* "[SCENARIO]" */
	const char *help;  /* one line */
	/* argv[0] is the command's name. Returns the exit code. */
	int (*run)(const struct globals *globals, int argc, char **argv);
};
const struct cli_command *cli_commands(void); /* ends with name NULL */
int cli_main(int argc, char **argv);

/* Shared by commands. */
void cli_error(const struct error *err);              /* "tocsin: …" on stderr */
int cli_usage(const struct cli_command *command, const char *fmt, ...) TOCSIN_PRINTF(2, 3); /* returns EXIT_USAGE */

#endif
