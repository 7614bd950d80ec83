/* Silences in the timeline: what was asked for, what came of it, and silences of others that
 * hide what an incident is about. */
#ifndef TOCSIN_INCIDENT_ACT_SILENCE_H
#define TOCSIN_INCIDENT_ACT_SILENCE_H

#include "incident/act.h"

struct silence_act {
	const char *alertmanager; /* the section's name */
	const char *matchers;     /* as people write them; NULL when one is ended */
	const char *comment;
	const char *silence; /* its id; NULL while it is only asked for */
	const char *by;      /* whose it is, when it is not ours */
	int64_t until_us;    /* 0: not known */
	size_t alerts;       /* that it covers now */
	bool end;
};
/* incident may be NULL: outside any. To be durable before anything is sent. */
enum status act_silence_asked(const struct fold *fold, const struct actor *who, const char *incident, const struct silence_act *act, struct drafts *out, struct error *err) TOCSIN_CHECK;
/* What came of it: why NULL when it went well. */
enum status act_silence_done(const struct fold *fold, const struct actor *who, const char *incident, const struct silence_act *act, const char *why, struct drafts *out, struct error *err) TOCSIN_CHECK;
/* The machine noticed one that hides these components (NULL-terminated) of an open incident. */
void act_silence_found(const char *incident, const struct silence_act *act, const char *const *components, int64_t now_us, struct drafts *out);
/* True when that was noted already. */
bool silence_was_found(const struct fold *fold, const struct incident *incident, const char *silence);
/* An incident was annotated in a Grafana, or not, and why; `over`: at its end. */
void act_annotated(const char *incident, const char *grafana, bool over, int64_t id, const char *why, int64_t now_us, struct drafts *out);

#endif
