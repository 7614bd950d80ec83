/* Composes an update: what the record can say by itself, put into the audience's template,
 * to be read, changed and approved by a person. */
#ifndef TOCSIN_COMMS_COMPOSE_H
#define TOCSIN_COMMS_COMPOSE_H

#include "comms/template.h"

/* What a person may change before the text is made; all are owned, none is NULL. */
struct composition {
	char *audience;
	char *conditions, *actions, *needs;
	int64_t next_us; /* 0: no next update is promised */
	char *subject, *text;
	bool own_text; /* somebody wrote the text: it is no longer made of the rest */
};
void composition_free(struct composition *c);

/* Fills in what the incident says now, for that audience; the next update is
 * promised after `interval_us`, 0: never.. */
enum status compose_begin(struct composition *out, const struct incident *incident, const char *audience, const char *network, int64_t interval_us, int64_t now_us, struct error *err) TOCSIN_CHECK;
/* Makes subject and text anew from the other fields and the template, unless somebody wrote
 * the text. */
enum status compose_text(struct composition *c, const struct incident *incident, const char *network, int64_t now_us, struct error *err) TOCSIN_CHECK;
/* The same from a draft in the record. */
void compose_again(struct composition *out, const struct update_record *update);
/* Tries the template of an audience at every stage, so that its mistakes are found before
 * the night when it is needed. */
enum status compose_check(const char *audience, struct error *err) TOCSIN_CHECK;

#endif
