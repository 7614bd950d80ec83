/* The configuration: one ini file with comments, read with inih. Every mistake is
 * collected with file, line, key and cure; none hides another. */
#ifndef TOCSIN_WATCH_CONFIG_H
#define TOCSIN_WATCH_CONFIG_H

#include "base/number.h"
#include "base/settings.h"
#include "world/thresholds.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct config_node {
	char *name;
	char *url;
	char *protocol;    /* NULL: besu */
	char *pod;         /* Kubernetes pod, NULL: the name */
	char *bearer_file; /* a 0600 file with a token, or NULL */
	char *bearer_env;  /* or the name of an environment variable */
	char *ca_file;
	char *role;         /* "validator", "rpc" or NULL */
	bool has_validator; /* its validator's address is given */
	struct address validator;
	int64_t interval_ms, timeout_ms;
	int line;
};
struct config_validator {
	char *name;
	struct address address;
	int line;
};

struct config {
	char *path;        /* NULL: made from URLs */
	char *network;     /* name for people */
	uint64_t chain_id; /* 0: whatever the nodes say */
	struct config_node *nodes;
	size_t node_count;
	struct config_validator *validators;
	size_t validator_count;
	struct thresholds thresholds;
	char *runbook_directory;
	char *theme;
	char *record; /* path or URL, NULL: the default place */
	int64_t sample_keep_us;
	/* Values for runbooks, from [values]. */
	struct config_value {
		char *name, *value;
	} * values;
	size_t value_count;
	/* Keys of the console, from [keys]; what they mean is the screen's business. */
	struct config_key {
		char *request, *keys;
		int line;
	} * keys;
	size_t key_count;
	/* What rooms declare for themselves (sections.h), in the order of the file. */
	struct settings *sections;
	size_t section_count;
	bool demo; /* a drill: marked on every screen and export */
};

struct config_problem {
	int line;
	bool warning;
	char text[300]; /* "file:12: [node a] url: not http or https (write http://host:8545)" */
};
struct config_problems {
	struct config_problem *items;
	size_t count, capacity;
};
/* Adds a problem, cleaned, in its place by line. */
void config_problem(struct config_problems *problems, const char *path, int line, bool warning, const char *fmt, ...) TOCSIN_PRINTF(5, 6);
void config_problems_free(struct config_problems *problems);

/* Reads a file. *out is filled as far as it is right; STATUS_INVALID when any problem
 * is an error. */
enum status config_load(const char *path, struct config *out, struct config_problems *problems) TOCSIN_CHECK;
enum status config_parse(const char *text, size_t len, const char *path, struct config *out, struct config_problems *problems) TOCSIN_CHECK;
/* From URLs on the command line; names come from host and port. */
enum status config_from_urls(const char *const *urls, size_t count, struct config *out, struct error *err) TOCSIN_CHECK;
void config_free(struct config *config);

/* The section that stands once, or the first of that word; NULL when there is none. */
const struct settings *config_section(const struct config *config, const char *word);
/* The namespace of [kubernetes], or "besu-network". */
const char *config_namespace(const struct config *config);
/* The context of [kubernetes]; NULL: kubectl's current one. */
const char *config_context(const struct config *config);

#endif
