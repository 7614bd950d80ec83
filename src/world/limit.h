/* What to make of a number, or of a page: pure, tested as tables. */
#ifndef TOCSIN_WORLD_LIMIT_H
#define TOCSIN_WORLD_LIMIT_H

#include "world/world.h"

/* "> 5", ">= 5", "< 2", "<= 2". */
struct limit {
	enum {
		LIMIT_NONE,
		LIMIT_ABOVE,
		LIMIT_AT_LEAST,
		LIMIT_BELOW,
		LIMIT_AT_MOST,
	} direction;
	double bound;
	char text[40]; /* as written */
};
/* False when it is none of these. A bound has to be a finite number. */
bool limit_parse(const char *text, struct limit *out) TOCSIN_CHECK;
/* The value is beyond it; never for NaN. */
bool limit_hit(const struct limit *limit, double value);

/* Beyond `crit` is critical, beyond `warn` a warning; NaN, and an infinity that no bound speaks
 * of, are unknown. `security`: what is beyond is a sign of an attack. `unit` may be "". */
struct verdict judge_limit(const struct limit *warn, const struct limit *crit, double value, const char *unit, bool security);

/* A page that was asked for. */
struct page_facts {
	bool reached;
	const char *why;    /* unless reached */
	int status, wanted; /* wanted 0: 200 to 299 */
	bool has_match, matched;
	int64_t latency_ms;
	bool has_certificate;
	int64_t certificate_left_us, certificate_warn_us;
};
struct verdict judge_page(const struct page_facts *page, const struct limit *warn, const struct limit *crit);

#endif
