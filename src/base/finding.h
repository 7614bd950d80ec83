/* What a check-up found: one line each, with a cure. */
#ifndef TOCSIN_BASE_FINDING_H
#define TOCSIN_BASE_FINDING_H

#include "base/status.h"

#include <stddef.h>

enum finding_level {
	FINDING_OK,
	FINDING_INFO, /* worth knowing, nothing to do */
	FINDING_WARN, /* works, and may not when it counts */
	FINDING_FAIL, /* does not work */
};

struct finding {
	enum finding_level level;
	const char *group; /* "endpoints"; a literal */
	char what[80];     /* "besu-rpc-0" */
	char text[240];
	char cure[200]; /* what to do, "" when there is nothing to do */
};

struct findings {
	struct finding *items;
	size_t count, capacity;
};

/* Adds one, cleaned and cut to size. `cure` may be NULL. */
void finding_add(struct findings *list, enum finding_level level, const char *group, const char *what, const char *cure, const char *fmt, ...) TOCSIN_PRINTF(6, 7);
void findings_free(struct findings *list);
size_t findings_count(const struct findings *list, enum finding_level level);
/* "OK", "INFO", "WARN", "FAIL" */
const char *finding_word(enum finding_level level);

#endif
