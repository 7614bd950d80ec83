/* Alerts with their labels, as all sources tell them, so that none stands twice and what a
 * silence covers can be said. */
#ifndef TOCSIN_COLLECT_ALERTS_H
#define TOCSIN_COLLECT_ALERTS_H

#include "base/json.h"
#include "world/alert.h"

enum {
	LABELS_MAX = 64,      /* of one alert; more are left out */
	LABEL_TEXT_MAX = 512, /* bytes of a label's value */
	ALERTS_MAX = 20000,
};

struct label {
	char *name, *value; /* clean */
};

struct alert {
	struct label *labels; /* by name */
	size_t label_count;
	char id[80]; /* "BesuPeersLow-9c3b1d5a7f2e4c60": from its labels alone */
	enum alert_state state;
	char *summary, *owner, *quiet, *link;
	char *silence; /* the first silence that covers it, by id; or NULL */
	int64_t since_us;
};

struct alert_list {
	struct alert *items;
	size_t count, capacity;
	size_t left_out; /* beyond ALERTS_MAX */
};
/* A new, empty alert at the end, or NULL when there are too many. */
struct alert *alert_list_add(struct alert_list *list);
/* Takes the last one back. */
void alert_list_drop_last(struct alert_list *list);
void alert_list_free(struct alert_list *list);

/* Fills labels and id from an object of strings. False when it has no alertname. */
bool alert_read_labels(struct alert *alert, const struct json *labels);
const char *alert_label(const struct alert *alert, const char *name); /* "" when it has none */
/* "instance=a:1 job=besu", without the alertname; cut to `size`. Returns dst. */
char *alert_labels_text(char *dst, size_t size, const struct alert *alert);

/* --- silences ---------------------------------------------------------------------------- */

struct matcher {
	char *name, *value;
	bool regex, equal;
};
/* False: it does not match, or cannot be judged here; *judged tells which. Expressions are
 * anchored, as in Alertmanager; those that POSIX has no words for are not judged. */
bool matcher_fits(const struct matcher *matcher, const char *value, bool *judged);

struct silence {
	char *id, *by, *comment;
	struct matcher *matchers;
	size_t matcher_count;
	int64_t starts_us, ends_us;
	bool active;
};
struct silence_list {
	struct silence *items;
	size_t count, capacity;
};
void silence_list_free(struct silence_list *list);
void matchers_free(struct matcher *matchers, size_t count);
/* All matchers fit the alert's labels; *judged as above. */
bool silence_covers(const struct matcher *matchers, size_t count, const struct alert *alert, bool *judged);
/* severity="critical" instance=~"besu.*", as people write them. Free the result. */
char *matchers_text(const struct matcher *matchers, size_t count);

/* --- the board ------------------------------------------------------------------------------ */

struct alerts;
struct alerts *alerts_new(void);
void alerts_free(struct alerts *alerts); /* NULL allowed */

/* What this source tells now, in place of what it told before; the list is taken over. An
 * Alertmanager's word wins over that of a Prometheus. Shows all in the world. */
void alerts_put(struct alerts *alerts, struct world *world, const char *source, bool alertmanager, struct alert_list *list, int64_t stale_after_us, int64_t at_us);
/* The source cannot be seen. */
void alerts_miss(struct alerts *alerts, struct world *world, const char *source, enum reach reach, const char *why, int64_t at_us);
void alerts_put_silences(struct alerts *alerts, const char *source, struct silence_list *list);
/* What a source told last; NULL: nothing. */
const struct alert_list *alerts_of(const struct alerts *alerts, const char *source);
/* The i-th silence of all sources with its source, or NULL after the last. */
const struct silence *alerts_silence_at(const struct alerts *alerts, size_t i, const char **source);

#endif
