#include "collect/kube_proxy.h"

#include "base/mem.h"
#include "base/text.h"
#include "io/child.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum {
	LOOK_MS = 100,   /* whether the socket is there */
	LOOKS_MAX = 150, /* kubectl may ask a cloud for credentials first */
	PAUSE_MS = 1000, /* before it is started again; doubles */
	PAUSE_MAX_MS = 60000,
	KEEP_BYTES = 16 * 1024,
};
/* Who ran so long is started again at once. */
#define WELL_US (60 * US_PER_S)

struct kube_proxy {
	struct loop *loop;
	const struct clock *clock;
	const char *const *environment;
	char *context;
	struct kube_proxy_events events;
	void *arg;
	char directory[80];
	char socket[100];
	struct child *child;
	struct loop_timer *timer; /* looks for the socket, or waits to start again */
	unsigned looks, failures;
	int64_t started_us;
	bool ready;
};

static void start(struct kube_proxy *p);

/* The last line that says something. */
static void last_words(const char *text, size_t len, char *dst, size_t size)
{
	size_t begin;

	while (len > 0 && strchr("\r\n \t", text[len - 1]))
		len--;
	for (begin = len; begin > 0 && text[begin - 1] != '\n'; begin--)
		;
	text_clean(dst, size, text + begin, len - begin);
}

static void on_end(void *arg, const struct child_result *result)
{
	struct kube_proxy *p = arg;
	char said[120], why[200];
	int64_t pause = PAUSE_MS;

	p->child = NULL;
	p->ready = false;
	last_words(result->err_len ? result->err : result->out, result->err_len ? result->err_len : result->out_len, said, sizeof(said));
	if (!result->started)
		text_format(why, sizeof(why), "kubectl proxy: %s", result->why);
	else if (result->signal)
		text_format(why, sizeof(why), "kubectl proxy was ended by signal %d", result->signal);
	else
		text_format(why, sizeof(why), "kubectl proxy ended with %d%s%s", result->exit_code, said[0] ? ": " : "", said);
	if (clock_mono_us(p->clock) - p->started_us >= WELL_US)
		p->failures = 0;
	for (unsigned i = 0; i < p->failures && pause < PAUSE_MAX_MS; i++)
		pause *= 2;
	p->failures++;
	loop_timer_again(p->timer, pause < PAUSE_MAX_MS ? pause : PAUSE_MAX_MS);
	p->events.gone(p->arg, why);
}

static void fire(void *arg)
{
	struct kube_proxy *p = arg;
	struct stat found;

	if (!p->child) {
		start(p);
		return;
	}
	if (lstat(p->socket, &found) == 0 && S_ISSOCK(found.st_mode)) {
		p->ready = true;
		p->events.ready(p->arg, p->socket);
	} else if (++p->looks < LOOKS_MAX) {
		loop_timer_again(p->timer, LOOK_MS);
	} else {
		/* What it says when it has ended tells why. */
		child_cancel(p->child);
	}
}

static void start(struct kube_proxy *p)
{
	static const struct child_events events = {.done = on_end};
	char socket[sizeof(p->socket) + 16], context[300];
	const char *argv[] = {"kubectl", "proxy", text_format(socket, sizeof(socket), "--unix-socket=%s", p->socket), "--reject-methods=POST,PUT,PATCH,DELETE",
			      p->context ? text_format(context, sizeof(context), "--context=%s", p->context) : NULL, NULL};
	struct child_spec spec = {.argv = argv, .environment = p->environment, .keep_bytes = KEEP_BYTES};

	unlink(p->socket); /* kubectl does not replace one that is left */
	p->looks = 0;
	p->started_us = clock_mono_us(p->clock);
	p->child = child_start(p->loop, &spec, &events, p);
	loop_timer_again(p->timer, LOOK_MS);
}

/* A directory that nobody else can enter, with a path that is short enough for a socket. */
static enum status make_directory(struct kube_proxy *p, struct error *err)
{
	const char *const places[] = {getenv("XDG_RUNTIME_DIR"), getenv("TMPDIR"), "/tmp"};

	for (size_t i = 0; i < ARRAY_LENGTH(places); i++) {
		if (!places[i] || places[i][0] != '/' || strlen(places[i]) > sizeof(p->directory) - sizeof("/tocsin-XXXXXX"))
			continue;
		text_format(p->directory, sizeof(p->directory), "%s/tocsin-XXXXXX", places[i]);
		if (mkdtemp(p->directory)) {
			text_format(p->socket, sizeof(p->socket), "%s/kubectl", p->directory);
			return STATUS_OK;
		}
	}
	p->directory[0] = '\0';
	return error_set(err, STATUS_IO, "[kubernetes]: no private place for the socket of kubectl proxy (give TMPDIR a short path that can be written)");
}

_Static_assert(sizeof(((struct kube_proxy *)0)->socket) <= sizeof(((struct sockaddr_un *)0)->sun_path), "the path fits a socket's address");

struct kube_proxy *kube_proxy_new(struct loop *loop, const struct clock *clock, const char *const *environment, const char *context,
				  const struct kube_proxy_events *events, void *arg, struct error *err)
{
	struct kube_proxy *p = xcalloc(1, sizeof(*p));

	if (make_directory(p, err) != STATUS_OK) {
		free(p);
		return NULL;
	}
	p->loop = loop;
	p->clock = clock;
	p->environment = environment;
	mem_set(&p->context, context);
	p->events = *events;
	p->arg = arg;
	p->timer = loop_timer(loop, 0, 0, fire, p);
	return p;
}

void kube_proxy_free(struct kube_proxy *p)
{
	if (!p)
		return;
	child_drop(p->child);
	loop_timer_stop(p->timer);
	unlink(p->socket);
	rmdir(p->directory);
	free(p->context);
	free(p);
}
