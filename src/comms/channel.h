/* Channels: where updates and pages go, from the [channel NAME] sections of the
 * configuration. What they are made of is in the record by name only: their URLs and
 * keys are secrets, and are read by the transport alone (transport.h). */
#ifndef TOCSIN_COMMS_CHANNEL_H
#define TOCSIN_COMMS_CHANNEL_H

#include "base/settings.h"
#include "incident/fold.h"

/* For the list of declared sections. */
extern const struct settings_def channel_section;

struct channel_kind;
struct channel {
	const char *name;
	const struct channel_kind *kind;
	const struct settings *settings; /* of the configuration, borrowed */
};
struct channels {
	struct channel *items;
	size_t count;
};

/* The channels of a configuration's declared sections, in their order. */
void channels_read(const struct settings *sections, size_t count, struct channels *out);
void channels_free(struct channels *channels);
const struct channel *channels_find(const struct channels *channels, const char *name);

/* The ways out for an audience, into `out`, which has room for all channels; how many. */
size_t channels_for(const struct channels *channels, const char *audience, struct way_out *out);

/* True when updates for that audience go there. */
bool channel_takes(const struct channel *channel, const char *audience);
/* True when it is paged by itself for that action ("declare", "acknowledge", "resolve") of an
 * incident this severe; SEVERITY_UNSET: of any. */
bool channel_pages(const struct channel *channel, const char *action, enum severity severity);

/* True if http without encryption may go there: this machine only. `host` as in a URL. */
bool host_is_here(const char *host);
/* Refuses what is not https, or http to this machine. `what` begins the error. */
enum status channel_url_check(const char *what, const char *url, struct error *err) TOCSIN_CHECK;

#endif
