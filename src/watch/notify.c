#include "watch/notify.h"

#include "base/mem.h"
#include "base/text.h"
#include "watch/run.h"

#include <stdlib.h>
#include <string.h>

struct notify {
	struct watch *watch;
	struct channels channels;
	struct transport *transport; /* NULL: nothing can be sent from here */
	struct outbox *outbox;       /* NULL: before the record is read, and without one */
};

/* --- what the outbox needs ------------------------------------------------------------- */

static enum status host_append(void *arg, const struct drafts *drafts, void (*done)(void *done_arg, enum status status, const struct error *err), void *done_arg)
{
	struct notify *n = arg;
	watch_append_machine(n->watch, drafts, done, done_arg);
	return STATUS_OK;
}

static char *host_mask(void *arg, const char *text)
{
	struct notify *n = arg;
	return watch_mask(n->watch, text, strlen(text));
}

static void host_say(void *arg, int severity, const char *text)
{
	struct notify *n = arg;
	watch_say(n->watch, severity, text);
}

static void host_checkpoint(void *arg, char *dst, size_t size)
{
	struct notify *n = arg;
	watch_checkpoint_text(n->watch, dst, size);
}

static void hide(void *arg, const char *secret)
{
	struct notify *n = arg;
	watch_learn_secret(n->watch, secret);
}

/* --- life ------------------------------------------------------------------------------------ */

struct notify *notify_new(struct watch *watch)
{
	struct notify *n = xcalloc(1, sizeof(*n));
	const struct config *config = watch_config(watch);
	n->watch = watch;
	channels_read(config->sections, config->section_count, &n->channels);
	return n;
}

static void say_troubles(struct notify *n)
{
	for (size_t i = 0; i < n->channels.count; i++) {
		const char *trouble = transport_trouble(n->transport, &n->channels.items[i]);
		char line[400];
		if (trouble)
			watch_say(n->watch, 2, text_format(line, sizeof(line), "channel %s: %s", n->channels.items[i].name, trouble));
	}
}

void notify_loaded(struct notify *n)
{
	const struct config *config = watch_config(n->watch);
	const struct outbox_host host = {.append = host_append, .mask = host_mask, .say = host_say, .checkpoint = host_checkpoint, .arg = n};
	bool drill = config->demo || fold_is_drill(watch_fold(n->watch));
	if (watch_mode(n->watch) == MODE_OBSERVER)
		return;
	if (!drill && n->channels.count > 0) {
		n->transport = transport_new(watch_loop(n->watch), &n->channels, 0, hide, n);
		say_troubles(n);
	}
	n->outbox = outbox_new(&n->channels, n->transport, watch_fold(n->watch), watch_people(n->watch), config->network, watch_origin(n->watch), &host);
}

void notify_tick(struct notify *n, int64_t now_us, bool may_send)
{
	if (n->outbox)
		outbox_tick(n->outbox, now_us, may_send);
}

bool notify_busy(const struct notify *n)
{
	return n->outbox && outbox_busy(n->outbox);
}

void notify_stop(struct notify *n)
{
	if (n->outbox)
		outbox_stop(n->outbox);
	transport_free(n->transport);
	n->transport = NULL;
}

void notify_free(struct notify *n)
{
	outbox_free(n->outbox);
	channels_free(&n->channels);
	free(n);
}

const struct channels *notify_channels(const struct notify *n)
{
	return &n->channels;
}
