/* Placeholders and values. A value reaches a command only as an environment variable:
 * the placeholder becomes a quoted reference that fits its place in the shell text
 * (bare, in double quotes, in single quotes, in a here-document) and is refused where a
 * second shell would read it (DESIGN section 7; engineering reference 4.5). */
#ifndef TOCSIN_RUNBOOK_BIND_H
#define TOCSIN_RUNBOOK_BIND_H

#include "base/status.h"
#include "runbook/placeholder.h"
#include "runbook/shape.h"

#include <stdbool.h>
#include <stddef.h>

/* A value on offer. */
struct binding {
	char name[64]; /* normalised: lower case, '-' and blank become '_': "validator_pod" */
	char *value;
	char from[96]; /* where it came from: "component node/besu-validator-2", "typed by alice" */
	bool secret;   /* reaches commands through their environment, and is shown and recorded by its name only */
};
struct bindings {
	struct binding *items;
	size_t count, capacity;
};
void bindings_init(struct bindings *b);
void bindings_free(struct bindings *b);
/* Sets or replaces. */
void bindings_set(struct bindings *b, const char *name, const char *value, const char *from);
/* The same for a value that nobody may read: the resolved text says "‹secret:name›". */
void bindings_set_secret(struct bindings *b, const char *name, const char *value, const char *from);
/* Makes out a copy of its own, for a run that binds its values once: what changes in the
 * world later does not reach the steps that are left. */
void bindings_copy(struct bindings *out, const struct bindings *b);
const struct binding *bindings_get(const struct bindings *b, const char *name);

/* Where a value for this name comes from when nobody types it: "the affected component";
 * NULL when only [values] of the configuration or a person can give it. */
const char *binding_source(const char *name);

struct open_placeholder {
	char name[64];
	char written[80]; /* as in the text: "<validator-pod>" */
};

/* A command ready to be shown and, if `open_count` is 0, run. */
struct bound {
	char *script;       /* what the shell gets: references instead of values */
	char *resolved;     /* for reading only: values in their place */
	char **environment; /* NULL-terminated "TOCSIN_validator_pod=besu-validator-2" */
	size_t environment_count;
	struct open_placeholder *open;
	size_t open_count;
};
/* Placeholders are <name>, {{name}}, {{one|other}}, [NAME] and $NAME or ${NAME}, unless the
 * script sets it or every shell has it. STATUS_REFUSED when a placeholder stands where a
 * second shell would read it, or when a value does not have the shape its name asks for. */
enum status bind_command(const char *text, const struct bindings *values, struct bound *out, struct error *err) TOCSIN_CHECK;
void bound_free(struct bound *bound);

#endif
