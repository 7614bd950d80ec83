/* Silences made from here: what a person typed, what it would cover, and how Alertmanager is
 * asked for it. */
#ifndef TOCSIN_COLLECT_SILENCE_H
#define TOCSIN_COLLECT_SILENCE_H

#include "collect/alerts.h"
#include "collect/source.h"

/* A silence to set, or one to end. */
struct silence_request {
	struct matcher *matchers;
	size_t matcher_count;
	int64_t for_us;
	char *comment;
	char *end; /* the id of the one to end; NULL: one is set */
};
/* Reads "2h alertname=BesuPeersLow instance=~"besu.*" planned restart": how long, matchers, and the
 * reason; or "end ID". Refused: no matcher, one that every alert fits, longer than 30 days. */
enum status silence_parse(const char *text, struct silence_request *out, struct error *err) TOCSIN_CHECK;
void silence_request_free(struct silence_request *request);

/* What of these alerts it covers now, as lines for a person; returns how many. */
size_t silence_preview(const struct silence_request *request, const struct alert_list *alerts, struct buf *out);
/* What Alertmanager is sent: the comment names the incident (may be NULL) and who asks. */
void silence_body(const struct silence_request *request, const char *who, const char *incident, int64_t now_us, struct buf *out);
/* Whether a silence keeps alerts about one of these places quiet (names of pods, nodes,
 * validators): it names one of them, or could not be told from one that does. */
bool silence_hides(const struct silence *silence, const char *const *names);

/* One Alertmanager to be asked. */
struct silencer;
/* `settings` of [alertmanager NAME] are borrowed. NULL with err when its secret cannot be read. */
struct silencer *silencer_new(const struct source_host *host, const struct settings *settings, struct error *err);
void silencer_free(struct silencer *silencer); /* cancels what is under way; NULL allowed */
/* Fetches the alerts of now. The list is the callee's to keep; err is NULL when it went well. */
void silencer_fetch(struct silencer *silencer, void (*done)(void *arg, struct alert_list *alerts, const struct error *err), void *arg);
/* Sets or ends one; `id` of what was set or ended. One thing at a time. */
void silencer_send(struct silencer *silencer, const struct silence_request *request, const char *who, const char *incident,
		   void (*done)(void *arg, const char *id, const struct error *err), void *arg);

#endif
