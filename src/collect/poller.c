#include "collect/poller.h"

#include "base/hash.h"
#include "base/mem.h"
#include "base/text.h"
#include "collect/backoff.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

enum {
	INTERVAL_MS = 15000,
	TIMEOUT_MS = 5000,
	BODY_LIMIT = 4 * 1024 * 1024,
	PLAN_LIMIT = 1024 * 1024,
	FOLLOW_UPS = 200, /* requests that one look may take */
	SECRET_LIMIT = 16 * 1024,
};

static const struct backoff backoff = {.patient = 1, .longest_ms = 60000, .retry_after_max_ms = 300000};

struct poller {
	struct source_host host;
	struct poller_spec spec;
	char *url, *ca_file, *unix_socket;
	char **headers;
	struct loop_timer *timer;
	struct http_call *call; /* NULL: none is on its way */
	unsigned failures, follow_ups;
	bool tried;
	bool again; /* a look was asked for while one was on its way */
};

static void send_next(struct poller *poller);

static int64_t pause_ms(const struct poller *poller, int64_t retry_after_s)
{
	uint64_t random;

	if (poller->failures == 0)
		return poller->spec.interval_ms;
	random_bytes(&random, sizeof(random));
	return backoff_ms(&backoff, poller->spec.interval_ms, poller->failures, retry_after_s, random);
}

static void rest(struct poller *poller, int64_t retry_after_s)
{
	poller->tried = true;
	poller->follow_ups = 0;
	loop_timer_again(poller->timer, poller->again ? 0 : pause_ms(poller, retry_after_s));
	poller->again = false;
}

static void on_reply(void *arg, const struct http_reply *reply)
{
	struct poller *poller = arg;
	bool good = reply->outcome == HTTP_ANSWERED && reply->status / 100 == 2;

	poller->call = NULL;
	poller->failures = good ? 0 : poller->failures + 1;
	bool more = poller->spec.done(poller->spec.arg, reply, clock_wall_us(poller->host.clock));
	poller->host.changed(poller->host.arg);
	if (more && poller->follow_ups++ < FOLLOW_UPS)
		send_next(poller);
	else
		rest(poller, reply->retry_after_s);
}

static void send_next(struct poller *poller)
{
	struct http_request request = {
		.connect_timeout_ms = poller->spec.timeout_ms,
		.timeout_ms = poller->spec.timeout_ms,
		.body_limit = poller->spec.body_limit,
		.content_type = poller->spec.content_type,
		.once = poller->spec.once,
	};
	struct buf url, body;

	buf_init(&url, PLAN_LIMIT);
	buf_init(&body, PLAN_LIMIT);
	if (poller->spec.plan && !poller->spec.plan(poller->spec.arg, &url, &body)) {
		rest(poller, 0);
	} else {
		request.url = url.len ? buf_text(&url) : poller->url;
		request.headers = (const char *const *)poller->headers;
		request.ca_file = poller->ca_file;
		request.unix_socket = poller->unix_socket;
		if (body.len) {
			request.body = buf_text(&body);
			request.body_len = body.len;
		}
		poller->call = http_send(poller->host.http, &request, on_reply, poller);
	}
	buf_free(&url);
	buf_free(&body);
}

static void fire(void *arg)
{
	struct poller *poller = arg;

	if (!poller->call)
		send_next(poller);
}

void poller_target(struct poller *poller, const char *url, const char *const *headers, const char *ca_file)
{
	size_t count = 0;

	while (headers && headers[count])
		count++;
	char **copied = xcalloc(count + 1, sizeof(*copied));
	for (size_t i = 0; i < count; i++)
		copied[i] = xstrdup(headers[i]);
	poller_headers_free(poller->headers);
	poller->headers = copied;
	mem_set(&poller->url, url);
	mem_set(&poller->ca_file, ca_file);
}

struct poller *poller_new(const struct source_host *host, const struct poller_spec *spec)
{
	struct poller *poller = xcalloc(1, sizeof(*poller));

	poller->host = *host;
	poller->spec = *spec;
	poller->spec.interval_ms = spec->interval_ms ? spec->interval_ms : INTERVAL_MS;
	poller->spec.timeout_ms = spec->timeout_ms ? spec->timeout_ms : TIMEOUT_MS;
	poller->spec.body_limit = spec->body_limit ? spec->body_limit : BODY_LIMIT;
	poller_target(poller, spec->url, spec->headers, spec->ca_file);
	mem_set(&poller->unix_socket, spec->unix_socket);
	poller->timer = loop_timer(host->loop, 0, 0, fire, poller);
	return poller;
}

void poller_free(struct poller *poller)
{
	if (!poller)
		return;
	http_cancel(poller->call);
	loop_timer_stop(poller->timer);
	poller_headers_free(poller->headers);
	free(poller->url);
	free(poller->ca_file);
	free(poller->unix_socket);
	free(poller);
}

void poller_refresh(struct poller *poller)
{
	if (poller->call)
		poller->again = true;
	else
		loop_timer_again(poller->timer, 0);
}

bool poller_tried(const struct poller *poller)
{
	return poller->tried;
}

enum reach poller_reach(const struct http_reply *reply, char *why, size_t size)
{
	char said[80];

	why[0] = '\0';
	if (reply->outcome == HTTP_ANSWERED && reply->status == 200)
		return REACH_OK;
	if (reply->outcome == HTTP_ANSWERED) {
		text_clean(said, sizeof(said), reply->body, reply->body_len);
		text_format(why, size, "HTTP %d%s%s", reply->status, said[0] ? " " : "", said);
		return REACH_REFUSING;
	}
	if (reply->outcome == HTTP_TOO_LARGE) {
		text_format(why, size, "the answer is too large");
		return REACH_REFUSING;
	}
	text_format(why, size, "%s", reply->why);
	return REACH_UNREACHABLE;
}

/* --- settings that sources share -------------------------------------------------- */

static enum status add_bearer(const struct source_host *host, const struct settings *settings, char **slot, struct error *err)
{
	struct buf secret;

	buf_init(&secret, SECRET_LIMIT);
	enum status status = settings_secret(settings, "bearer", &secret, err);
	if (status == STATUS_OK && secret.len) {
		host->hide(host->arg, buf_text(&secret));
		*slot = xasprintf("Authorization: Bearer %s", buf_text(&secret));
	}
	buf_free(&secret);
	return status;
}

static enum status add_basic(const struct source_host *host, const struct settings *settings, char **slot, struct error *err)
{
	struct buf secret;

	buf_init(&secret, SECRET_LIMIT);
	enum status status = settings_secret(settings, "basic", &secret, err);
	if (status == STATUS_OK && secret.len) {
		unsigned char *encoded = xmalloc(secret.len / 3 * 4 + 5);
		EVP_EncodeBlock(encoded, (const unsigned char *)secret.data, (int)secret.len);
		const char *colon = strchr(buf_text(&secret), ':');
		host->hide(host->arg, colon ? colon + 1 : buf_text(&secret));
		host->hide(host->arg, (const char *)encoded);
		*slot = xasprintf("Authorization: Basic %s", encoded);
		free(encoded);
	}
	buf_free(&secret);
	return status;
}

enum status poller_settings(const struct source_host *host, const struct settings *settings, struct poller_spec *spec, char ***owned, struct error *err)
{
	char **headers = xcalloc(2, sizeof(*headers));

	*owned = NULL;
	enum status status = add_bearer(host, settings, &headers[0], err);
	if (status == STATUS_OK && !headers[0])
		status = add_basic(host, settings, &headers[0], err);
	if (status != STATUS_OK) {
		poller_headers_free(headers);
		return status;
	}
	*owned = headers;
	spec->headers = (const char *const *)headers;
	spec->ca_file = settings_text(settings, "ca_file");
	spec->interval_ms = settings_number(settings, "interval");
	spec->timeout_ms = settings_number(settings, "timeout");
	return STATUS_OK;
}

void poller_headers_free(char **headers)
{
	for (size_t i = 0; headers && headers[i]; i++)
		free(headers[i]);
	free(headers);
}
