/* Every number a judge uses, in one place, with where it comes from. All of them
 * can be set in the configuration under [thresholds]. */
#ifndef TOCSIN_WORLD_THRESHOLDS_H
#define TOCSIN_WORLD_THRESHOLDS_H

#include "base/status.h"

#include <stdint.h>

struct thresholds {
	/* name                         default   source */
	int64_t block_period_ms;     /*       0   0: from node info, else inferred from headers */
	int64_t request_timeout_ms;  /*       0   0: from node info, else from failed rounds, else equal to the period */
	int64_t empty_period_ms;     /*       0   xemptyblockperiodseconds; 0: off */
	int64_t stall_rounds;        /*       3   protocol reference 1.5.1: P + 3T + slack */
	int64_t stall_slack_ms;      /*   2,000   protocol reference 1.5.1 */
	int64_t lag_warn_blocks;     /*       2   protocol reference 1.5.6, same as Besu's readiness */
	int64_t lag_crit_s;          /*      10   protocol reference 1.5.6: 10 * (1/B) blocks */
	int64_t offline_turns;       /*       2   protocol reference 1.5.3: no proposal in 2n blocks */
	int64_t rpc_warn_ms;         /*   1,000   protocol reference 1.5.8: p95 above 1 s */
	int64_t rpc_error_percent;   /*       5   protocol reference 1.5.8 */
	int64_t peers_warn;          /*       1   fewer peers than this warns; validators: quorum - 1 */
	int64_t missed_warn_percent; /*       5   protocol reference 8: missed turns above 5 % */
	int64_t stale_after_ms;      /*  10,000   incident anchors 8; at least 3 polls */
	int64_t skew_warn_ms;        /*   2,000   protocol reference 0.5 */
	int64_t rewound_ms;          /* 86,400,000 lost blocks are a person's matter: every shift sees it */
	int64_t dwell_ms;            /*   3,000   a bad sample must last this long (hysteresis) */
	int64_t clear_ms;            /*   3,000   and a good one this long, before the state changes */
};

struct thresholds thresholds_default(void);

/* Names for configuration and `config check`; NULL-terminated. */
struct threshold_def {
	const char *name;
	size_t offset;     /* of the int64_t in struct thresholds */
	int64_t low, high; /* accepted range */
	const char *help;
	const char *source; /* what the default rests on, in words */
};
const struct threshold_def *threshold_defs(void);
enum status thresholds_set(struct thresholds *t, const char *name, const char *value, struct error *err) TOCSIN_CHECK;

#endif
