/* What to make of an alert of Alertmanager or Prometheus: pure, tested as tables. */
#ifndef TOCSIN_WORLD_ALERT_H
#define TOCSIN_WORLD_ALERT_H

#include "world/world.h"

enum alert_state {
	ALERT_IS_PENDING, /* it fires if it lasts */
	ALERT_IS_FIRING,
	ALERT_IS_INHIBITED, /* another alert speaks for it */
	ALERT_IS_SILENCED,  /* somebody chose not to hear it */
};
const char *alert_state_name(enum alert_state state); /* "firing" */

struct alert_facts {
	enum alert_state state;
	const char *severity; /* its label: "critical", "P1", …; "" when it has none */
	const char *summary;  /* clean */
	const char *quiet;    /* whose silence, until when; "" unless it is silenced */
	int64_t since_us;
};

/* Firing is critical for "critical", "page", "error", "P0" and "P1", nothing for "info", "none"
 * and "P3", and a warning for all others; what does not fire is ok, with words that say why. */
struct verdict judge_alert(const struct alert_facts *alert, int64_t now_us);

#endif
