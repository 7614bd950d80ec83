/* From symptoms to causes, as a table that a person can read and extend: one row says which
 * symptom of which kind of component stands for which cause, how sure that is, and what
 * would confirm or refute it. Rows of the configuration come before ours. */
#ifndef TOCSIN_INCIDENT_DIAGNOSIS_H
#define TOCSIN_INCIDENT_DIAGNOSIS_H

#include "base/settings.h"
#include "incident/detect.h"

/* Which components one proposal of a row takes together. */
enum grouping {
	GROUP_ALL,    /* all that fit the row's cause: one router, many lanes */
	GROUP_EACH,   /* each by itself */
	GROUP_SOURCE, /* those that come from one chain: the first that each is related to */
};

struct diagnosis {
	enum kind kind;
	enum symptom symptom;
	enum kind about;  /* only what is related to a component of this kind; KIND_COUNT: any */
	const char *name; /* a pattern with * and ? for the name, NULL: any */
	enum cause cause;
	enum rule critical, warning; /* RULE_COUNT: not proposed at this level */
	enum confidence confidence;
	enum grouping grouping;
	bool follows_chain;  /* on a chain that stands still this is a consequence of it */
	const char *confirm; /* what would show that it is so */
	const char *refute;  /* and what would show that it is not */
};

/* Our own rows, in the order in which they are tried; ends with a cause of CAUSE_NONE. */
extern const struct diagnosis diagnosis_table[];

/* Rows of the configuration, [diagnosis NAME]. */
extern const struct settings_def diagnosis_section;
struct diagnoses {
	struct diagnosis *items; /* texts belong to the settings */
	size_t count;
};
/* Reads all [diagnosis] sections, which were checked; they must outlive what it returns. */
struct diagnoses diagnoses_read(const struct settings *sections, size_t count);
void diagnoses_free(struct diagnoses *diagnoses);

/* Adds proposals for what is beside the chain, and names what only follows from those that
 * are in `out` already. `own` may be NULL. */
void diagnose(const struct world *world, const struct diagnoses *own, struct proposals *out);

#endif
