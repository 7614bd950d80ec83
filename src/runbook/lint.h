/* What makes a runbook fail its reader at night, found from its text alone: one table of
 * rules (incident reference 4.6, engineering reference 4.5). */
#ifndef TOCSIN_RUNBOOK_LINT_H
#define TOCSIN_RUNBOOK_LINT_H

#include "base/finding.h"
#include "runbook/bind.h"
#include "runbook/runbook.h"

#include <stdint.h>

struct lint_finding {
	const char *rule; /* "no-owner"; a literal */
	enum finding_level level;
	int line;      /* in the file, 1-based; 0: the whole file */
	char step[16]; /* its number, "" when it is about no step */
	char text[240];
	char cure[200];
};

struct lint_findings {
	struct lint_finding *items; /* by line */
	size_t count, capacity;
};

struct lint_options {
	int64_t now_us;                /* to tell how old a test is */
	const struct bindings *values; /* what the configuration gives; NULL: nothing */
	bool programs;                 /* say which programs this machine lacks */
};

/* The rules, for the help and the manual: ends with id NULL. */
struct lint_rule {
	const char *id;
	enum finding_level level;
	const char *help; /* what it finds */
};
const struct lint_rule *lint_rules(void);

/* Appends what is wrong with one runbook. */
void lint_runbook(const struct runbook *book, const struct lint_options *options, struct lint_findings *out);
/* A file that cannot be read as a runbook, as a finding of its own. */
void lint_unreadable(struct lint_findings *out, const struct error *err);
size_t lint_count(const struct lint_findings *findings, enum finding_level level);
void lint_findings_free(struct lint_findings *findings);

#endif
